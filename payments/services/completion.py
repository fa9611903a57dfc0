"""Find what was left unfinished and order its completion. The rows say from when anybody may take them up."""

from datetime import datetime

from django.db import transaction

from core.work import services as work
from payments.enums import Step
from payments.models import Payment, Refund
from payments.services import acceptance, payments, refunds

BATCH = 200


def order_stalled(*, now: datetime) -> int:
    """Order work for payments and refunds nobody has spoken for in time. Returns how many."""
    return _order_payments(now) + _order_refunds(now) + _order_lapsed(now)


def _order_payments(now: datetime) -> int:
    with transaction.atomic():
        stalled = (
            Payment.objects.select_for_update(skip_locked=True)
            .filter(resume_at__lte=now)
            .order_by("resume_at")
            .values_list("pk", "public_id")[:BATCH]
        )
        due = dict(stalled)
        for public_id in due.values():
            work.enqueue(kind=payments.RESUME, key=public_id, payload={}, due_at=now, now=now)
        # Looked at again later, in case the order itself is lost or parked and released.
        Payment.objects.filter(pk__in=due).update(resume_at=now + acceptance.resume_after(now))
    return len(due)


def _order_refunds(now: datetime) -> int:
    with transaction.atomic():
        stalled = (
            Refund.objects.select_for_update(skip_locked=True)
            .filter(resume_at__lte=now)
            .order_by("resume_at")
            .values_list("pk", "public_id")[:BATCH]
        )
        due = dict(stalled)
        for public_id in due.values():
            work.enqueue(kind=refunds.RESUME, key=public_id, payload={}, due_at=now, now=now)
        Refund.objects.filter(pk__in=due).update(resume_at=now + acceptance.resume_after(now))
    return len(due)


def _order_lapsed(now: datetime) -> int:
    """The review case declines itself before this; a hold that outlives its deadline is given back all the same."""
    overdue = Payment.objects.filter(step=Step.HOLD, capture_deadline__lte=now).order_by("capture_deadline")
    lapsed = 0
    for public_id in overdue.values_list("public_id", flat=True)[:BATCH]:
        with transaction.atomic():
            if payments.lapse(payment_id=public_id, now=now):
                work.enqueue(kind=payments.RESUME, key=public_id, payload={}, due_at=now, now=now)
                lapsed += 1
    return lapsed
