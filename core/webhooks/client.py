"""One POST to somebody else's server: to an address that was judged, within one deadline, reading little.

No redirect is followed, no proxy of the environment is used, no cookie or connection is kept. Nothing here touches
the database, so any thread may do it.
"""

import functools
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
from django.conf import settings

from core.telemetry.redaction import redact
from core.webhooks import destinations
from core.webhooks.destinations import Destination, Policy, Resolve, UnusableUrl
from core.webhooks.enums import Result

USER_AGENT = "Holdfast-Webhooks/1"
LONGEST_EXCERPT = 600
_GONE = 410
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect and altogether; bytes of the answer that are read."""

    connect_seconds: float
    total_seconds: float
    response_bytes: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Everything one attempt needs. `headers` hold the signature and are not shown."""

    url: str
    policy: Policy
    limits: Limits
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `retry_after` are the seconds that an answer 429 or 503 asked for."""

    result: Result
    duration_ms: int = 0
    status_code: int | None = None
    detail: str = ""
    excerpt: str = ""
    retry_after: int | None = None


def post(parcel: Parcel, *, resolve: Resolve = destinations.ask_the_system) -> Outcome:
    """Never raises for what the other side does; every ending is a Result."""
    began = time.monotonic()
    status, result, detail, excerpt, retry_after = None, Result.CUT_OFF, "", "", None
    try:
        destination = destinations.read(parcel.url, parcel.policy)
        addresses = destinations.pin(destination, parcel.policy, resolve=resolve)
        status, excerpt, retry_after = _exchange(parcel, destination, addresses)
        result = _judged(status)
    except (UnusableUrl, destinations.AddressRefused):
        result = Result.ADDRESS_REFUSED
    except destinations.NameUnknown:
        result = Result.NAME_UNKNOWN
    except httpcore.TimeoutException as error:
        result, detail = Result.TIMEOUT, type(error).__name__
    except httpcore.ConnectError as error:
        certificate = isinstance(error.__context__ or error.__cause__, ssl.SSLError)
        result, detail = (Result.TLS_FAILED if certificate else Result.CONNECT_FAILED), _reason(error)
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        result, detail = Result.CUT_OFF, type(error).__name__
    duration = round((time.monotonic() - began) * 1000)
    return Outcome(result, duration, status, detail, excerpt, retry_after)


def _exchange(parcel: Parcel, destination: Destination, addresses: list[str]) -> tuple[int, str, int | None]:
    """Status, beginning of the answer, Retry-After. Once there is a status, a broken body changes nothing."""
    backend = _Pinned(addresses, deadline=time.monotonic() + parcel.limits.total_seconds)
    headers = [("host", _host(destination)), ("content-type", "application/json"), ("user-agent", USER_AGENT)]
    headers += [("content-length", str(len(parcel.body))), ("connection", "close"), *parcel.headers.items()]
    timeout = dict.fromkeys(("read", "write", "pool"), parcel.limits.total_seconds)
    with (
        httpcore.HTTPConnection(
            origin=httpcore.Origin(destination.scheme.encode(), destination.host.encode(), destination.port),
            ssl_context=tls() if destination.scheme == "https" else None,
            network_backend=backend,
        ) as connection,
        connection.stream(
            "POST",
            httpcore.URL(
                scheme=destination.scheme.encode(),
                host=destination.host.encode(),
                port=destination.port,
                target=destination.target.encode(),
            ),
            headers=headers,
            content=parcel.body,
            extensions={"timeout": {**timeout, "connect": parcel.limits.connect_seconds}},
        ) as response,
    ):
        status = response.status
        return status, _beginning(response, parcel.limits.response_bytes), _retry_after(response)


def _judged(status: int) -> Result:
    if 200 <= status < 300:
        return Result.DELIVERED
    if status == _GONE:
        return Result.GONE
    return Result.REDIRECT if 300 <= status < 400 else Result.BAD_STATUS


def _beginning(response: httpcore.Response, at_most: int) -> str:
    """Redacted, because it is kept and shown; what is longer is never read."""
    read = b""
    try:
        for chunk in response.iter_stream():
            read += chunk
            if len(read) >= at_most:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError):
        read += b" (cut off)"
    text = read[:at_most].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return redact(text)[:LONGEST_EXCERPT]


def _retry_after(response: httpcore.Response) -> int | None:
    """Seconds, from whole seconds or a date beside the answer's own date."""
    if response.status not in _BUSY:
        return None
    found = {name.lower(): value.decode("latin-1") for name, value in response.headers}
    wanted = found.get(b"retry-after", "").strip()
    if wanted.isascii() and wanted.isdigit():
        return int(wanted[:9])
    try:
        until, sent = parsedate_to_datetime(wanted), parsedate_to_datetime(found.get(b"date", ""))
        return max(0, int((until - sent).total_seconds()))
    except (ValueError, TypeError):
        return None


def _host(destination: Destination) -> str:
    name = f"[{destination.host}]" if ":" in destination.host else destination.host
    usual = destination.port == (443 if destination.scheme == "https" else 80)
    return name if usual else f"{name}:{destination.port}"


def _reason(error: Exception) -> str:
    """The certificate's fault in OpenSSL's words; nothing else the other side could have chosen."""
    cause = error.__context__ or error.__cause__
    return str(getattr(cause, "verify_message", "") or type(cause or error).__name__)[:200]


@functools.cache
def tls() -> ssl.SSLContext:
    """Public authorities, and the file of the settings; names are always checked."""
    context = httpcore.default_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.HOLDFAST_WEBHOOKS_CA_FILE:
        context.load_verify_locations(settings.HOLDFAST_WEBHOOKS_CA_FILE)
    return context


class _Pinned(httpcore.NetworkBackend):
    """Connects to the given addresses whatever host is asked for, and lets nothing go on past the deadline."""

    def __init__(self, addresses: list[str], *, deadline: float) -> None:
        self.addresses, self.deadline = addresses, deadline
        self.sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the name was resolved and judged before
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        for left in range(len(self.addresses) - 1, -1, -1):
            try:
                stream = self.sockets.connect_tcp(
                    self.addresses[-1 - left], port, self.within(timeout), local_address, socket_options
                )
                return _Timed(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not left:
                    raise
        raise httpcore.ConnectError("no address")

    def within(self, timeout: float | None) -> float:
        """The rest of the time, or the step's own limit where that is less. Raises ReadTimeout when it is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left if timeout is None else min(timeout, left)


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends at the deadline: a server that sends a byte a second gains nothing by it."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _Pinned) -> None:
        self.stream, self.backend = stream, backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.backend.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.backend.within(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self.stream.start_tls(ssl_context, server_hostname, self.backend.within(timeout))
        return _Timed(secured, self.backend)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
