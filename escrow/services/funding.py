"""Give the money of a captured booking its escrow, and keep it in step with refunds."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from core.actors import SYSTEM
from core.audit import services as audit
from escrow.enums import EscrowStatus
from escrow.models import Escrow
from payments.enums import PaymentStatus, RefundStatus
from payments.models import Payment
from payments.selectors import payments as paid

SWEEP_BATCH = 200


def attach(*, payment_id: str, now: datetime) -> bool:
    """Write the escrow of a captured payment. False where it has one, or needs none."""
    payment = paid.get(payment_id)
    if payment.escrow_id is None or payment.provider is None or payment.captured_at is None:
        return False
    with transaction.atomic():
        _, created = Escrow.objects.get_or_create(
            public_id=payment.escrow_id,
            defaults={
                "livemode": payment.livemode,
                "status": EscrowStatus.FUNDED,
                "payment": payment,
                "payer": payment.customer,
                "payee": payment.provider,
                "booking_id": payment.booking_id,
                "amount_minor": payment.net_minor,
                "currency": payment.currency,
                "funded_at": payment.captured_at,
                "created_at": now,
                "updated_at": now,
            },
        )
        if created:
            audit.record(
                actor=SYSTEM,
                action="escrow.escrow.funded",
                subject=payment.escrow_id,
                at=now,
                details={"payment_id": payment.public_id, "amount_minor": payment.net_minor},
                correlation_id=payment.request_id or None,
            )
    return created


def note_refunds(*, payment_id: str, now: datetime) -> bool:
    """Bring an escrow in step with the completed refunds of its payment. False where there is nothing to change."""
    attach(payment_id=payment_id, now=now)
    with transaction.atomic():
        escrow = Escrow.objects.select_for_update(of=("self",)).filter(payment__public_id=payment_id).first()
        if escrow is None:
            return False
        completed = escrow.payment.refunds.filter(status=RefundStatus.COMPLETED)
        refunded = completed.aggregate(net=Coalesce(Sum("net_minor"), 0))["net"]
        if refunded == escrow.refunded_minor:
            return False
        escrow.refunded_minor, escrow.updated_at = refunded, now
        if refunded == escrow.amount_minor:
            escrow.status = EscrowStatus.REFUNDED
        escrow.save(update_fields=["refunded_minor", "status", "updated_at"])
        audit.record(
            actor=SYSTEM,
            action="escrow.escrow.refunded",
            subject=escrow.public_id,
            at=now,
            details={"refunded_minor": refunded, "currency": escrow.currency},
        )
    return True


def sweep(*, now: datetime) -> int:
    """Find captured bookings without an escrow and give them theirs. Returns how many there were."""
    known = Escrow.objects.values("payment")
    bare = Payment.objects.filter(status=PaymentStatus.COMPLETED, escrow_id__isnull=False).exclude(pk__in=known)
    found = bare.order_by("-id").values_list("public_id", flat=True)[:SWEEP_BATCH]
    return sum(attach(payment_id=public_id, now=now) for public_id in found)
