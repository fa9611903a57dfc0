"""Requests, one and many."""

from core.approvals.models import ApprovalRequest
from core.approvals.states import State
from core.errors import Refusal


class ApprovalNotFound(Refusal):
    code = "APPROVAL_NOT_FOUND"
    status = 404
    title = "No such approval"


def get(request_id: str) -> ApprovalRequest:
    """Raises ApprovalNotFound."""
    found = ApprovalRequest.objects.filter(request_id=request_id).first()
    if found is None:
        raise ApprovalNotFound(f"no approval is named {request_id}")
    return found


def find_open(*, action: str, subject: str) -> ApprovalRequest | None:
    """The one question of this kind that is open about the subject."""
    return ApprovalRequest.objects.filter(action=action, subject=subject, state=State.PENDING).first()
