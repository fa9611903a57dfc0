"""Words of statements, runs and breaks, as they stand in the database."""

from django.db.models import TextChoices


class FileState(TextChoices):
    STORED = "STORED"
    READ = "READ"
    UNREADABLE = "UNREADABLE"


class MatchRule(TextChoices):
    """Why a line and an entry are the same money."""

    REFERENCE = "REFERENCE", "Same reference and amount"
    RAIL = "RAIL", "The ACH entries of a file, a batch, a return or a day together"
    DAY = "DAY", "The settlements of a day together"
    AMOUNT = "AMOUNT", "The only two of this amount"
    WRITE_OFF = "WRITE_OFF", "Written off"


class RunOrigin(TextChoices):
    NIGHTLY = "NIGHTLY"
    COMMAND = "COMMAND"
    PAGE = "PAGE"
    API = "API"


class RunState(TextChoices):
    """CLEAN and BROKEN are answers; FAILED means that there is none."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    CLEAN = "CLEAN"
    BROKEN = "BROKEN"
    FAILED = "FAILED"


UNFINISHED = [RunState.WAITING, RunState.RUNNING]


class BreakState(TextChoices):
    """CLEARED: a later run did not find it any more. WRITTEN_OFF: two people said that it stays."""

    OPEN = "OPEN"
    CLEARED = "CLEARED"
    WRITTEN_OFF = "WRITTEN_OFF"
