"""Money given back to a customer."""

from django.db import models
from django.db.models import F, Q

from payments.enums import RefundStatus
from payments.models.payment import Payment


class Refund(models.Model):
    """A part or the whole of a payment on its way back; `public_id` is the reference the gateway knows it by.

    PENDING: the money is set aside in the ledger (`customer_refundable`), the gateway is not yet known to have taken
    it. FAILED: the gateway refused; what was set aside went back where it came from.
    """

    public_id = models.CharField(max_length=32, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    livemode = models.BooleanField()
    status = models.CharField(max_length=9, choices=RefundStatus)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200, blank=True)
    network_id = models.CharField(max_length=40, blank=True)
    failure_code = models.CharField(max_length=40, blank=True)
    reserve_entry = models.CharField(max_length=40)
    resume_at = models.DateTimeField(null=True)
    claim_id = models.BigIntegerField(null=True, unique=True)
    created_by = models.CharField(max_length=120)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["resume_at"], name="refund_to_resume", condition=Q(resume_at__isnull=False)),
            models.Index(
                fields=["completed_at"],
                name="refund_not_settled",
                condition=Q(status=RefundStatus.COMPLETED, settled_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, net_minor__gte=0, amount_minor=F("fee_minor") + F("net_minor")),
                name="refund_fee_and_net_make_the_amount",
            ),
            models.CheckConstraint(
                condition=Q(status=RefundStatus.PENDING, resume_at__isnull=False, completed_at__isnull=True)
                | Q(status=RefundStatus.COMPLETED, resume_at__isnull=True, completed_at__isnull=False)
                | (Q(status=RefundStatus.FAILED, resume_at__isnull=True) & ~Q(failure_code="")),
                name="refund_status_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
