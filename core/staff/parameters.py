"""How long a person may be away, how often they may be wrong. PCI DSS 4.0.1 sets the outer limits.

`read_*` below never returns a value weaker than the standard, whatever a row says.
"""

from datetime import datetime, timedelta

from core.parameters import services as parameters

parameters.declare(
    "staff.idle_lock_minutes",
    15,
    unit="minutes",
    meaning="without activity before a person signs in again (at most 15)",
)
parameters.declare(
    "staff.absolute_limit_hours",
    12,
    unit="hours",
    meaning="after which a person signs in again however busy (at most 12)",
)
parameters.declare(
    "staff.sign_in_attempts",
    10,
    unit="attempts",
    meaning="failed passwords and codes before an account locks (at most 10)",
)
parameters.declare("staff.lockout_minutes", 30, unit="minutes", meaning="a locked account stays locked (at least 30)")
parameters.declare(
    "staff.origin_attempts",
    100,
    unit="attempts",
    meaning="failed sign-ins from one network address in the lockout time",
)
parameters.declare(
    "staff.inactive_days", 90, unit="days", meaning="without a sign-in before an account is closed (at most 90)"
)
parameters.declare(
    "staff.dormant_warning_days",
    14,
    unit="days",
    meaning="before an unused account is closed the people page says so",
    maximum=90,
)
parameters.declare(
    "staff.step_up_minutes",
    10,
    unit="minutes",
    meaning="a second factor given opens pages that ask for one again (at most 15)",
)
parameters.declare(
    "staff.view_noted_minutes",
    5,
    unit="minutes",
    meaning="in which looking at one thing again is one view in the access log (at most 15)",
)
parameters.declare(
    "staff.few_recovery_codes",
    3,
    unit="codes",
    meaning="left, or fewer: the console asks the person to make new ones",
    maximum=10,
)


def idle_lock(at: datetime) -> timedelta:
    return timedelta(minutes=min(15, parameters.read("staff.idle_lock_minutes", at=at)))


def absolute_limit(at: datetime) -> timedelta:
    return timedelta(hours=min(12, parameters.read("staff.absolute_limit_hours", at=at)))


def sign_in_attempts(at: datetime) -> int:
    return min(10, int(parameters.read("staff.sign_in_attempts", at=at)))


def lockout(at: datetime) -> timedelta:
    return timedelta(minutes=max(30, parameters.read("staff.lockout_minutes", at=at)))


def origin_attempts(at: datetime) -> int:
    return int(parameters.read("staff.origin_attempts", at=at))


def inactivity_limit(at: datetime) -> timedelta:
    return timedelta(days=min(90, parameters.read("staff.inactive_days", at=at)))


def dormant_warning(at: datetime) -> timedelta:
    return timedelta(days=parameters.read("staff.dormant_warning_days", at=at))


def step_up_lasts(at: datetime) -> timedelta:
    return timedelta(minutes=min(15, parameters.read("staff.step_up_minutes", at=at)))


def view_noted(at: datetime) -> timedelta:
    return timedelta(minutes=min(15, parameters.read("staff.view_noted_minutes", at=at)))


def few_recovery_codes(at: datetime) -> int:
    return int(parameters.read("staff.few_recovery_codes", at=at))
