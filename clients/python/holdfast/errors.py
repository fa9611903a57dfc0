"""What a call raises. An answer of the API is an ApiError; no answer at all is NoAnswer."""

from collections.abc import Mapping
from typing import Any


class HoldfastError(Exception):
    """The base of everything this package raises."""


class NoAnswer(HoldfastError):
    """The connection failed on every try. Whether the request had an effect is unknown.

    Send the same call again with `idempotency_key`: it has its effect once.
    """

    def __init__(self, reason: str, *, idempotency_key: str | None, attempts: int) -> None:
        super().__init__(f"no answer after {attempts} attempts: {reason}")
        self.idempotency_key = idempotency_key
        self.attempts = attempts


class ApiError(HoldfastError):
    """A problem document (RFC 9457). Branch on `code`; `errors` names each fault by `pointer` or `parameter`.

    `problem` is the whole document, `retry_after` the seconds the server asked to wait, if it did.
    """

    def __init__(
        self,
        *,
        status: int,
        problem: Mapping[str, Any],
        idempotency_key: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 1,
    ) -> None:
        self.status = status
        self.problem = dict(problem)
        self.code = str(problem.get("code", "UNKNOWN"))
        self.detail = str(problem.get("detail", ""))
        self.errors: list[dict[str, str]] = list(problem.get("errors", ()))
        self.request_id = request_id
        self.idempotency_key = idempotency_key
        self.retry_after = retry_after
        self.attempts = attempts
        super().__init__(f"{status} {self.code}: {self.detail} (request {request_id or 'unknown'})")


class InvalidRequest(ApiError):
    """400, 411, 413, 415, 422: what was sent is wrong; sending it again changes nothing."""


class AuthenticationFailed(ApiError):
    """401: the key is missing, unknown, expired or revoked."""


class PaymentRefused(ApiError):
    """402: the buyer's bank refused."""


class NotAllowed(ApiError):
    """403: the key lacks the scope, or rules refuse the operation (fraud, a closed switch)."""


class NotFound(ApiError):
    """404: nothing of this name in this key's mode."""


class Conflict(ApiError):
    """409, 412: the thing is in another state, or the first request with this key still runs after all retries."""


class RateLimited(ApiError):
    """429, after the retries, or at once when the wait asked for is longer than `Retries.longest_wait`."""


class ServerFailed(ApiError):
    """5xx. Send the same call again later with `idempotency_key`."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationFailed,
    402: PaymentRefused,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
}


def kind_for(status: int) -> type[ApiError]:
    if status >= 500:
        return ServerFailed
    return _BY_STATUS.get(status, InvalidRequest)
