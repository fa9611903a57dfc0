"""The documented words of an escrow, and our own for what it is made of."""

from django.db.models import TextChoices


class EscrowStatus(TextChoices):
    CREATED = "CREATED"
    FUNDED = "FUNDED"
    LOCKED = "LOCKED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"


class Rail(TextChoices):
    """How the money came in: it decides how long it may still be taken back."""

    CARD = "CARD"
    BANK = "BANK"
    ACH = "ACH"


class LockReason(TextChoices):
    """Why money that is there does not move. The first two are about time, the others are a person's or a check's."""

    TIME_LOCK = "TIME_LOCK"
    APPROVALS = "APPROVALS"
    COMPLIANCE = "COMPLIANCE"
    FRAUD = "FRAUD"
    RECONCILIATION = "RECONCILIATION"


HOLDS = frozenset({LockReason.COMPLIANCE, LockReason.FRAUD, LockReason.RECONCILIATION})
"""Locks that stop refunds too; the others only mean that a release waits."""


class TermsState(TextChoices):
    PROPOSED = "PROPOSED"
    AGREED = "AGREED"
    SUPERSEDED = "SUPERSEDED"
    REJECTED = "REJECTED"
    LAPSED = "LAPSED"


class ConditionType(TextChoices):
    SERVICE_COMPLETION = "SERVICE_COMPLETION"
    TIME_ELAPSED = "TIME_ELAPSED"
    MANUAL_APPROVAL = "MANUAL_APPROVAL"
    MILESTONE_REACHED = "MILESTONE_REACHED"


class ConditionState(TextChoices):
    OPEN = "OPEN"
    MET = "MET"
    LAPSED = "LAPSED"


class PartState(TextChoices):
    HELD = "HELD"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    DIVIDED = "DIVIDED"


class MovementKind(TextChoices):
    """How a part ended: to the payee, back to the payer, or taken by the network that brought it."""

    RELEASE = "RELEASE"
    REFUND = "REFUND"
    TAKEN_BACK = "TAKEN_BACK"


class TimerKind(TextChoices):
    FUNDING_EXPIRY = "FUNDING_EXPIRY"
    CONDITION_TIMEOUT = "CONDITION_TIMEOUT"
    INSPECTION_END = "INSPECTION_END"
    TIME_LOCK_END = "TIME_LOCK_END"
    AUTO_RELEASE = "AUTO_RELEASE"
    AUTO_REFUND = "AUTO_REFUND"
    WARNING = "WARNING"
    APPROVAL_TIMEOUT = "APPROVAL_TIMEOUT"
    AMENDMENT_EXPIRY = "AMENDMENT_EXPIRY"
    DISPUTE_WINDOW_END = "DISPUTE_WINDOW_END"
    EVIDENCE_DUE = "EVIDENCE_DUE"
    AUTO_RESOLUTION = "AUTO_RESOLUTION"
    RESERVE_END = "RESERVE_END"


STILLED = frozenset({TimerKind.AUTO_RELEASE, TimerKind.AUTO_REFUND, TimerKind.TIME_LOCK_END, TimerKind.WARNING})
"""Timers that wait, overdue or not, as long as a hold or a dispute is open."""


class TimerState(TextChoices):
    PENDING = "PENDING"
    FIRED = "FIRED"
    STOPPED = "STOPPED"


class Side(TextChoices):
    PAYER = "PAYER"
    PAYEE = "PAYEE"
