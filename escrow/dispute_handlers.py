"""What disputes and receivables do about chargebacks, releases, and questions that ended."""

from datetime import datetime

from core.approvals.events import ApprovalEnded
from core.outbox import services as outbox
from escrow.events import EscrowRefunded, EscrowReleased
from escrow.services import dispute_clocks as dispute_clocks
from escrow.services import late_losses, reserves, resolutions
from payments.events import ChargebackClosed, ChargebackOpened


@outbox.handles(ApprovalEnded)
def on_proposal_ended(event: ApprovalEnded, *, now: datetime) -> None:
    if event.action == resolutions.ACTION:
        resolutions.let_go(approval_id=event.request_id, now=now)


@outbox.handles(ChargebackOpened)
def on_chargeback_opened(event: ChargebackOpened, *, now: datetime) -> None:
    late_losses.note(event, now=now)


@outbox.handles(ChargebackClosed)
def on_chargeback_closed(event: ChargebackClosed, *, now: datetime) -> None:
    late_losses.note_end(event, now=now)


@outbox.handles(EscrowReleased)
def on_escrow_released(event: EscrowReleased, *, now: datetime) -> None:
    reserves.take_from_release(
        escrow_id=event.escrow_id,
        transaction_id=event.transaction_id,
        amount_minor=event.amount_minor,
        livemode=event.livemode,
        now=now,
    )


@outbox.handles(EscrowRefunded)
def on_escrow_refunded(event: EscrowRefunded, *, now: datetime) -> None:
    reserves.wind(escrow_id=event.escrow_id, livemode=event.livemode, now=now)
