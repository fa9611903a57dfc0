"""What a refusal carries. Each refusal class stands beside the code that raises it."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of the request and what is wrong with it. `pointer` is an RFC 6901 JSON pointer in wire names."""

    pointer: str
    reason: str


class Refusal(Exception):
    """The program will not do what was asked, for a reason it can say aloud.

    `code` is the documented API code, `status` the HTTP status it travels with, `detail` a sentence for the
    caller (never a secret, a card number or a database message), `fields` the documented response fields
    that go with this code (snake_case; the API writes them in camelCase).
    """

    code: ClassVar[str] = "REFUSED"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "Request refused"

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), fields: dict[str, Any] | None = None
    ) -> None:
        self.detail = detail or self.title
        self.errors = errors
        self.fields = fields or {}
        super().__init__(self.detail)
