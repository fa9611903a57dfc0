"""What a marketplace reports as fraud afterwards: the strongest label a payment can get."""

from django.db import models

from fraud.enums import FraudType


class FraudReport(models.Model):
    """Append-only. A second report of the same transaction and type is the same report."""

    report_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    transaction_id = models.CharField(max_length=80)
    customer_id = models.CharField(max_length=64)
    fraud_type = models.CharField(max_length=20, choices=FraudType)
    details = models.TextField(blank=True)
    reported_by = models.CharField(max_length=120)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "transaction_id", "fraud_type"], name="transaction_is_reported_once_per_type"
            ),
            models.CheckConstraint(condition=models.Q(fraud_type__in=FraudType.values), name="fraud_type_is_known"),
        ]
        indexes = [
            models.Index(fields=["livemode", "customer_id", "-reported_at"], name="report_by_customer"),
            models.Index(fields=["reported_at", "id"], name="report_by_time"),
        ]
