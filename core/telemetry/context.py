"""Who asked for what is being done: carried along the thread, written into every log line and audit row."""

import contextlib
from collections.abc import Iterator

from structlog import contextvars


def bind(**values: str | None) -> None:
    """Add to the context of this thread: `request_id`, `correlation_id`, `origin`, `actor`, whatever finds a line."""
    contextvars.bind_contextvars(**values)


@contextlib.contextmanager
def scope(**values: str | None) -> Iterator[None]:
    """A context of its own for one request, task or command; what was bound before comes back after it."""
    before = contextvars.get_contextvars()
    contextvars.clear_contextvars()
    contextvars.bind_contextvars(**values)
    try:
        yield
    finally:
        contextvars.clear_contextvars()
        contextvars.bind_contextvars(**before)


def request_id() -> str | None:
    """The id of the request at hand; None in a task or command that no request began."""
    return _text("request_id")


def correlation_id() -> str | None:
    """What ties together all that one request set in motion: the request's id unless a task carries another."""
    return _text("correlation_id") or request_id()


def actor() -> str | None:
    return _text("actor")


def origin() -> str | None:
    """The network address the request at hand came from; None in a task or command."""
    return _text("origin")


def _text(name: str) -> str | None:
    value = contextvars.get_contextvars().get(name)
    return None if value is None else str(value)
