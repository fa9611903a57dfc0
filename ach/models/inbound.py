"""What the bank sends: stored with its hash before anybody reads it."""

from django.db import models
from django.db.models import Q

from ach.enums import ChangeState, InboundKind, InboundState, ItemKind, ItemState


class InboundFile(models.Model):
    """A file as it came. `content` is sealed, `sha256` of the plain bytes: the same content again is a DUPLICATE row
    that points at the first. `warnings` are what the inbound reader had to forgive."""

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=15, choices=InboundKind)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField()
    state = models.CharField(max_length=10, choices=InboundState, default=InboundState.STORED)
    problem = models.CharField(max_length=300, blank=True, default="")
    warnings = models.JSONField(default=list)
    first = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    item_count = models.PositiveIntegerField(default=0)
    debit_minor = models.BigIntegerField(default=0)
    credit_minor = models.BigIntegerField(default=0)
    received_by = models.CharField(max_length=120)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["originator", "sha256"],
                condition=~Q(state=InboundState.DUPLICATE),
                name="ach_inbound_content_is_taken_once",
            ),
            models.CheckConstraint(condition=Q(state__in=InboundState.values), name="ach_inbound_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=InboundState.DUPLICATE, first__isnull=False)
                | ~Q(state=InboundState.DUPLICATE) & Q(first=None),
                name="ach_inbound_duplicate_names_the_first",
            ),
            models.CheckConstraint(
                condition=~Q(state=InboundState.UNREADABLE) | ~Q(problem=""),
                name="ach_inbound_says_why_it_is_unreadable",
            ),
        ]
        indexes = [models.Index(fields=["livemode", "-received_at", "-id"], name="ach_inbound_newest_first")]

    def __str__(self) -> str:
        return self.public_id


class InboundItem(models.Model):
    """One record 6 with its addenda 98 or 99. `company_id` is stripped; `detail` is the addenda information.

    `description` is that of its batch; `dishonored_trace` what a contested dishonor answers.

    Corrected data of a change may hold an account number: `sealed`, never in `detail`.
    """

    public_id = models.CharField(max_length=40, unique=True)
    file = models.ForeignKey("ach.InboundFile", on_delete=models.PROTECT, related_name="items", db_index=False)
    line = models.PositiveIntegerField()
    kind = models.CharField(max_length=14, choices=ItemKind)
    code = models.CharField(max_length=3, blank=True, default="")
    sec = models.CharField(max_length=3)
    transaction_code = models.CharField(max_length=2)
    amount_minor = models.BigIntegerField()
    original_trace = models.CharField(max_length=15, blank=True, default="")
    original_rdfi = models.CharField(max_length=8, blank=True, default="")
    company_id = models.CharField(max_length=10, blank=True, default="")
    trace = models.CharField(max_length=15, blank=True, default="")
    settles_on = models.DateField(null=True)
    date_of_death = models.DateField(null=True)
    detail = models.CharField(max_length=60, blank=True, default="")
    description = models.CharField(max_length=10, blank=True, default="", db_default="")
    dishonored_trace = models.CharField(max_length=15, blank=True, default="", db_default="")
    sealed = models.BinaryField(default=b"")
    entry = models.ForeignKey("ach.Entry", on_delete=models.PROTECT, related_name="items", null=True)
    matched_by = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(max_length=8, choices=ItemState, default=ItemState.READ)
    state_why = models.CharField(max_length=200, blank=True, default="")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "line"], name="ach_item_has_its_own_line"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="ach_item_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="ach_item_kind_is_known"),
            models.CheckConstraint(
                condition=~Q(state=ItemState.APPLIED) | Q(entry__isnull=False, applied_at__isnull=False),
                name="ach_item_applies_to_an_entry",
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(kind=ItemKind.RETURN, state__in=(ItemState.APPLIED, ItemState.RESOLVED)),
                name="ach_entry_is_returned_once",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], condition=~Q(state=ItemState.APPLIED), name="ach_item_unapplied"),
            models.Index(fields=["original_trace", "id"], name="ach_item_by_trace"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Change(models.Model):
    """A correction the bank asks for (NOC), with its clock. `before` and `after` are as people read them: masked.

    `account` is the one that is wrong. `successor_id` will be the corrected row: its number is sealed for that id
    before anybody signs, so that applying it asks no key service. `mark` is the same for the same corrected data.
    """

    public_id = models.CharField(max_length=40, unique=True)
    item = models.OneToOneField("ach.InboundItem", on_delete=models.PROTECT, related_name="change")
    account = models.ForeignKey("compliance.BankAccount", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=3)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    refusable_until = models.DateTimeField()
    state = models.CharField(max_length=7, choices=ChangeState, default=ChangeState.OPEN)
    approval_id = models.CharField(max_length=40, blank=True, default="")
    mark = models.CharField(max_length=16)
    successor_id = models.CharField(max_length=40, blank=True, default="")
    successor_last4 = models.CharField(max_length=4, blank=True, default="")
    successor_sealed = models.BinaryField(default=b"")
    successor_fingerprint = models.CharField(max_length=64, blank=True, default="")
    alarmed_at = models.DateTimeField(null=True)
    refusal_code = models.CharField(max_length=3, blank=True, default="")
    replaced_by = models.ForeignKey("compliance.BankAccount", on_delete=models.PROTECT, related_name="+", null=True)
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="ach_change_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=(ChangeState.OPEN, ChangeState.ASKED), ended_at=None)
                | Q(state__in=(ChangeState.APPLIED, ChangeState.REFUSED, ChangeState.NOTED), ended_at__isnull=False),
                name="ach_change_ends_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state=ChangeState.REFUSED) & ~Q(refusal_code="")
                | ~Q(state=ChangeState.REFUSED) & Q(refusal_code=""),
                name="ach_change_is_refused_with_a_code",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=(ChangeState.OPEN, ChangeState.ASKED)),
                name="ach_change_by_due",
            ),
            models.Index(
                fields=["account", "id"],
                condition=Q(state__in=(ChangeState.OPEN, ChangeState.ASKED)),
                name="ach_change_open_by_account",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
