"""The request as views see it: a body read once, strictly, and not before it is known to be small enough."""

from typing import Any

from django.http import HttpRequest
from django.http.request import RawPostDataException
from rest_framework.request import Request

from core.actors import Actor
from core.api import strict_json, versions
from core.api.callers import Caller
from core.api.conditions import UNCONDITIONAL, Condition
from core.api.owners import Owner
from core.api.problems import BodyTooLarge
from core.errors import Refusal

MAX_BODY_BYTES = 64 * 1024


class UnsupportedMediaType(Refusal):
    """The body is something else than plain UTF-8 JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    title = "Send application/json"


class LengthRequired(Refusal):
    """The body came in chunks of unknown total length."""

    code = "LENGTH_REQUIRED"
    status = 411
    title = "Send a Content-Length"


class ApiRequest(Request):
    """`data` is the JSON object that was sent, `{}` where nothing was, in the newest version's terms.

    `condition` is what `If-Match` asks for, `api_version` the version the caller speaks.
    """

    auth: Caller
    actor: Actor
    livemode: bool
    idempotency_key: str
    owner: Owner | None = None
    """What the user at hand reaches of the operation; None for API keys, which reach all of their mode."""
    condition: Condition
    api_version: str
    operation: str

    def __init__(self, request: HttpRequest, *, max_body_bytes: int = MAX_BODY_BYTES, **options: Any) -> None:
        self._max_body_bytes = max_body_bytes
        self._object: dict[str, Any] | None = None
        self.condition, self.api_version, self.operation = UNCONDITIONAL, versions.newest(), ""
        super().__init__(request, **options)

    @property
    def data(self) -> dict[str, Any]:
        if self._object is None:
            body = self._read_body()
            sent = strict_json.read_object(body) if body else {}
            self._object = versions.upgrade(sent, operation=self.operation, version=self.api_version)
        return self._object

    def _read_body(self) -> bytes:
        meta = self._request.META
        if not meta.get("CONTENT_LENGTH"):
            if meta.get("HTTP_TRANSFER_ENCODING"):
                raise LengthRequired
            return b""
        if self._request.META["CONTENT_LENGTH"].strip("0123456789"):
            raise LengthRequired
        if int(meta["CONTENT_LENGTH"]) > self._max_body_bytes:
            raise BodyTooLarge(f"The body may have {self._max_body_bytes} bytes.")
        try:
            body = self._request.body
        except RawPostDataException:
            raise strict_json.UnreadableBody("The body was cut off.") from None
        if body:
            self._require_json()
        return body

    def _require_json(self) -> None:
        if self._request.content_type != "application/json" or self._request.META.get("HTTP_CONTENT_ENCODING"):
            raise UnsupportedMediaType
        charset = (self._request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("JSON is UTF-8.")
