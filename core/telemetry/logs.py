"""One JSON object a line on standard error, from structlog and from every stdlib logger alike, redacted before written.

Line breaks inside values are escaped by JSON, so a value cannot forge a line. Tracebacks hold no local variables, and
of a database error only its SQLSTATE and the name of the constraint, because its message holds row values.
"""

import logging
import sys
import traceback
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from django.db import Error as DjangoDatabaseError
from psycopg import Error as PsycopgError

from core.telemetry import redaction
from core.telemetry.secrets import REDACTED

_LONGEST_TEXT = 16_000
_DEEPEST = 6
_SENSITIVE_KEYS = (
    "account_number", "accountnumber", "api_key", "apikey", "authorization", "card_number", "cardnumber", "cookie",
    "csc", "cvc", "cvv", "otp", "pan", "passwd", "password", "private_key", "routing_number", "secret", "ssn", "tax_id",
    "taxid", "tin", "totp",
)  # fmt: skip


def redact_event(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The last processor before a line leaves us, for whichever handler."""
    return cast(structlog.typing.EventDict, clean(event))


def clean(value: Any, depth: int = 0) -> Any:
    """A JSON-able copy with nothing in it that must not be kept. Values under a telling name go whole."""
    if isinstance(value, str):
        return redaction.scrub(value[:_LONGEST_TEXT])
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        text = str(value)
        hidden = redaction.scrub(text) if len(text) > 12 else text
        return value if hidden == text else hidden
    if depth >= _DEEPEST:
        return "[deeper]"
    if isinstance(value, Mapping):
        return {
            key: REDACTED if is_sensitive else clean(item, depth + 1)
            for (key, is_sensitive), item in ((_field_of(str(name)), item) for name, item in value.items())
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(item, depth + 1) for item in value]
    return redaction.scrub(repr(value)[:_LONGEST_TEXT])


def render_exception(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """`exc_info` becomes the text `exception`."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = traceback_of(error)
    return event


def traceback_of(error: BaseException) -> str:
    """Frames and messages of an exception and of what caused it, innermost cause first."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append(_frames(current.__traceback__) + f"{type(current).__name__}: {_message(current)}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n\nthen\n\n".join(reversed(parts))


def configure(level: str) -> None:
    """Called once when the program starts."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _take_current_exception,
        render_exception,
        redact_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("django", "django.server", "django.request", "celery", "granian", "gunicorn.error", "gunicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # Refused requests stand in the access log; here only what broke.
    logging.getLogger("django.request").setLevel("ERROR")
    # They log whole requests and answers at their lower levels.
    for name in ("boto3", "botocore", "urllib3", "httpx", "httpcore", "django.db.backends"):
        logging.getLogger(name).setLevel("WARNING")


class _StandardError(logging.StreamHandler[TextIO]):
    """Looks `sys.stderr` up each time: whoever redirects it gets the log too."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """`StreamHandler` sets it once; there is nothing to keep."""


def _take_current_exception(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """`log.exception(...)` says `exc_info=True`: take the exception at hand."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()
    return event


def _frames(trace: TracebackType | None) -> str:
    return "".join(traceback.format_tb(trace))


def _message(error: BaseException) -> str:
    if isinstance(error, DjangoDatabaseError | PsycopgError):
        cause = error if isinstance(error, PsycopgError) else error.__cause__
        named = getattr(getattr(cause, "diag", None), "constraint_name", None)
        return f"SQLSTATE {getattr(cause, 'sqlstate', None)}" + (f", constraint {named}" if named else "")
    return str(error)


def _field_of(name: str) -> tuple[str, bool]:
    """Names repeat in every line, so they are looked up once; what is not plainly a name is not kept in memory."""
    return _known_field(name) if name.replace("_", "").isalpha() else _field(name)


def _field(name: str) -> tuple[str, bool]:
    """The name as it may be written, and whether its value goes whole."""
    lower = name.lower().replace("-", "_")
    telling = lower in _SENSITIVE_KEYS or lower.endswith(("_password", "_secret", "_pan", "_cvc", "_ssn", "_tin"))
    return redaction.scrub(name), telling


_known_field = lru_cache(maxsize=1024)(_field)
