"""What the signature engine refuses. The services that raise them share most of them."""

from typing import Any, ClassVar

from core.approvals.digests import Change
from core.errors import Refusal


class NotAllowedToAsk(Refusal):
    code: ClassVar[str] = "APPROVAL_NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You cannot ask for this"


class AskedAlready(Refusal):
    """`request_id` names the question that is open."""

    code: ClassVar[str] = "APPROVAL_ASKED_ALREADY"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is being asked already"

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(f"{request_id} already asks for this", fields={"approval_id": request_id})


class NobodyCanSign(Refusal):
    code: ClassVar[str] = "APPROVAL_WITHOUT_SIGNERS"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Nobody could sign this"


class ReasonMissing(Refusal):
    code: ClassVar[str] = "APPROVAL_REASON_MISSING"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "A reason is needed"


class ApprovalClosed(Refusal):
    """Executed, denied, voided, withdrawn or expired: nothing more happens to it."""

    code: ClassVar[str] = "APPROVAL_CLOSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is closed"


class NotAllowedToSign(Refusal):
    code: ClassVar[str] = "SIGNATURE_REFUSED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You cannot sign this"


class ContentChanged(Refusal):
    """What was to be signed is not what is there any more: nothing was signed, and earlier signatures are void."""

    code: ClassVar[str] = "APPROVAL_CONTENT_CHANGED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "What you were about to sign has changed"

    def __init__(self, difference: list[Change]) -> None:
        self.difference = difference
        paths = ", ".join(change.path for change in difference[:5])
        told: list[dict[str, Any]] = [change._asdict() for change in difference]
        super().__init__(f"changed: {paths}" if paths else "", fields={"difference": told})


class ActionRefused(Refusal):
    """The effect said no again; the signatures stay."""

    code: ClassVar[str] = "APPROVAL_EFFECT_REFUSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "It could not be done"
