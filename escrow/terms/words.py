"""The words of terms, as they travel and are stored."""

from enum import StrEnum


class ConditionType(StrEnum):
    SERVICE_COMPLETION = "SERVICE_COMPLETION"
    TIME_ELAPSED = "TIME_ELAPSED"
    MANUAL_APPROVAL = "MANUAL_APPROVAL"
    MILESTONE_REACHED = "MILESTONE_REACHED"


class OnTimeout(StrEnum):
    """What the hour of a condition does to it while it is still open."""

    LAPSE = "LAPSE"
    SATISFY = "SATISFY"


class Outcome(StrEnum):
    """How a dispute ends by itself."""

    REFUND = "REFUND"
    RELEASE = "RELEASE"


class State(StrEnum):
    """Of a condition. Only OPEN changes."""

    OPEN = "OPEN"
    MET = "MET"
    LAPSED = "LAPSED"


class TimerKind(StrEnum):
    CONDITION_TIMEOUT = "CONDITION_TIMEOUT"
    AUTO_RELEASE = "AUTO_RELEASE"
    AUTO_REFUND = "AUTO_REFUND"
    WARNING = "WARNING"
    DISPUTE_WINDOW_END = "DISPUTE_WINDOW_END"


class Act(StrEnum):
    """What comes next if nobody acts. ESCALATE: nothing does, a person has to."""

    FUND = "FUND"
    RELEASE = "RELEASE"
    REFUND = "REFUND"
    ASK_SIGNATURES = "ASK_SIGNATURES"
    WAIT_FOR_SIGNATURES = "WAIT_FOR_SIGNATURES"
    RESOLVE_DISPUTE = "RESOLVE_DISPUTE"
    ESCALATE = "ESCALATE"
    NONE = "NONE"
