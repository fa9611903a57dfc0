"""People decide: a review case about a transfer, or its signatures. In the transaction of whoever decides."""

import contextlib
from datetime import datetime

from ach.enums import EntryKind
from ach.selectors import entries as register_of_entries
from ach.services import entries
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.approvals.refusals import ApprovalClosed
from core.approvals.selectors.requests import find_open
from fraud.enums import CaseDecision, CaseOutcome
from fraud.selectors import cases as review_cases
from fraud.services import cases
from payments.models import Transfer
from payments.selectors import transfers as register
from payments.services import payout_schedules, transfer_bookings, transfer_moves, transfer_waits
from payments.transfer_enums import Purpose, TransferState
from payments.transfer_parameters import number
from payments.transfer_refusals import TransferDeclined
from payments.transfer_states import TransferStateForbids


def decide(*, transfer_id: str, approve: bool, why: str, now: datetime) -> bool:
    """As its review case was decided. False where it does not wait for that any more."""
    transfer = register.lock(transfer_id)
    if transfer.state != TransferState.PENDING_REVIEW:
        return False
    if not approve:
        _decline(transfer, why, now=now)
    elif transfer.amount_minor >= number("approval_from_minor", now):
        transfer_moves.move(transfer, TransferState.PENDING_APPROVAL, why="the amount asks for signatures", now=now)
        transfer_waits.ask_signatures(transfer, now=now)
    else:
        _let_go(transfer, actor=SYSTEM, now=now)
    return True


def execute_signed(*, transfer_id: str, approval_id: str, actor: Actor, now: datetime) -> None:
    """The effect of the last signature. Raises TransferStateForbids where it does not wait for it any more."""
    transfer = register.lock(transfer_id)
    require_waiting(transfer, approval_id)
    _let_go(transfer, actor=actor, now=now)


def require_waiting(transfer: Transfer, approval_id: str = "") -> None:
    """Raises TransferStateForbids."""
    if transfer.state != TransferState.PENDING_APPROVAL or approval_id not in ("", transfer.approval_id):
        raise TransferStateForbids(f"the transfer is {transfer.state}")


def end_unsigned(*, transfer_id: str, state: str, reason: str, now: datetime) -> None:
    """Denied or expired: it fails. Nothing where it was cancelled meanwhile."""
    transfer = register.lock(transfer_id)
    if transfer.state == TransferState.PENDING_APPROVAL:
        _decline(transfer, f"{state.lower()}: {reason}", now=now)


def drop_questions(transfer: Transfer, *, reason: str, actor: Actor, now: datetime) -> None:
    """Nobody needs to decide what is taken back. A case in an analyst's hands is left there: it decides nothing."""
    open_question = find_open(action=transfer_waits.RELEASE, subject=transfer.public_id)
    if open_question is not None:
        with contextlib.suppress(ApprovalClosed):
            approvals.void(open_question.request_id, reason=reason, actor=actor, now=now)
    case = review_cases.find_for_payment(payment_id=transfer.public_id)
    if case is not None:
        with contextlib.suppress(cases.UnableToDecide):
            cases.decide(
                case_id=case.case_id, decision=CaseDecision.DECLINE, outcome=CaseOutcome.UNDETERMINED,
                reason="The transfer was cancelled", actor=actor, now=now,
            )  # fmt: skip


def _let_go(transfer: Transfer, *, actor: Actor, now: datetime) -> None:
    """Its entry waits for the next cutoff, which may be a later one than was promised."""
    entry = register_of_entries.find(EntryKind.PAYMENT, transfer.public_id)
    assert entry is not None, "an accepted transfer has its entry"
    freed = entries.free(entry_id=entry.public_id, actor=actor, now=now)
    if transfer.purpose == Purpose.PAYOUT:
        payout_schedules.hold_if_paused(transfer.payer, freed, actor=actor, now=now)
    planned = entries.replanned(freed, now)
    transfer.priority, transfer.estimated_settlement = freed.priority, planned.settles_at
    transfer.save(update_fields=["priority", "estimated_settlement"])
    transfer_moves.move(transfer, TransferState.SUBMITTED, actor=actor, now=now)


def _decline(transfer: Transfer, why: str, *, now: datetime) -> None:
    entry = register_of_entries.find(EntryKind.PAYMENT, transfer.public_id)
    assert entry is not None, "an accepted transfer has its entry"
    transfer_moves.move(
        transfer, TransferState.FAILED, why=why, failure_code=TransferDeclined.code,
        decline_reason=TransferDeclined.title, now=now,
    )  # fmt: skip
    entries.cancel(entry_id=entry.public_id, why="declined", actor=SYSTEM, now=now)
    transfer_bookings.follow([entry.public_id], now=now)
