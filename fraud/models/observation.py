"""The history that scores are computed from: one row per attempted payment, handed down by payments."""

from django.db import models

from fraud.enums import AttemptOutcome


class Observation(models.Model):
    """Append-only. Card number, e-mail and the like are never here: a fingerprint, a token or a keyed hash is.

    The indexes of one entity, newest first, serve one part of the function `fraud_history` each.
    """

    payment_id = models.CharField(max_length=40, unique=True)
    transaction_id = models.CharField(max_length=40)
    livemode = models.BooleanField()
    payer_id = models.CharField(max_length=64)
    payee_id = models.CharField(max_length=64, null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=10)
    card_fingerprint = models.CharField(max_length=64, null=True)
    card_bin = models.CharField(max_length=8, null=True)
    card_brand = models.CharField(max_length=20, null=True)
    issuer_country = models.CharField(max_length=2, null=True)
    ip_address = models.GenericIPAddressField(null=True)
    ip_country = models.CharField(max_length=2, null=True)
    device_id = models.CharField(max_length=128, null=True)
    email_hash = models.CharField(max_length=64, null=True)
    billing_country = models.CharField(max_length=2, null=True)
    shipping_country = models.CharField(max_length=2, null=True)
    outcome = models.CharField(max_length=8, choices=AttemptOutcome)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="observation_amount_is_positive"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=AttemptOutcome.values), name="observation_outcome_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "payer_id", "-at"], name="observation_by_payer"),
            models.Index(fields=["livemode", "payee_id", "-at"], name="observation_by_payee"),
            models.Index(
                fields=["livemode", "card_fingerprint", "-at"],
                condition=models.Q(card_fingerprint__isnull=False),
                name="observation_by_card",
            ),
            models.Index(
                fields=["livemode", "ip_address", "-at"],
                condition=models.Q(ip_address__isnull=False),
                name="observation_by_ip",
            ),
            models.Index(
                fields=["livemode", "device_id", "-at"],
                condition=models.Q(device_id__isnull=False),
                name="observation_by_device",
            ),
            models.Index(
                fields=["livemode", "email_hash", "-at"],
                condition=models.Q(email_hash__isnull=False),
                name="observation_by_email",
            ),
            models.Index(fields=["livemode", "transaction_id"], name="observation_by_transaction"),
            models.Index(fields=["at", "id"], name="observation_by_time"),
        ]
