"""What the embedded card network remembers. It plays an outside party: no business table points here.

It never stores a card number or a security code, only which documented behaviour the card asked for.
"""

from django.db import models
from django.db.models import Q

from payments.enums import ChargeState


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
