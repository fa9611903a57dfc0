"""Words of ACH transfers, payouts and account verification. `TransferStatus` is the documented API vocabulary."""

from django.db.models import TextChoices


class TransferType(TextChoices):
    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


class Purpose(TextChoices):
    TRANSFER = "TRANSFER", "Asked for by a client"
    PAYOUT = "PAYOUT", "Payout of a balance"


class TransferState(TextChoices):
    PENDING_APPROVAL = "PENDING_APPROVAL", "Waits for signatures"
    PENDING_REVIEW = "PENDING_REVIEW", "Waits for a person's judgement"
    SUBMITTED = "SUBMITTED", "Waits for its cutoff or its file"
    PROCESSING = "PROCESSING", "Sent to the bank"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged by the bank"
    COMPLETED = "COMPLETED", "Settled"
    RETURNED = "RETURNED", "Returned"
    FAILED = "FAILED", "Refused"
    CANCELLED = "CANCELLED", "Cancelled before it left"
    REQUIRES_ATTENTION = "REQUIRES_ATTENTION", "Cannot go on without a person"


class TransferStatus(TextChoices):
    SUBMITTED = "SUBMITTED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"


class VerificationMethod(TextChoices):
    PRENOTE = "PRENOTE", "Prenote"
    MICRO_ENTRIES = "MICRO_ENTRIES", "Micro-entries"
    TRUSTED_SOURCE = "TRUSTED_SOURCE", "Trusted source"


class VerificationState(TextChoices):
    PENDING = "PENDING", "Under way"
    VERIFIED = "VERIFIED", "Verified"
    FAILED = "FAILED", "Failed"
    EXPIRED = "EXPIRED", "Not confirmed in time"


class Trigger(TextChoices):
    ON_DEMAND = "ON_DEMAND", "Asked for"
    SCHEDULED = "SCHEDULED", "By its schedule"


class ScheduleState(TextChoices):
    """Of a payout schedule. STOPPED pays when somebody asks, PAUSED not even then."""

    ACTIVE = "ACTIVE", "Active"
    STOPPED = "STOPPED", "Stopped"
    PAUSED = "PAUSED", "Paused"


class Interval(TextChoices):
    DAILY = "DAILY", "Every banking day"
    WEEKLY = "WEEKLY", "Every week"
    MONTHLY = "MONTHLY", "Every month"
