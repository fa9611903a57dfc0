"""Numbers about payments: how they ended, how the gateway answered, what waits."""

from django.db.models import Count

from core import clock
from core.telemetry import metrics
from payments.enums import MatchOutcome, PaymentStatus, Step
from payments.models import Payment, SettlementMatch

ENDED = metrics.counter("payments", "Payments by where a step of theirs ended", ["mode", "status", "code"])
GATEWAY_SECONDS = metrics.histogram("gateway_seconds", "One try of one question", ["gateway", "operation", "outcome"])


def count(payment: Payment) -> None:
    """A step has ended: captured, held, failed, cancelled."""
    ENDED.labels("live" if payment.livemode else "test", payment.status, payment.failure_code).inc()


def install() -> None:
    """What the database knows for all processes."""
    metrics.at_scrape("payments_overdue", "Payments that nobody has spoken for in time", _overdue)
    metrics.at_scrape("payments_held", "Payments that wait for a person", _held)
    metrics.at_scrape("settlement_breaks", "Settlement rows to be looked at", _breaks, ["outcome"])


def _overdue() -> dict[tuple[str, ...], float]:
    return {(): float(Payment.objects.filter(resume_at__lte=clock.now()).count())}


def _held() -> dict[tuple[str, ...], float]:
    return {(): float(Payment.objects.filter(status=PaymentStatus.PENDING, step=Step.HOLD).count())}


def _breaks() -> dict[tuple[str, ...], float]:
    rows = SettlementMatch.objects.filter(resolved_at__isnull=True).values_list("outcome").annotate(n=Count("id"))
    found = {str(outcome): float(number) for outcome, number in rows}
    return {(each.value,): found.get(each.value, 0.0) for each in MatchOutcome if each != MatchOutcome.MATCHED}
