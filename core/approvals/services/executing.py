"""With the last signature the act happens, in the same transaction, or the request says why it did not."""

from datetime import datetime

from django.db import transaction

from core.approvals import policy, registry, states
from core.approvals.actions import Execution
from core.approvals.events import ApprovalExecuted
from core.approvals.models import ApprovalRequest
from core.approvals.selectors import quorum
from core.approvals.selectors.quorum import Quorum
from core.approvals.services.requests import LONGEST_REASON
from core.approvals.states import Transition
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox


def execute_if_signed(request: ApprovalRequest, *, now: datetime) -> None:
    """Count by the policy and the roles of this moment. The request is locked and its content was read just now."""
    counted = quorum.of(request, now=now)
    if not counted.is_there or counted.rule is None:
        return
    try:
        with transaction.atomic():
            _mark(request, policy.fewest(counted.rule.require), counted, now)
            registry.get(request.action).effect(_execution(request, counted, now))
    except Refusal as refused:
        _keep_failure(request, refused, now)


def _mark(request: ApprovalRequest, needed: int, counted: Quorum, now: datetime) -> None:
    """EXECUTED before the effect, so that the database's own rules on what it writes can ask for it."""
    last = counted.counted[-1].actor()
    request.state = states.next_state(request.state, Transition.EXECUTE)
    request.needed, request.failure = needed, ""
    request.closed_by, request.closed_at = str(last), now
    request.save(update_fields=["state", "needed", "failure", "closed_by", "closed_at"])
    audit.record(
        actor=last, action="approvals.request.executed", subject=request.request_id, at=now,
        details={"action": request.action, "subject": request.subject, "digest": request.digest,
                 "signed_by": [str(user.actor()) for user in counted.counted]},
    )  # fmt: skip
    outbox.publish(ApprovalExecuted(request.request_id, request.action, request.subject, now), now=now)


def _execution(request: ApprovalRequest, counted: Quorum, now: datetime) -> Execution:
    return Execution(
        request_id=request.request_id,
        subject=request.subject,
        given=request.given,
        version=request.content["version"],
        asked_by=request.asker,
        signed_by=tuple(user.actor() for user in counted.counted),
        reason=request.reason,
        now=now,
    )


def _keep_failure(request: ApprovalRequest, refused: Refusal, now: datetime) -> None:
    """The savepoint took the effect back; the object in memory follows."""
    request.refresh_from_db()
    request.failure = refused.detail[:LONGEST_REASON]
    request.save(update_fields=["failure"])
    audit.record(
        actor=request.asker, action="approvals.request.not_executed", subject=request.request_id, at=now,
        result="FAILURE", details={"action": request.action, "code": refused.code, "why": request.failure},
    )  # fmt: skip
