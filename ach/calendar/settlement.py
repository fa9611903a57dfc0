"""Which cutoff carries an entry, which effective entry date it bears, and when it settles.

Same day: the effective entry date is the day of the cutoff, and the window settles that afternoon. Standard: a debit
bears the banking day after its cutoff, a credit that or the one after. An entry that is wanted later is held back until
its date is within reach. What is not possible is never silently something else: a change carries code and sentence.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from ach.calendar.cutoffs import Cutoff, Cutoffs, Priority, next_cutoff, next_on
from ach.calendar.days import add_banking_days, is_banking_day, on_or_after
from ach.calendar.eastern import eastern, instant
from core.money import Money

_SEC = re.compile("[A-Z]{3}")


class Direction(StrEnum):
    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


class DowngradeCode(StrEnum):
    """Why an entry asked for the same day goes as standard."""

    NOT_OFFERED = "NOT_OFFERED"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    OVER_SAME_DAY_LIMIT = "OVER_SAME_DAY_LIMIT"
    NOT_A_BANKING_DAY = "NOT_A_BANKING_DAY"
    WINDOW_CLOSED = "WINDOW_CLOSED"


class DateCode(StrEnum):
    """Why the effective entry date is another than the one asked for."""

    STALE = "STALE"
    NOT_A_BANKING_DAY = "NOT_A_BANKING_DAY"
    TOO_SOON = "TOO_SOON"


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds at the time of the request; amounts in cents.

    `never_same_day` are SEC codes (IAT and ENR by the rules), `same_day_limit_minor` the largest same-day entry,
    `credit_banking_days` and `debit_banking_days` how long before its effective date an entry may be sent (2 and 1),
    `longest_ahead_days` how many calendar days ahead a date may be asked for, `standard_settles` the Eastern time at
    which standard entries settle (8:30 at the Federal Reserve). Raises ValueError naming the field.
    """

    cutoffs: Cutoffs
    same_day_limit_minor: int
    never_same_day: frozenset[str]
    credit_banking_days: int
    debit_banking_days: int
    longest_ahead_days: int
    standard_settles: time

    def __post_init__(self) -> None:
        for field in ("credit_banking_days", "debit_banking_days"):
            if getattr(self, field) < 1:
                raise ValueError(f"{field}: a standard entry is sent at least one banking day ahead")
        for field in ("same_day_limit_minor", "longest_ahead_days"):
            if getattr(self, field) < 0:
                raise ValueError(f"{field}: not negative")
        if self.standard_settles.tzinfo is not None:
            raise ValueError("standard_settles: a time of day is Eastern and carries no zone")

    def banking_days(self, direction: Direction) -> int:
        return self.credit_banking_days if direction is Direction.CREDIT else self.debit_banking_days


@dataclass(frozen=True, slots=True)
class Downgrade:
    code: DowngradeCode
    reason: str


@dataclass(frozen=True, slots=True)
class DateChange:
    code: DateCode
    reason: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """`cutoff` is the one that carries the entry, `settles_at` in UTC; `held_back` says that an earlier one was let
    pass for the date's sake. `date_change` is there exactly if a date was asked for and is not the effective one."""

    priority: Priority
    cutoff: Cutoff
    effective: date
    settles_at: datetime
    held_back: bool
    downgrade: Downgrade | None
    date_change: DateChange | None

    @property
    def send_on(self) -> date:
        """The banking day whose cutoff carries the entry."""
        return self.cutoff.day


@dataclass(frozen=True, slots=True)
class TooFarAhead:
    """The requested effective date is refused; `latest` is the last calendar day that may be asked for."""

    latest: date
    reason: str
    code: str = "EFFECTIVE_DATE_TOO_FAR_AHEAD"
    field: str = "requested_effective"


def settlement(
    now: datetime,
    priority: Priority,
    direction: Direction,
    amount_minor: int,
    requested_effective: date | None,
    sec: str,
    terms: Terms,
) -> Settlement | TooFarAhead:
    """How an entry asked for at `now` settles; an amount of 0 is a prenote.

    SAME_DAY without a date, or with one that has passed, means today; with a later date it means that date's first
    window. Where there is no such window the entry goes as standard, which can be later than same day on the next
    banking day would have been: who wants that asks for it by its date. Raises ValueError for a negative amount, a
    malformed SEC code, an unknown priority or direction, or a time without a zone; TypeError for a broken amount.
    """
    priority, direction = Priority(priority), Direction(direction)
    if Money(amount_minor) < Money(0):
        raise ValueError("amount_minor: not negative")
    # In small letters a code that is never same-day would pass as one that may be.
    if not _SEC.fullmatch(sec):
        raise ValueError("sec: three capital letters")
    today = eastern(now).date()
    latest = today + timedelta(days=terms.longest_ahead_days)
    if requested_effective is not None and requested_effective > latest:
        return TooFarAhead(latest, f"{requested_effective} is more than {terms.longest_ahead_days} days ahead")
    wanted = None if requested_effective is None or requested_effective < today else on_or_after(requested_effective)
    downgrade = None
    if priority is Priority.SAME_DAY:
        carried = _same_day(now, today, wanted, amount_minor, sec, terms)
        if isinstance(carried, Cutoff):
            assert carried.window is not None
            return _settled(now, carried, carried.day, carried.window.settles, None, requested_effective, terms)
        downgrade = carried
    cutoff, effective = _standard(now, wanted, terms.banking_days(direction), terms.cutoffs)
    return _settled(now, cutoff, effective, terms.standard_settles, downgrade, requested_effective, terms)


def _same_day(
    now: datetime, today: date, wanted: date | None, amount_minor: int, sec: str, terms: Terms
) -> Cutoff | Downgrade:
    """The window that carries it. What the entry is comes before when it was asked for: that would stay so tomorrow."""
    day = wanted or today
    if not terms.cutoffs.same_day:
        return Downgrade(DowngradeCode.NOT_OFFERED, "the bank offers no same-day window")
    if sec in terms.never_same_day:
        return Downgrade(DowngradeCode.NOT_ELIGIBLE, f"{sec} entries never settle on the same day")
    if amount_minor > terms.same_day_limit_minor:
        amount, limit = Money(amount_minor), Money(terms.same_day_limit_minor)
        return Downgrade(DowngradeCode.OVER_SAME_DAY_LIMIT, f"{amount} is above the same-day limit of {limit}")
    if not is_banking_day(day):
        return Downgrade(DowngradeCode.NOT_A_BANKING_DAY, f"{day} is not a banking day")
    reason = f"the last same-day cutoff of {day} has passed"
    return next_on(day, now, Priority.SAME_DAY, terms.cutoffs) or Downgrade(DowngradeCode.WINDOW_CLOSED, reason)


def _standard(now: datetime, wanted: date | None, most_ahead: int, cutoffs: Cutoffs) -> tuple[Cutoff, date]:
    """Cutoff and effective date. It is sent as early as its date allows, so that a failed file can be sent again."""
    cutoff = next_cutoff(now, Priority.STANDARD, cutoffs)
    earliest = add_banking_days(cutoff.day, 1)
    if wanted is None or wanted <= earliest:
        return cutoff, earliest
    send_on = add_banking_days(wanted, -most_ahead)
    if send_on <= cutoff.day:
        return cutoff, wanted
    held = next_on(send_on, cutoff.at, Priority.STANDARD, cutoffs)
    assert held is not None  # no banking day is without a standard deadline
    return held, wanted


def _settled(
    now: datetime,
    cutoff: Cutoff,
    effective: date,
    settles: time,
    downgrade: Downgrade | None,
    requested: date | None,
    terms: Terms,
) -> Settlement:
    return Settlement(
        priority=cutoff.priority,
        cutoff=cutoff,
        effective=effective,
        settles_at=instant(effective, settles),
        held_back=cutoff != next_cutoff(now, cutoff.priority, terms.cutoffs),
        downgrade=downgrade,
        date_change=_date_change(requested, effective, eastern(now).date()),
    )


def _date_change(requested: date | None, effective: date, today: date) -> DateChange | None:
    if requested is None or requested == effective:
        return None
    if requested < today:
        return DateChange(DateCode.STALE, f"{requested} has passed; {effective} is the next possible date")
    if on_or_after(requested) == effective:
        return DateChange(DateCode.NOT_A_BANKING_DAY, f"{requested} is not a banking day; {effective} is the next")
    return DateChange(DateCode.TOO_SOON, f"{requested} can no longer be reached; {effective} is the next possible date")
