"""A small HTTP load generator: kept connections, closed loop (as fast as answered) or a steady rate.

It costs about 60 microseconds a request, so it hardly disturbs the two cores it shares with the server.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Result:
    """Seconds per answered request and a count of HTTP statuses (0: no answer)."""

    elapsed: float = 0.0
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed if self.elapsed else 0.0

    def milliseconds(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


Request = Callable[[int], bytes]


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The raw bytes of one request."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def get(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def run(port: int, request: Request, *, connections: int, seconds: float, rate: float | None = None) -> Result:
    """`request(n)` gives the bytes of the n-th request. With `rate`, latency counts from the moment it was due."""
    result, lock = Result(), threading.Lock()
    counter = iter(range(10**9))
    started = time.monotonic()
    deadline = started + seconds

    def client() -> None:
        mine, statuses = [], Counter()
        connection = _Connection(port)
        while True:
            with lock:
                number = next(counter)
            due = started + number / rate if rate else time.monotonic()
            if max(due, time.monotonic()) >= deadline:
                break
            if rate:
                time.sleep(max(0.0, due - time.monotonic()))
            statuses[connection.send(request(number))] += 1
            mine.append(time.monotonic() - due)
        connection.close()
        with lock:
            result.seconds += mine
            result.statuses += statuses

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.elapsed = time.monotonic() - started
    return result


class Conversation:
    """One kept connection, one request after the other."""

    def __init__(self, port: int) -> None:
        self._connection = _Connection(port)

    def __call__(self, request: bytes) -> tuple[int, str]:
        """Status and body. Raises OSError where no answer comes."""
        status = self._connection.send(request)
        if status == 0:
            raise OSError("no answer")
        return status, self._connection.body.decode("utf-8", "replace")


class _Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.rest = b""
        self.body = b""

    def send(self, request: bytes) -> int:
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(request)
            return self._status()
        except OSError:
            self.close()
            return 0

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket, self.rest = None, b""

    def _status(self) -> int:
        assert self.socket is not None
        data = self.rest
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        lowered = head.lower()
        if b"transfer-encoding: chunked" in lowered:
            # The last chunk is empty. No body of ours holds these bytes: in JSON line breaks are escaped.
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
            self.body, self.rest = body, b""
        else:
            start = lowered.index(b"content-length:") + 15
            length = int(lowered[start:].split(b"\r\n", 1)[0])
            while len(body) < length:
                body += self._more()
            self.body, self.rest = body[:length], body[length:]
        if b"connection: close" in lowered:
            self.close()
        return int(head[9:12])

    def _more(self) -> bytes:
        assert self.socket is not None
        chunk = self.socket.recv(65536)
        if not chunk:
            raise OSError("connection closed")
        return chunk
