"""Until when an ACH entry can come back, be taken back, corrected or sent again. Sources: the Nacha Operating Rules.

Dates are Eastern, instants UTC. Where a period of calendar days ends on a day without banking, what has to be sent
in it is due on the banking day before, and what may still arrive is waited for until the banking day after.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from ach.calendar.days import add_banking_days, next_banking_day, on_or_after, on_or_before, require_banking_day
from ach.calendar.eastern import eastern, instant, midnight_after
from ach.calendar.settlement import Direction


class ReturnKind(StrEnum):
    """The two time frames for returns, as the return reason codes name them."""

    ORDINARY = "2 BD"
    EXTENDED = "60 CD"


@dataclass(frozen=True, slots=True)
class Periods:
    """The rules' periods, with what they are today in brackets.

    `opens` is the opening of business in Eastern time; `corporate` the SEC codes whose debits are not open to the
    extended return (CCD, CTX). Raises ValueError naming the field for a period below one.
    """

    opens: time
    corporate: frozenset[str]
    return_banking_days: int  # (2)
    extended_return_days: int  # (60)
    change_banking_days: int  # (6)
    change_refusal_days: int  # (15)
    dishonor_banking_days: int  # (5)
    contest_banking_days: int  # (2)
    reversal_banking_days: int  # (5)
    reversal_hours: int  # (24)
    reinitiation_days: int  # (180)
    prenote_banking_days: int  # (3)
    rate_days: int  # (60)

    def __post_init__(self) -> None:
        for field in self.__dataclass_fields__:
            value = getattr(self, field)
            if isinstance(value, int) and value < 1:
                raise ValueError(f"{field}: at least 1, not {value}")
        if self.opens.tzinfo is not None:
            raise ValueError("opens: a time of day is Eastern and carries no zone")


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days, both ends included."""

    first: date
    last: date


def return_deadline(settled_on: date, kind: ReturnKind, periods: Periods) -> datetime:
    """The latest instant at which a return reaches us in time; at that very instant it is.

    2 BD: the opening of the second banking day after settlement. 60 CD: the opening of the banking day that follows the
    sixtieth calendar day. Raises ValueError where nothing can have settled on that day.
    """
    require_banking_day("settled_on", settled_on)
    if ReturnKind(kind) is ReturnKind.ORDINARY:
        return instant(add_banking_days(settled_on, periods.return_banking_days), periods.opens)
    sixtieth = settled_on + timedelta(days=periods.extended_return_days)
    return instant(next_banking_day(sixtieth), periods.opens)


def final_at(sec: str, direction: Direction, settled_on: date, periods: Periods) -> datetime:
    """When returns of an entry are over, as far as the rules' time frames go.

    Debits wait for the extended return unless their SEC code is known to be corporate. All the same there may come
    later: a corporate debit that hit a consumer's account (R05), a credit that its receiver refuses (R23), a claim for
    breach of warranty. Those are losses to reserve for, not reasons to hold money for ever.
    """
    debit = Direction(direction) is Direction.DEBIT
    kind = ReturnKind.EXTENDED if debit and sec not in periods.corporate else ReturnKind.ORDINARY
    return return_deadline(settled_on, kind, periods)


def change_due(received_on: date, periods: Periods) -> date:
    """The last day to apply a notification of change: the sixth banking day after it was received.

    The rules let it wait for the next entry where that is later; earlier is always right.
    """
    return add_banking_days(received_on, periods.change_banking_days)


def change_refusal_due(received_on: date, periods: Periods) -> date:
    """The last banking day within fifteen calendar days: from then on a wrong notification stands."""
    return on_or_before(received_on + timedelta(days=periods.change_refusal_days))


def dishonor_due(return_settled_on: date, periods: Periods) -> date:
    """The last day to dishonor a return (R61 to R70)."""
    require_banking_day("return_settled_on", return_settled_on)
    return add_banking_days(return_settled_on, periods.dishonor_banking_days)


def contest_due(dishonor_settled_on: date, periods: Periods) -> date:
    """The last day on which the receiving bank contests a dishonored return (R71 to R77)."""
    require_banking_day("dishonor_settled_on", dishonor_settled_on)
    return add_banking_days(dishonor_settled_on, periods.contest_banking_days)


def reversal_deadline(settled_on: date, discovered_at: datetime, periods: Periods) -> datetime:
    """A reversal has to be sent before this: within five banking days of settlement and 24 hours of the discovery.

    It may have passed when the error is discovered. A reversal needs a cutoff that comes before it.
    """
    require_banking_day("settled_on", settled_on)
    last_day = add_banking_days(settled_on, periods.reversal_banking_days)
    # In UTC, an hour is an hour on the days when the clocks change too.
    discovered = eastern(discovered_at).astimezone(UTC)
    return min(midnight_after(last_day), discovered + timedelta(hours=periods.reversal_hours))


def reinitiation_until(settled_on: date, periods: Periods) -> date:
    """The last banking day on which a returned entry is sent again: within 180 days of its original settlement."""
    require_banking_day("settled_on", settled_on)
    return on_or_before(settled_on + timedelta(days=periods.reinitiation_days))


def live_from(prenote_settled_on: date, periods: Periods) -> date:
    """The first day to send live entries after a prenote that nothing came back of: the third banking day."""
    require_banking_day("prenote_settled_on", prenote_settled_on)
    return add_banking_days(prenote_settled_on, periods.prenote_banking_days)


def hold_until(now: datetime, banking_days: int, periods: Periods) -> datetime:
    """When money that came at `now` is free: the opening of the n-th banking day after it; `now` itself for 0.

    What comes on a day without banking comes on the next banking day. Raises ValueError for a negative number.
    """
    if banking_days < 0:
        raise ValueError("banking_days: not negative")
    local = eastern(now)
    if banking_days == 0:
        return local.astimezone(UTC)
    return instant(add_banking_days(on_or_after(local.date()), banking_days), periods.opens)


def rate_window(on: date, periods: Periods) -> Days:
    """The days whose entries and returns make the return rates of that day: the sixty before it."""
    return Days(on - timedelta(days=periods.rate_days), on - timedelta(days=1))
