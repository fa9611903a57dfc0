"""What compliance does about what became of its questions."""

from datetime import datetime

from compliance.services import bank_accounts
from core.approvals.events import ApprovalEnded
from core.outbox import services as outbox


@outbox.handles(ApprovalEnded)
def on_approval_ended(event: ApprovalEnded, *, now: datetime) -> None:
    """Denied, withdrawn, expired or void: the account it was about is not paid to."""
    if event.action == bank_accounts.CHANGE:
        reason = f"{event.state.lower()}: {event.reason}"
        bank_accounts.reject_unsigned(account_id=event.subject, reason=reason, actor=event.actor, now=now)
