"""`python -m embedded.receiver PORT [SHARE]`: a marketplace's server that takes webhooks and says so, on loopback.

With a share of 20, one event in 20 is refused the first time it comes, so that a second try can be seen. It stands
for somebody else's program: it knows nothing of ours, and keeps ids and types only.
"""

import json
import sys
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_BODY = 65_536
MOST_REMEMBERED = 10_000


class Receiver(BaseHTTPRequestHandler):
    """Answers 204, or 503 where `refuses` says so."""

    protocol_version = "HTTP/1.1"
    share = 0
    refused: set[str] = set()

    def do_POST(self) -> None:
        message_id = self.headers.get("webhook-id", "")
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), LONGEST_BODY))
        status = 503 if self.refuses(message_id) else 204
        if self.share:
            said = {"webhookId": message_id, "type": json.loads(body or "{}").get("type"), "answered": status}
            sys.stdout.write(json.dumps(said) + "\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def refuses(self, message_id: str) -> bool:
        """Decided by the id, so that the same event fares the same wherever the demo runs."""
        if not self.share or zlib.crc32(message_id.encode()) % self.share or message_id in self.refused:
            return False
        if len(self.refused) > MOST_REMEMBERED:
            self.refused.clear()
        self.refused.add(message_id)
        return True

    def log_message(self, *_: object) -> None:
        """Its own line says more."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def main(port: int, share: int = 0) -> None:
    Receiver.share = share
    with Server(("127.0.0.1", port), Receiver) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
