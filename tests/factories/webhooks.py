"""Endpoints, real receivers on loopback, and the sender, for tests of webhooks."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import transaction

from core import clock
from core.actors import SYSTEM
from core.webhooks.catalogue import Subject
from core.webhooks.models import Endpoint
from core.webhooks.sender import Sender
from core.webhooks.services import endpoints, events, secrets

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Received:
    """One request as the receiver saw it."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server of the marketplace. `answer` gets the handler and the request and decides what to say."""

    answer: Callable[[BaseHTTPRequestHandler, Received], None]
    received: list[Received] = field(default_factory=list)
    port: int = 0
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def enter(self, request: Received) -> None:
        with self._lock:
            self.received.append(request)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)

    def leave(self) -> None:
        with self._lock:
            self._now -= 1


def says(
    status: int, body: bytes = b"", *, headers: dict[str, str] | None = None, after_seconds: float = 0
) -> Callable[[BaseHTTPRequestHandler, Received], None]:
    """An answer that is the same every time."""

    def answer(handler: BaseHTTPRequestHandler, request: Received) -> None:
        time.sleep(after_seconds)
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def in_turn(*answers: Callable[[BaseHTTPRequestHandler, Received], None]) -> Any:
    """One answer after the other; the last one for ever."""
    left = list(answers)

    def answer(handler: BaseHTTPRequestHandler, request: Received) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler, request)

    return answer


@contextmanager
def receiver(
    answer: Callable[[BaseHTTPRequestHandler, Received], None] | None = None, *, tls: Any = None
) -> Iterator[Receiver]:
    """A real server in threads of this process; with `tls`, an SSLContext, it speaks https."""
    made = Receiver(answer or says(204))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
            made.enter(request)
            try:
                made.answer(self, request)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                made.leave()

        def log_message(self, *_: Any) -> None:
            """Nothing on standard error."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that hangs up is expected here."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def endpoint(
    url: str = "https://hooks.example.com/in",
    *types: str,
    now: datetime | None = None,
    livemode: bool = False,
    account: str = "marketplace",
) -> Endpoint:
    return opened(url, *types, now=now, livemode=livemode, account=account)[0]


def opened(
    url: str,
    *types: str,
    now: datetime | None = None,
    livemode: bool = False,
    account: str = "marketplace",
) -> tuple[Endpoint, str]:
    """An endpoint and its secret as its owner is shown it."""
    at = now or clock.now()
    minted = secrets.mint(now=at)
    made = endpoints.create(
        url=url, types=types or ("*",), description="", account=account, livemode=livemode, secret=minted,
        actor=SYSTEM, now=at,
    )  # fmt: skip
    return made, minted.text


def publish(
    event_type: str = "payment.completed",
    *,
    subject: str = "",
    now: datetime,
    livemode: bool = False,
    account: str = "marketplace",
) -> str:
    """A public event in a transaction of its own; its id."""
    about = Subject(
        subject or f"pay_1703123456789_{next(_numbers):09d}", "payment", livemode, now, {"amount": 50_000}, account
    )
    with transaction.atomic():
        event_id = events.publish(event_type=event_type, subject=about, now=now)
    assert event_id is not None
    return event_id


def send(*, now: datetime, slots: int = 32, **options: Any) -> None:
    """Send everything that is due at `now`, and wait for what comes of it."""
    with Sender(slots=slots, **options) as sender:
        while sender.turn(now=now, patience_seconds=0.02):
            continue


def send_for(total: timedelta, *, start: datetime, step: timedelta) -> datetime:
    """Send again and again while the clock moves on. Where it ends."""
    now = start
    while now <= start + total:
        send(now=now)
        now += step
    return now
