"""What a transfer waits for before its entry may go: a person's judgement, or signatures."""

from datetime import datetime, timedelta

from core.actors import SYSTEM
from core.approvals import services as approvals
from fraud.decisions import Assessment
from fraud.enums import AttemptOutcome
from fraud.services import cases, observations
from fraud.services.cases import NewCase
from fraud.services.observations import Observation
from payments.models import Transfer
from payments.transfer_enums import TransferState
from payments.transfer_parameters import number

RELEASE = "payments.release_transfer"


def begin(transfer: Transfer, assessment: Assessment, why: str, *, now: datetime) -> None:
    """Ask whoever has to decide, in the transaction that accepts it. Raises NobodyCanSign."""
    if transfer.state == TransferState.PENDING_REVIEW:
        _open_case(transfer, assessment, why, now=now)
    elif transfer.state == TransferState.PENDING_APPROVAL:
        ask_signatures(transfer, now=now)
    observe(transfer)


def ask_signatures(transfer: Transfer, *, now: datetime) -> None:
    """In the program's name: an API key has no eyes. The row is locked by the caller, or new."""
    request = approvals.ask(
        action=RELEASE, subject=transfer.public_id, given={"amountMinor": transfer.amount_minor},
        reason=f"Asked for by {transfer.created_by}", actor=SYSTEM, now=now,
    )  # fmt: skip
    transfer.approval_id = request.request_id
    transfer.save(update_fields=["approval_id"])


def observe(transfer: Transfer, *, is_blocked: bool = False) -> None:
    """For the history of later scores."""
    held = transfer.state == TransferState.PENDING_REVIEW
    observations.record(
        Observation(
            payment_id=transfer.public_id,
            transaction_id=transfer.public_id,
            livemode=transfer.livemode,
            payer_id=(transfer.customer or transfer.payer).party_id,
            payee_id=transfer.payee.party_id,
            amount_minor=transfer.amount_minor,
            currency=transfer.currency,
            outcome=AttemptOutcome.BLOCKED if is_blocked else AttemptOutcome.HELD if held else AttemptOutcome.APPROVED,
            at=transfer.created_at,
            payment_method="ach",
        )
    )


def _open_case(transfer: Transfer, assessment: Assessment, why: str, *, now: datetime) -> None:
    cases.open(
        case=NewCase(
            payment_id=transfer.public_id,
            transaction_id=None,
            livemode=transfer.livemode,
            payer_id=(transfer.customer or transfer.payer).party_id,
            payee_id=transfer.payee.party_id,
            amount_minor=transfer.amount_minor,
            currency=transfer.currency,
            score=transfer.risk_score,
            why=f"ACH transfer: {why}",
            capture_deadline=now + timedelta(hours=number("review_hours", now)),
        ),
        assessment_row_id=assessment.row_id,
        now=now,
    )
