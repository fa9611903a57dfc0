"""Give the money of a captured booking its escrow, and keep it in step with refunds."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from core.actors import SYSTEM
from core.audit import services as audit
from core.database import statements
from core.outbox import services as outbox
from escrow.enums import EscrowStatus
from escrow.events import EscrowFunded
from escrow.models import Escrow
from payments.enums import PaymentStatus, RefundStatus
from payments.models import Payment
from payments.selectors import payments as paid

SWEEP_BATCH = 200


# One statement, because it follows every captured booking: what the escrow is comes from the payment's own row.
ATTACH = """
WITH paid AS (
    SELECT * FROM payments_payment
    WHERE public_id = %s AND escrow_id IS NOT NULL AND provider_id IS NOT NULL AND captured_at IS NOT NULL
), made AS (
    INSERT INTO escrow_escrow (public_id, livemode, status, payment_id, payer_id, payee_id, booking_id, amount_minor,
        refunded_minor, currency, funded_at, created_at, updated_at)
    SELECT escrow_id, livemode, %s, id, customer_id, provider_id, booking_id, net_minor,
        0, currency, captured_at, %s, %s
    FROM paid ON CONFLICT (public_id) DO NOTHING RETURNING public_id
)
SELECT escrow_id, net_minor, currency, livemode, captured_at, request_id
FROM paid JOIN made ON made.public_id = paid.escrow_id
"""


def attach(*, payment_id: str, now: datetime) -> bool:
    """Write the escrow of a captured payment. False where it has one, or needs none. Raises PaymentNotFound."""
    with transaction.atomic():
        made = statements.fetch_one(ATTACH, [payment_id, EscrowStatus.FUNDED, now, now])
        if made is None:
            paid.get(payment_id)
            return False
        escrow_id, amount_minor, currency, livemode, captured_at, request_id = made
        audit.record(
            actor=SYSTEM,
            action="escrow.escrow.funded",
            subject=escrow_id,
            at=now,
            details={"payment_id": payment_id, "amount_minor": amount_minor},
            correlation_id=request_id or None,
        )
        outbox.publish(
            EscrowFunded(
                escrow_id=escrow_id,
                payment_id=payment_id,
                amount_minor=amount_minor,
                currency=currency,
                livemode=livemode,
                funded_at=captured_at,
            ),
            now=now,
        )
    return True


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
