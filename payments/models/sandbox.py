"""What the embedded card network remembers. It plays an outside party: no business table points here.

It never stores a card number or a security code, only which documented behaviour the card asked for.
"""

from django.db import models
from django.db.models import F, Q

from payments.enums import ChargebackState, ChargeState


class SandboxCharge(models.Model):
    """One charge under the merchant's reference; also the mark left by a void that came first."""

    reference = models.CharField(max_length=40, unique=True)
    network_id = models.CharField(max_length=40)
    livemode = models.BooleanField()
    state = models.CharField(max_length=12, choices=ChargeState.choices)
    code = models.CharField(max_length=40)
    behaviour = models.CharField(max_length=24)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    authorised_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True)
    capture_failed = models.BooleanField(default=False)
    silent_until = models.DateTimeField(null=True)
    settles_on_date = models.DateField(null=True)
    settled_file = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["livemode", "settles_on_date"],
                name="sandbox_charge_to_settle",
                condition=Q(settles_on_date__isnull=False, settled_file=""),
            ),
            models.Index(fields=["behaviour", "amount_minor"], name="sandbox_charge_behaviour"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="sandbox_charge_amount_is_not_negative"),
        ]


class SandboxRefund(models.Model):
    reference = models.CharField(max_length=40, unique=True)
    charge = models.ForeignKey(SandboxCharge, on_delete=models.PROTECT)
    network_id = models.CharField(max_length=40)
    accepted = models.BooleanField()
    code = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()
    refunded_at = models.DateTimeField()
    settles_on_date = models.DateField(null=True)
    settled_file = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["settles_on_date"],
                name="sandbox_refund_to_settle",
                condition=Q(settles_on_date__isnull=False, settled_file=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="sandbox_refund_amount_is_positive"),
        ]


class SandboxChargeback(models.Model):
    """A charge whose money the network has taken back. `told` is the outcome the merchant has acknowledged last."""

    reference = models.CharField(max_length=40, unique=True)
    charge = models.ForeignKey(SandboxCharge, on_delete=models.PROTECT, related_name="chargebacks")
    reason_code = models.CharField(max_length=20)
    amount_minor = models.BigIntegerField()
    opened_at = models.DateTimeField()
    evidence = models.TextField(blank=True)
    outcome = models.CharField(max_length=8, choices=ChargebackState, default=ChargebackState.OPEN)
    closed_at = models.DateTimeField(null=True)
    told = models.CharField(max_length=8, blank=True)
    settles_on_date = models.DateField()
    settled_file = models.CharField(max_length=120, blank=True)
    returns_on_date = models.DateField(null=True)
    returned_file = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["opened_at"], name="sandbox_chargeback_to_tell", condition=~Q(told=F("outcome"))),
            models.Index(fields=["settles_on_date"], name="sandbox_chargeback_to_settle", condition=Q(settled_file="")),
            models.Index(
                fields=["returns_on_date"],
                name="sandbox_chargeback_to_return",
                condition=Q(returns_on_date__isnull=False, returned_file=""),
            ),
            models.Index(
                fields=["opened_at", "id"],
                name="sandbox_chargeback_open",
                condition=Q(outcome=ChargebackState.OPEN),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="sandbox_chargeback_amount_is_positive"),
        ]
