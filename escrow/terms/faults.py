"""What is unsafe about terms, and where."""

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """What a fault is, for programs; the message says it for people."""

    NOT_POSITIVE = "NOT_POSITIVE"
    DUPLICATE_CONDITION = "DUPLICATE_CONDITION"
    TOO_MANY_CONDITIONS = "TOO_MANY_CONDITIONS"
    HOURS_NEEDED = "HOURS_NEEDED"
    TIME_CANNOT_LAPSE = "TIME_CANNOT_LAPSE"
    NEGATIVE = "NEGATIVE"
    TOO_MANY_SIGNATURES = "TOO_MANY_SIGNATURES"
    NO_SIGNATURES = "NO_SIGNATURES"
    QUORUM_TOO_LARGE = "QUORUM_TOO_LARGE"
    SHARE_TWICE = "SHARE_TWICE"
    SHARES_MIXED = "SHARES_MIXED"
    SHARE_MISSING = "SHARE_MISSING"
    SHARES_DO_NOT_SUM = "SHARES_DO_NOT_SUM"
    SHARE_TOO_SMALL = "SHARE_TOO_SMALL"
    SHARES_NEED_PARTIAL_RELEASE = "SHARES_NEED_PARTIAL_RELEASE"
    SHARES_NEED_ALL_CONDITIONS = "SHARES_NEED_ALL_CONDITIONS"
    RELEASE_UNREACHABLE = "RELEASE_UNREACHABLE"
    CONDITION_AFTER_REFUND = "CONDITION_AFTER_REFUND"
    AUTO_RELEASE_NEVER_FIRES = "AUTO_RELEASE_NEVER_FIRES"
    AUTO_REFUND_NEVER_FIRES = "AUTO_REFUND_NEVER_FIRES"
    NO_AUTOMATIC_END = "NO_AUTOMATIC_END"
    NOTHING_ENDS_IT = "NOTHING_ENDS_IT"
    DISPUTE_WINDOW_TOO_LONG = "DISPUTE_WINDOW_TOO_LONG"
    INSPECTION_WITHOUT_DISPUTE = "INSPECTION_WITHOUT_DISPUTE"
    WARNING_TOO_EARLY = "WARNING_TOO_EARLY"
    WARNING_TWICE = "WARNING_TWICE"
    HOLD_TOO_LONG = "HOLD_TOO_LONG"


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is a JSON pointer into the wire document."""

    path: str
    code: FaultCode
    message: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the house allows. 17,520 hours are two years, the longest a US marketplace may hold money."""

    longest_hold_hours: int = 17_520
    most_conditions: int = 50
    most_signatures: int = 5
