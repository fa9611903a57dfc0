"""An ACH transfer as asked for, and what of each of its entries is in the ledger."""

from django.db import models
from django.db.models import F, Q

from ach.enums import Direction, Priority
from payments.transfer_enums import Purpose, TransferState, TransferType

SENT = (TransferState.PROCESSING, TransferState.ACKNOWLEDGED, TransferState.COMPLETED, TransferState.RETURNED)


class Transfer(models.Model):
    """`payer` is whose balance pays a CREDIT or whose account a DEBIT takes from; `payee` the other side.

    A side without an account is a balance with us. `customer` is the person it is made for, as the request names it.
    `sec_asked` and `priority_asked` are what the client wrote; `sec` and `priority` what the entry bears. `caller` is
    whose limits it counts in: empty for payouts, which have their own. `risk_score` is 0 to 1000.
    """

    public_id = models.CharField(max_length=32, unique=True)
    livemode = models.BooleanField()
    purpose = models.CharField(max_length=8, choices=Purpose)
    type = models.CharField(max_length=6, choices=TransferType)
    state = models.CharField(max_length=18, choices=TransferState)
    state_why = models.CharField(max_length=200, blank=True, default="")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    priority_asked = models.CharField(max_length=8, choices=Priority)
    priority = models.CharField(max_length=8, choices=Priority)
    sec_asked = models.CharField(max_length=3, blank=True, default="")
    sec = models.CharField(max_length=3)
    description = models.CharField(max_length=80)
    company_description = models.CharField(max_length=10)
    requested_on = models.DateField(null=True)
    estimated_settlement = models.DateTimeField(null=True)
    customer = models.ForeignKey(
        "compliance.Party", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    payer = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    payee = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    from_account = models.ForeignKey(
        "compliance.BankAccount", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    to_account = models.ForeignKey(
        "compliance.BankAccount", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    escrow_id = models.CharField(max_length=32, blank=True, default="")
    metadata = models.JSONField(default=dict)
    assessment = models.ForeignKey(
        "fraud.Assessment", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    risk_score = models.PositiveSmallIntegerField(null=True)
    compliance_flags = models.JSONField(default=list)
    approval_id = models.CharField(max_length=40, blank=True, default="")
    failure_code = models.CharField(max_length=40, blank=True, default="")
    decline_reason = models.CharField(max_length=200, blank=True, default="")
    return_code = models.CharField(max_length=3, blank=True, default="")
    trace = models.CharField(max_length=15, blank=True, default="")
    caller = models.CharField(max_length=120, blank=True, default="")
    claim_id = models.BigIntegerField(null=True, unique=True)
    created_by = models.CharField(max_length=120)
    request_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="transfer_newest_first"),
            models.Index(fields=["livemode", "state", "-created_at", "-id"], name="transfer_by_state"),
            models.Index(fields=["payer", "-created_at", "-id"], name="transfer_by_payer"),
            models.Index(fields=["payee", "-created_at", "-id"], name="transfer_by_payee"),
            models.Index(
                fields=["customer", "-created_at", "-id"], condition=Q(customer__isnull=False), name="transfer_by_cust"
            ),
            models.Index(
                fields=["caller", "livemode", "-created_at"], condition=~Q(caller=""), name="transfer_for_limits"
            ),
            models.Index(
                fields=["from_account", "id"], condition=Q(from_account__isnull=False), name="transfer_from_account"
            ),
            models.Index(
                fields=["to_account", "id"], condition=Q(to_account__isnull=False), name="transfer_to_account"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="transfer_state_is_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="transfer_purpose_is_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transfer_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(type=TransferType.CREDIT, to_account__isnull=False)
                | Q(type=TransferType.DEBIT, from_account__isnull=False),
                name="transfer_has_its_account",
            ),
            models.CheckConstraint(
                condition=~Q(state=TransferState.FAILED) | ~Q(failure_code=""), name="failed_transfer_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state=TransferState.RETURNED) | ~Q(return_code=""), name="returned_transfer_has_a_code"
            ),
            models.CheckConstraint(condition=~Q(state__in=SENT) | ~Q(trace=""), name="sent_transfer_has_its_trace"),
            models.CheckConstraint(
                condition=Q(escrow_id="") | Q(type=TransferType.DEBIT), name="transfer_funds_an_escrow_by_a_debit"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Booking(models.Model):
    """What of one entry is in the ledger, by moment. The ledger's keys are `ach:<entry>:<verb>`.

    `account` is whose money a credit pays with and where that of a debit ends; `held_in` is where a debit waits until
    `release_at`, empty where it waits nowhere. `owner` answers for what comes back too late. `hold_id` is the ledger's
    reservation for a credit that has not left. `late_minor` came back after the release: it is owed.
    """

    entry = models.OneToOneField("ach.Entry", on_delete=models.PROTECT, related_name="+")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="bookings", null=True)
    livemode = models.BooleanField()
    direction = models.CharField(max_length=6, choices=Direction)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    owner = models.CharField(max_length=64, blank=True, default="")
    account = models.CharField(max_length=90)
    held_in = models.CharField(max_length=90, blank=True, default="")
    hold_id = models.CharField(max_length=40, blank=True, default="")
    voided_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    release_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_to = models.CharField(max_length=90, blank=True, default="")
    returned_at = models.DateTimeField(null=True)
    late_minor = models.BigIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["release_at", "id"],
                condition=Q(release_at__isnull=False, released_at__isnull=True),
                name="booking_to_release",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="booking_amount_is_positive"),
            models.CheckConstraint(condition=Q(voided_at=None) | Q(sent_at=None), name="booking_is_voided_or_sent"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False) | Q(settled_at=None, returned_at=None),
                name="booking_begins_by_sending",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, released_to="")
                | (Q(settled_at__isnull=False, direction=Direction.DEBIT) & ~Q(held_in="") & ~Q(released_to="")),
                name="booking_is_released_once_settled",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(returned_at__isnull=False), name="booking_undoes_a_return"
            ),
            models.CheckConstraint(
                condition=Q(late_minor=0)
                | Q(late_minor__gt=0, late_minor__lte=F("amount_minor"), returned_at__isnull=False),
                name="booking_is_late_by_what_came_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.amount_minor}"
