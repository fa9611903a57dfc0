"""Money of a booking, held until its terms are met."""

from django.db import models
from django.db.models import F, Q

from escrow.enums import EscrowStatus


class Escrow(models.Model):
    """`amount_minor` is what was put in, the net of the payment; `refunded_minor` what has gone back to the payer.

    The money itself is in the ledger account `escrow_held:<public_id>`; this row says whose it is and why.
    """

    public_id = models.CharField(max_length=32, unique=True)
    livemode = models.BooleanField()
    status = models.CharField(max_length=8, choices=EscrowStatus)
    payment = models.OneToOneField("payments.Payment", on_delete=models.PROTECT, related_name="+")
    payer = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+")
    booking_id = models.CharField(max_length=100)
    amount_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    funded_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["livemode", "-created_at", "-id"], name="escrow_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=EscrowStatus.values), name="escrow_status_is_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="escrow_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="escrow_gives_back_no_more_than_it_holds",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
