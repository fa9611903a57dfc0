"""What operations do about alarms of the layers below."""

from datetime import datetime

from django.urls import reverse

from ach.events import RailRecovered, RailTroubled
from core.money import Currency, Money
from core.outbox import services as outbox
from escrow.events import DiscrepancyFound, TimersStuck
from fraud.events import AlarmRaised
from ops.enums import Severity
from ops.services import incidents
from ops.services.incidents import Alarm
from payments.events import RefundStranded


@outbox.handles(AlarmRaised)
def on_alarm_raised(event: AlarmRaised, *, now: datetime) -> None:  # noqa: ARG001 (the clocks run from when it was raised)
    incidents.open_or_continue(
        Alarm(event.alarm, event.subject, event.severity, event.summary, event.url, event.raised_at)
    )


@outbox.handles(RefundStranded)
def on_refund_stranded(event: RefundStranded, *, now: datetime) -> None:  # noqa: ARG001 (as above)
    amount = Money(event.amount_minor, Currency[event.currency])
    mode = "" if event.livemode else " (test)"
    summary = f"{event.payer_id} waits for {amount}{mode}: the card network has refused the refund {event.refund_id}"
    url = reverse("admin:payment", args=[event.payment_id])
    incidents.open_or_continue(
        Alarm("payments.refund_stranded", event.refund_id, Severity.P2, summary, url, event.stranded_at)
    )


@outbox.handles(DiscrepancyFound)
def on_discrepancy_found(event: DiscrepancyFound, *, now: datetime) -> None:  # noqa: ARG001 (as above)
    """One incident for each scope whose money does not agree, one a book for what is only left behind."""
    halted = f" Movements of {event.scope} are halted." if event.halted else ""
    alarm = "escrow.discrepancy" if event.severity == Severity.P1 else "escrow.left_behind"
    summary = f"Reconciliation of the {event.book} book found {event.summary}.{halted}"
    incidents.open_or_continue(Alarm(alarm, event.scope, event.severity, summary, event.url, event.found_at))


@outbox.handles(TimersStuck)
def on_timers_stuck(event: TimersStuck, *, now: datetime) -> None:  # noqa: ARG001 (as above)
    """What should have happened by itself does not: money stays longer than was agreed."""
    mode = "" if event.livemode else " (test)"
    summary = f"Timers of {event.escrow_id}{mode} failed {event.tries} times in a row: {event.error}"
    url = f"{reverse('admin:escrow_timers')}?escrow={event.escrow_id}"
    incidents.open_or_continue(Alarm("escrow.timers_stuck", event.escrow_id, Severity.P2, summary, url, event.stuck_at))


@outbox.handles(RailTroubled)
def on_rail_troubled(event: RailTroubled, *, now: datetime) -> None:  # noqa: ARG001 (as above)
    """A file that does not leave, a host that shows another key, entries that no file has."""
    incidents.open_or_continue(
        Alarm(event.alarm, event.subject, Severity(event.severity), event.summary, event.url, event.found_at)
    )


@outbox.handles(RailRecovered)
def on_rail_recovered(event: RailRecovered, *, now: datetime) -> None:  # noqa: ARG001 (as above)
    incidents.end_by_itself(alarm=event.alarm, subject=event.subject, cause=event.summary, at=event.recovered_at)
