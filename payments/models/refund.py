"""Money given back to a customer."""

from django.db import models
from django.db.models import F, Q

from payments.enums import RefundStatus
from payments.models.chargeback import Chargeback
from payments.models.payment import Payment


class Refund(models.Model):
    """A part or the whole of a payment on its way back. The gateway knows it by `network_reference`.

    PENDING: the money is set aside in the ledger (`customer_refundable`), the gateway is not yet known to have taken
    it. FAILED: the gateway refused; what was set aside went back where it came from, or is `stranded`: it stays set
    aside, because the part of the escrow it came from has ended, and is tried again under another reference.
    Where a `chargeback` has brought the customer the same money meanwhile, it is not sent any more.
    `escrow_reference` makes a refund that escrow ordered the same refund when it is ordered again.
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
    tries = models.PositiveSmallIntegerField(default=1)
    stranded = models.BooleanField(default=False)
    chargeback = models.ForeignKey(
        Chargeback, on_delete=models.PROTECT, related_name="refunds_replaced", null=True, db_index=False
    )
    escrow_reference = models.CharField(max_length=80, null=True, unique=True)
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
            models.Index(fields=["created_at"], name="refund_stranded", condition=Q(stranded=True)),
            models.Index(fields=["chargeback"], name="refund_by_chargeback", condition=Q(chargeback__isnull=False)),
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
            models.CheckConstraint(
                condition=Q(stranded=False) | Q(status=RefundStatus.FAILED), name="only_a_failed_refund_is_stranded"
            ),
            models.CheckConstraint(condition=Q(tries__gte=1), name="refund_is_tried"),
            models.CheckConstraint(
                condition=Q(chargeback__isnull=True) | Q(status=RefundStatus.FAILED, stranded=False),
                name="refund_paid_by_chargeback_is_not_stranded",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def network_reference(self) -> str:
        """What the gateway knows the present try by: it remembers what it has refused."""
        return self.public_id if self.tries == 1 else f"{self.public_id}_{self.tries}"
