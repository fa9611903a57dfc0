"""What open corrections do about signatures that ended and accounts that are over."""

from datetime import datetime

from ach.services import change_signing, changes
from compliance.events import BankAccountRejected, BankAccountRetired
from core.approvals.events import ApprovalEnded
from core.outbox import services as outbox


@outbox.handles(ApprovalEnded)
def on_question_ended(event: ApprovalEnded, *, now: datetime) -> None:
    if event.action == change_signing.APPLY:
        change_signing.let_go(change_id=event.subject, approval_id=event.request_id, state=event.state, now=now)


@outbox.handles(BankAccountRetired)
def on_account_retired(event: BankAccountRetired, *, now: datetime) -> None:
    changes.note_of_account(account_id=event.account_id, now=now)


@outbox.handles(BankAccountRejected)
def on_account_rejected(event: BankAccountRejected, *, now: datetime) -> None:
    changes.note_of_account(account_id=event.account_id, now=now)
