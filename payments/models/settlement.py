"""What the acquirer says it has paid, stored before it is believed, and how it compares with our books."""

from django.db import models
from django.db.models import Q

from payments.enums import LineKind, MatchOutcome, SettlementFileStatus
from payments.models.chargeback import Chargeback
from payments.models.payment import Payment
from payments.models.refund import Refund


class SettlementFile(models.Model):
    """A file exactly as it came, once per content."""

    sha256 = models.CharField(max_length=64, unique=True)
    gateway = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    content = models.TextField()
    status = models.CharField(max_length=10, choices=SettlementFileStatus)
    problem = models.CharField(max_length=200, blank=True)
    livemode = models.BooleanField(null=True)
    settlement_date = models.DateField(null=True)
    lines = models.PositiveIntegerField(default=0)
    net_minor = models.BigIntegerField(default=0)
    received_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-received_at"], name="settlement_file_newest_first"),
            models.Index(fields=["name"], name="settlement_file_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class SettlementMatch(models.Model):
    """One line of a file, or one item of ours that no file holds (`file` is null, MISSING).

    A MISSING item is resolved by the later line that brings it; the others by a person.
    """

    file = models.ForeignKey(SettlementFile, on_delete=models.PROTECT, related_name="matches", null=True)
    line_number = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=9, choices=MatchOutcome)
    kind = models.CharField(max_length=17, choices=LineKind)
    livemode = models.BooleanField()
    reference = models.CharField(max_length=40)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="settlement_matches")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="settlement_matches")
    chargeback = models.ForeignKey(Chargeback, on_delete=models.PROTECT, null=True, related_name="settlement_matches")
    expected_minor = models.BigIntegerField(null=True)
    stated_minor = models.BigIntegerField(null=True)
    late = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["outcome", "-id"], name="settlement_match_open", condition=Q(resolved_at__isnull=True)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["file", "line_number"], name="settlement_line_is_matched_once"),
            models.UniqueConstraint(
                fields=["reference", "kind"],
                condition=Q(outcome=MatchOutcome.MISSING),
                name="item_is_reported_missing_once",
            ),
            models.UniqueConstraint(
                fields=["reference", "kind"],
                condition=Q(outcome=MatchOutcome.MATCHED),
                name="item_is_settled_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome=MatchOutcome.MISSING, file__isnull=True)
                | (~Q(outcome=MatchOutcome.MISSING) & Q(file__isnull=False)),
                name="missing_item_has_no_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reference}"
