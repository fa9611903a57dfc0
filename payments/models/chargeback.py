"""Money that the card network has taken back because the card's holder disputes a payment."""

from django.db import models
from django.db.models import F, Q

from payments.enums import ChargebackKind, ChargebackState
from payments.models.payment import Payment

PARTS = F("fee_minor") + F("held_minor") + F("late_minor") + F("beyond_minor")
OPEN = Q(state=ChargebackState.OPEN)


class Chargeback(models.Model):
    """The network takes `amount_minor` at once and gives it back where it finds for us. Who bears it meanwhile:

    `fee_minor` the platform, `held_minor` whoever's money was still held (escrow, provider, deposit), `late_minor` the
    payee, who has had it already and owes it. These three are what had not gone back yet, and count in the payment's
    `disputed_minor` until the chargeback is won. `beyond_minor` had been refunded before: the payer owes it, less the
    stranded refunds it replaced (`refunds_replaced`).
    """

    public_id = models.CharField(max_length=32, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="chargebacks")
    livemode = models.BooleanField()
    gateway = models.CharField(max_length=20)
    network_reference = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=ChargebackState)
    kind = models.CharField(max_length=16, choices=ChargebackKind)
    reason_code = models.CharField(max_length=20)

    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    late_minor = models.BigIntegerField()
    beyond_minor = models.BigIntegerField()
    entry_id = models.CharField(max_length=40)
    return_entry_id = models.CharField(max_length=40, blank=True)

    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField()
    evidence = models.TextField(blank=True)
    contested_at = models.DateTimeField(null=True)
    contested_by = models.CharField(max_length=120, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-opened_at", "-id"], name="chargeback_newest_first"),
            models.Index(fields=["livemode", "state", "-opened_at", "-id"], name="chargeback_by_state"),
            models.Index(fields=["livemode", "respond_by", "id"], name="chargeback_to_answer", condition=OPEN),
            models.Index(fields=["opened_at"], name="chargeback_not_settled", condition=Q(settled_at__isnull=True)),
            models.Index(
                fields=["closed_at"],
                name="chargeback_not_returned",
                condition=Q(state=ChargebackState.WON, returned_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "network_reference"], name="chargeback_is_known_once"),
            models.UniqueConstraint(fields=["payment"], condition=OPEN, name="payment_has_one_open_chargeback"),
            models.CheckConstraint(condition=Q(state__in=ChargebackState.values), name="chargeback_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=ChargebackKind.values), name="chargeback_kind_is_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="chargeback_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, held_minor__gte=0, late_minor__gte=0, beyond_minor__gte=0)
                & Q(amount_minor=PARTS),
                name="chargeback_parts_make_the_amount",
            ),
            models.CheckConstraint(
                condition=(OPEN & Q(closed_at__isnull=True, closed_by=""))
                | (~OPEN & Q(closed_at__isnull=False) & ~Q(closed_by="")),
                name="chargeback_is_closed_whole_or_not_at_all",
            ),
            models.CheckConstraint(
                condition=(Q(state=ChargebackState.WON) & ~Q(return_entry_id=""))
                | (~Q(state=ChargebackState.WON) & Q(return_entry_id="", returned_at__isnull=True)),
                name="only_a_won_chargeback_gives_back",
            ),
            models.CheckConstraint(
                condition=Q(contested_at__isnull=True, contested_by="", evidence="")
                | (Q(contested_at__isnull=False) & ~Q(contested_by="") & ~Q(evidence="")),
                name="chargeback_is_contested_with_evidence",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def disputed_minor(self) -> int:
        """What had not gone back to the payer before."""
        return self.amount_minor - self.beyond_minor
