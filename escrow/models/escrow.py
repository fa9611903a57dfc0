"""Money of a booking, held until its terms are met."""

from django.db import models
from django.db.models import F, Q

from escrow.enums import EscrowStatus, Rail
from escrow.states import ENDED


class Escrow(models.Model):
    """`amount_minor` is what the terms speak of; `fee_minor` what the platform had kept of it when it came in.

    The money itself is in the ledger account `escrow_held:<account>`: `account` is the escrow's own id, or the one that
    its payment made at its capture. `version` grows with every change, so that a signature covers exactly one state.
    """

    public_id = models.CharField(max_length=32, unique=True)
    livemode = models.BooleanField()
    status = models.CharField(max_length=8, choices=EscrowStatus)
    version = models.PositiveIntegerField(default=1, db_default=1)
    account = models.CharField(max_length=32, unique=True)
    payment = models.OneToOneField("payments.Payment", on_delete=models.PROTECT, related_name="+", null=True)
    # The indexes with the moment serve the references too.
    payer = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    payee = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    booking_id = models.CharField(max_length=100, blank=True)
    service_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0, db_default=0)
    released_minor = models.BigIntegerField(default=0, db_default=0)
    refunded_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    funding_rail = models.CharField(max_length=4, choices=Rail, blank=True, default="", db_default="")
    funded_at = models.DateTimeField(null=True)
    available_at = models.DateTimeField(null=True)
    available_why = models.CharField(max_length=300, blank=True, default="", db_default="")
    risk_score = models.PositiveSmallIntegerField(default=0, db_default=0)
    compliance_flags = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    metadata = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    next_due_at = models.DateTimeField(null=True)
    claim_id = models.BigIntegerField(null=True, unique=True)
    created_by = models.CharField(max_length=120, default="", db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="escrow_newest_first"),
            models.Index(fields=["livemode", "status", "-created_at", "-id"], name="escrow_by_status"),
            models.Index(fields=["payer", "-created_at", "-id"], name="escrow_by_payer"),
            models.Index(fields=["payee", "-created_at", "-id"], name="escrow_by_payee"),
            models.Index(
                fields=["livemode", "booking_id", "-created_at", "-id"],
                condition=~Q(booking_id=""),
                name="escrow_by_booking",
            ),
            models.Index(fields=["next_due_at", "id"], condition=Q(next_due_at__isnull=False), name="escrow_by_due"),
            models.Index(
                fields=["livemode", "booking_id"], condition=Q(status=EscrowStatus.CREATED), name="escrow_waiting"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=EscrowStatus.values), name="escrow_status_is_known"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=F("fee_minor"), fee_minor__gte=0), name="escrow_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, released_minor__gte=0)
                & Q(amount_minor__gte=F("fee_minor") + F("released_minor") + F("refunded_minor")),
                name="escrow_gives_back_no_more_than_it_holds",
            ),
            models.CheckConstraint(
                condition=Q(funded_at__isnull=True, released_minor=0, refunded_minor=0, funding_rail="")
                & Q(status__in=[EscrowStatus.CREATED, EscrowStatus.REFUNDED])
                | (Q(funded_at__isnull=False) & ~Q(funding_rail="") & ~Q(status=EscrowStatus.CREATED)),
                name="escrow_is_funded_before_it_moves",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(ENDED), closed_at__isnull=False)
                | (~Q(status__in=sorted(ENDED)) & Q(closed_at__isnull=True)),
                name="escrow_is_closed_when_it_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def held_minor(self) -> int:
        """What is held now: nothing before it is funded."""
        if self.funded_at is None:
            return 0
        return self.amount_minor - self.fee_minor - self.released_minor - self.refunded_minor
