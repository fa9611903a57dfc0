"""A cutoff, and the files that leave at it."""

from django.db import models
from django.db.models import F, Q

from ach.enums import Carries, CutoffState, DeliveryStage, FileState

AT_HOME = (FileState.PLANNED, FileState.BUILT, FileState.UNSIGNED, FileState.READY)
ON_ITS_WAY = (FileState.DELIVERED, FileState.ACKNOWLEDGED, FileState.REJECTED)


class Cutoff(models.Model):
    """One moment at which an originator's entries leave. `pending` counts what was due, `parked` what could not go.

    `note` says what is unusual: that it ran late, and which dates moved.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=CutoffState, default=CutoffState.CLAIMED)
    pending = models.PositiveIntegerField(default=0)
    parked = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["originator", "at"], name="ach_cutoff_is_once"),
            models.CheckConstraint(condition=Q(state__in=CutoffState.values), name="ach_cutoff_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["livemode", "-at", "-id"], name="ach_cutoff_newest_first"),
            models.Index(fields=["livemode", "state", "-at", "-id"], name="ach_cutoff_by_state"),
            models.Index(fields=["at", "id"], condition=~Q(state=CutoffState.DONE), name="ach_cutoff_open"),
        ]

    def __str__(self) -> str:
        return self.public_id


class File(models.Model):
    """What goes to the bank: entries or replies. `content` is sealed; `sha256` is of the plain bytes.

    One file a cutoff unless it must be split or is rebuilt: then `replaces` names the withdrawn one and `modifier`
    differs. `created_on`, `created_time` (Eastern) and `modifier` are its header, which a bank knows duplicates by.
    Totals are of the records as written; while it is PLANNED they are of the entries assigned so far. `first_trace` is
    the seven digits of its first entry. `stage` is how far a try to deliver it has come (`ach.services.delivery`).
    `by_hand` was carried by a person, who is named, and another one confirmed it.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    cutoff = models.ForeignKey("ach.Cutoff", on_delete=models.PROTECT, related_name="files", db_index=False)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, related_name="replaced_by", null=True)
    carries = models.CharField(max_length=7, choices=Carries, default=Carries.ENTRIES, db_default=Carries.ENTRIES)
    name = models.CharField(max_length=120)
    created_on = models.DateField()
    created_time = models.CharField(max_length=4)
    modifier = models.CharField(max_length=1)
    state = models.CharField(max_length=12, choices=FileState, default=FileState.PLANNED)
    state_why = models.CharField(max_length=300, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    batches = models.PositiveIntegerField(default=0)
    entry_count = models.PositiveIntegerField(default=0)
    addenda_count = models.PositiveIntegerField(default=0)
    debit_minor = models.BigIntegerField(default=0)
    credit_minor = models.BigIntegerField(default=0)
    entry_hash = models.CharField(max_length=10, blank=True, default="")
    lines = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    content = models.BinaryField(default=b"")
    approval_id = models.CharField(max_length=40, blank=True, default="")
    tries = models.PositiveIntegerField(default=0)
    remote_name = models.CharField(max_length=300, blank=True, default="")
    stage = models.CharField(max_length=8, choices=DeliveryStage, blank=True, default="", db_default="")
    next_try_at = models.DateTimeField(null=True)
    first_trace = models.PositiveIntegerField(null=True)
    by_hand = models.CharField(max_length=120, blank=True, default="")
    confirmed_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    built_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["originator", "created_on", "created_time", "modifier"], name="ach_file_header_is_unique"
            ),
            models.UniqueConstraint(
                fields=["originator", "sha256"],
                condition=Q(state__in=(*ON_ITS_WAY, FileState.READY, FileState.UNSIGNED)),
                name="ach_file_goes_out_once",
            ),
            models.CheckConstraint(condition=Q(state__in=FileState.values), name="ach_file_state_is_known"),
            models.CheckConstraint(condition=Q(carries__in=Carries.values), name="ach_file_carries_what_is_known"),
            models.CheckConstraint(
                condition=Q(state=FileState.PLANNED, built_at=None, sha256="")
                | Q(state=FileState.WITHDRAWN)
                | (~Q(state__in=(FileState.PLANNED, FileState.WITHDRAWN)) & Q(built_at__isnull=False) & ~Q(sha256="")),
                name="ach_file_is_written_before_it_moves",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by="") | (~Q(by_hand="") & ~Q(by_hand=F("confirmed_by"))),
                name="ach_file_by_hand_is_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ON_ITS_WAY, delivered_at__isnull=False)
                | ~Q(state__in=ON_ITS_WAY) & Q(delivered_at=None),
                name="ach_file_is_delivered_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="ach_file_newest_first"),
            models.Index(fields=["livemode", "state", "-created_at", "-id"], name="ach_file_by_state"),
            models.Index(fields=["originator", "id"], condition=Q(state__in=AT_HOME), name="ach_file_at_home"),
            models.Index(fields=["cutoff", "id"], name="ach_file_by_cutoff"),
            models.Index(
                fields=["delivered_at", "id"], condition=Q(state=FileState.DELIVERED), name="ach_file_unacknowledged"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Batch(models.Model):
    """One batch of a file: entries of one SEC code, description and effective day, and its totals as written."""

    file = models.ForeignKey("ach.File", on_delete=models.PROTECT, related_name="batch_rows", db_index=False)
    number = models.PositiveIntegerField()
    sec = models.CharField(max_length=3)
    description = models.CharField(max_length=10)
    descriptive_date = models.CharField(max_length=6, blank=True, default="")
    effective_on = models.DateField()
    service_class = models.CharField(max_length=3)
    entry_count = models.PositiveIntegerField(default=0)
    addenda_count = models.PositiveIntegerField(default=0)
    debit_minor = models.BigIntegerField(default=0)
    credit_minor = models.BigIntegerField(default=0)
    entry_hash = models.CharField(max_length=10, blank=True, default="")
    first_line = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="ach_batch_has_its_own_number")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"
