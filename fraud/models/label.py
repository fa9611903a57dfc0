"""What a payment turned out to be, who says so, and since when that is known."""

from django.db import models

from fraud.enums import LabelSource

STRENGTH_RANGE = (1, 100)


class Label(models.Model):
    """Append-only. `event_at` is when the payment happened, `known_at` when the label came: nothing that looks back may
    use it for an earlier moment. `strength` is in hundredths; the strongest label of a payment counts, then the newest.

    A second label of one payment from one source with one reference is the same label.
    """

    label_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    payment_id = models.CharField(max_length=40)
    payer_id = models.CharField(max_length=64)
    payee_id = models.CharField(max_length=64, null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    is_fraud = models.BooleanField()
    strength = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=10, choices=LabelSource)
    reference = models.CharField(max_length=80)
    event_at = models.DateTimeField()
    known_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "payment_id", "source", "reference"], name="payment_is_labelled_once_per_source"
            ),
            models.CheckConstraint(condition=models.Q(source__in=LabelSource.values), name="label_source_is_known"),
            models.CheckConstraint(
                condition=models.Q(strength__range=STRENGTH_RANGE), name="label_strength_is_in_hundredths"
            ),
            models.CheckConstraint(
                condition=models.Q(known_at__gte=models.F("event_at")), name="label_is_known_after_the_payment"
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "event_at", "id"], name="label_by_event"),
            models.Index(fields=["livemode", "known_at", "id"], name="label_by_known"),
            models.Index(fields=["livemode", "payee_id", "known_at"], name="label_by_payee"),
            models.Index(fields=["payment_id"], name="label_by_payment"),
            models.Index(
                fields=["livemode", "payer_id", "known_at"],
                condition=models.Q(is_fraud=True),
                name="label_of_fraud_by_payer",
            ),
        ]

    def __str__(self) -> str:
        return self.label_id
