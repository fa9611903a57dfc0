"""Take down what a marketplace reports as fraud."""

from datetime import datetime

from django.db import transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from fraud.enums import FraudType
from fraud.events import FraudReported
from fraud.models import FraudReport


class InvalidFraudType(Refusal):
    code = "INVALID_FRAUD_TYPE"
    title = "The fraud type is not one of the documented ones"


class CustomerIdRequired(Refusal):
    code = "CUSTOMER_ID_REQUIRED"
    title = "A customer id is needed"


def report(
    *,
    transaction_id: str,
    customer_id: str,
    fraud_type: str,
    details: str,
    livemode: bool,
    actor: Actor,
    now: datetime,
) -> FraudReport:
    """Later payments of the customer are reviewed. The same report again is the first one, told once more.

    Raises InvalidFraudType, CustomerIdRequired.
    """
    if not customer_id:
        raise CustomerIdRequired
    if fraud_type not in FraudType.values:
        raise InvalidFraudType(f"one of {', '.join(FraudType.values)}")
    with transaction.atomic():
        candidate = FraudReport(
            report_id=ids.prefixed("frr", now),
            livemode=livemode,
            transaction_id=transaction_id,
            customer_id=customer_id,
            fraud_type=fraud_type,
            details=details,
            reported_by=str(actor),
            reported_at=now,
        )
        FraudReport.objects.bulk_create([candidate], ignore_conflicts=True)
        kept = FraudReport.objects.get(livemode=livemode, transaction_id=transaction_id, fraud_type=fraud_type)
        if kept.report_id == candidate.report_id:
            _tell(kept, actor=actor, now=now)
    return kept


def _tell(kept: FraudReport, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="fraud.report.received",
        subject=kept.transaction_id,
        at=now,
        details={"report_id": kept.report_id, "customer_id": kept.customer_id, "fraud_type": kept.fraud_type},
    )
    outbox.publish(
        FraudReported(
            report_id=kept.report_id,
            transaction_id=kept.transaction_id,
            customer_id=kept.customer_id,
            fraud_type=kept.fraud_type,
            livemode=kept.livemode,
            reported_at=now,
        )
    )
