"""Numbers about payments: how they ended, how the gateway answered, what waits."""

from django.db.models import Count

from core import clock
from core.telemetry import metrics
from payments.enums import ChargebackState, MatchOutcome, PaymentStatus, Step
from payments.models import Chargeback, Payment, Refund, SettlementMatch

ENDED = metrics.counter("payments", "Payments by where a step of theirs ended", ["mode", "status", "code"])
GATEWAY_SECONDS = metrics.histogram("gateway_seconds", "One try of one question", ["gateway", "operation", "outcome"])


def count(payment: Payment) -> None:
    """A step has ended: captured, held, failed, cancelled."""
    ENDED.labels("live" if payment.livemode else "test", payment.status, payment.failure_code).inc()


def install() -> None:
    """What the database knows for all processes."""
    metrics.at_scrape("payments_overdue", "Payments that nobody has spoken for in time", _overdue)
    metrics.at_scrape("payments_held", "Payments that wait for a person", _held)
    metrics.at_scrape("payments_refunds_stranded", "Refused refunds whose money waits for the customer", _stranded)
    metrics.at_scrape(
        "payments_chargebacks_open", "Chargebacks the network has not decided", _open_chargebacks, ["mode"]
    )
    metrics.at_scrape("settlement_breaks", "Settlement rows to be looked at", _breaks, ["outcome"])


def _overdue() -> dict[tuple[str, ...], float]:
    return {(): float(Payment.objects.filter(resume_at__lte=clock.now()).count())}


def _held() -> dict[tuple[str, ...], float]:
    return {(): float(Payment.objects.filter(status=PaymentStatus.PENDING, step=Step.HOLD).count())}


def _stranded() -> dict[tuple[str, ...], float]:
    return {(): float(Refund.objects.filter(stranded=True).count())}


def _open_chargebacks() -> dict[tuple[str, ...], float]:
    rows = Chargeback.objects.filter(state=ChargebackState.OPEN).values_list("livemode").annotate(n=Count("id"))
    found = dict(rows)
    return {("live" if mode else "test",): float(found.get(mode, 0)) for mode in (True, False)}


def _breaks() -> dict[tuple[str, ...], float]:
    rows = SettlementMatch.objects.filter(resolved_at__isnull=True).values_list("outcome").annotate(n=Count("id"))
    found = {str(outcome): float(number) for outcome, number in rows}
    return {(each.value,): found.get(each.value, 0.0) for each in MatchOutcome if each != MatchOutcome.MATCHED}
