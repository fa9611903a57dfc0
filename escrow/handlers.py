"""What escrow does about payments, signatures, blocked parties, switches, and its own endings."""

from datetime import datetime

from compliance.events import PartyBlocked
from core.approvals.events import ApprovalEnded
from core.outbox import services as outbox
from core.switches.enums import State, Switch
from core.switches.events import SwitchTurned, SwitchTurnRanOut
from escrow import ach_handlers as ach_handlers
from escrow import dispute_handlers as dispute_handlers
from escrow.events import EscrowRefunded, EscrowReleased, EscrowWarned, TermsAmended
from escrow.services import endings, funding, party_holds, releases, timers, warnings
from payments.events import PaymentCaptured


@outbox.handles(PaymentCaptured)
def on_payment_captured(event: PaymentCaptured, *, now: datetime) -> None:
    funding.attach(payment_id=event.payment_id, now=now)


@outbox.handles(ApprovalEnded)
def on_approval_ended(event: ApprovalEnded, *, now: datetime) -> None:
    if event.action == releases.ACTION:
        endings.end_question(escrow_id=event.subject, request_id=event.request_id, state=event.state, now=now)


@outbox.handles(EscrowReleased)
def on_escrow_released(event: EscrowReleased, *, now: datetime) -> None:
    if event.is_last:
        endings.tidy(escrow_id=event.escrow_id, livemode=event.livemode, now=now)


@outbox.handles(EscrowRefunded)
def on_escrow_refunded(event: EscrowRefunded, *, now: datetime) -> None:
    if event.is_last:
        endings.tidy(escrow_id=event.escrow_id, livemode=event.livemode, now=now)


@outbox.handles(TermsAmended)
def on_terms_amended(event: TermsAmended, *, now: datetime) -> None:
    endings.void_question(escrow_id=event.escrow_id, livemode=event.livemode, reason="the terms were amended", now=now)


@outbox.handles(EscrowWarned)
def on_escrow_warned(event: EscrowWarned, *, now: datetime) -> None:
    warnings.order_mail(event, now=now)


@outbox.handles(PartyBlocked)
def on_party_blocked(event: PartyBlocked, *, now: datetime) -> None:
    party_holds.order(party_id=event.party_id, livemode=event.livemode, now=now)


@outbox.handles(SwitchTurned)
def on_switch_turned(event: SwitchTurned, *, now: datetime) -> None:
    _wake_if_open(event.switch, event.state, now)


@outbox.handles(SwitchTurnRanOut)
def on_switch_turn_ran_out(event: SwitchTurnRanOut, *, now: datetime) -> None:
    _wake_if_open(event.switch, event.state, now)


def _wake_if_open(switch: str, state: str, now: datetime) -> None:
    if switch == Switch.ESCROW_MOVEMENTS and state == State.OPEN:
        timers.wake_overdue(now=now)
