"""Return rates: debits that came back, of the debits sent in the preceding sixty days (Nacha operating rules).

A return counts on the day its entry was sent, not on the day it came. Prenotes and credits do not count. The levels are
0.5 % unauthorized, 3 % administrative, 15 % overall; before one is reached, debits wait for a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar

from django.db import connection, transaction

from ach import dates
from ach.calendar import days, deadlines
from ach.calendar.eastern import eastern, instant, midnight_after
from ach.enums import RateLevel
from ach.events import RateLevelNear
from ach.models import Originator, RateAlert
from ach.nacha.reasons import REASONS, RateClass
from ach.parameters import number
from compliance.models import Party
from core.errors import Refusal
from core.outbox import services as outbox

_CODES = {
    level: sorted(code for code, reason in REASONS.items() if reason.rate is rate)
    for level, rate in (
        (RateLevel.UNAUTHORIZED, RateClass.UNAUTHORIZED), (RateLevel.ADMINISTRATIVE, RateClass.ADMINISTRATIVE),
    )
}  # fmt: skip
_WHOLE = 10_000
_COUNTED = """
SELECT {group}, count(*), count(*) FILTER (WHERE settles_on IS NULL OR settles_on > %(open_since)s),
       count(*) FILTER (WHERE return_code = ANY(%(unauthorized)s)),
       count(*) FILTER (WHERE return_code = ANY(%(administrative)s)),
       count(*) FILTER (WHERE return_code <> ''),
       count(*) FILTER (WHERE return_code = ANY(%(unauthorized)s) AND settles_on <= %(open_since)s),
       count(*) FILTER (WHERE return_code = ANY(%(administrative)s) AND settles_on <= %(open_since)s),
       count(*) FILTER (WHERE return_code <> '' AND settles_on <= %(open_since)s)
FROM ach_entry
WHERE {where} AND direction = 'DEBIT' AND sent_at >= %(first)s AND sent_at < %(last)s
  AND kind <> 'PRENOTE' AND sec <> 'RCK'
GROUP BY {group}
"""


class NoRoom(Refusal):
    """The seller's debits come back too often: another one waits for a person."""

    code: ClassVar[str] = "ACH_RETURN_RATE_TOO_HIGH"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Too many debits of the seller come back"


@dataclass(frozen=True, slots=True)
class Rate:
    """One level: `returned` of `originated` so far, `forecast` when those that can still come back have done so.

    `settled_in` debits and `returned_in` of them are past the usual two banking days: they make the trailing rate that
    the forecast applies to the rest. Basis points, rounded down; `level` is where the rules begin to ask.
    """

    name: RateLevel
    level: int
    throttle: int
    originated: int
    returned: int
    settled_in: int
    returned_in: int
    enough: bool

    @property
    def basis_points(self) -> int:
        return _points(self.returned, self.originated)

    @property
    def forecast(self) -> int:
        """In basis points. Simple on purpose: nothing is known of returns that come after the two days."""
        still_open = self.originated - self.settled_in
        early = self.returned - self.returned_in
        expected = max(early, still_open * self.returned_in / self.settled_in) if self.settled_in else early
        return _points(self.returned_in + expected, self.originated)

    @property
    def is_near(self) -> bool:
        """Whether new debits wait; never on fewer debits than say something."""
        return self.enough and max(self.basis_points, self.forecast) >= self.throttle

    @property
    def is_passed(self) -> bool:
        return self.enough and self.basis_points >= self.level


def of_originator(originator: Originator, *, on: date, now: datetime) -> list[Rate]:
    """The three levels on an Eastern day, from the sixty days before it."""
    found = _count("originator_id", "originator_id = %(key)s", on, now, key=originator.pk)
    return found.get(originator.pk) or _rates((0,) * 8, now)


def of_seller(seller: Party, *, on: date, now: datetime) -> list[Rate]:
    """Of debits on behalf of one seller, through whatever originator."""
    found = _count("on_behalf_id", "on_behalf_id = %(key)s", on, now, key=seller.pk)
    return found.get(seller.pk) or _rates((0,) * 8, now)


def why_held(seller: Party, *, now: datetime) -> str:
    """A sentence for `NewEntry.held` where another debit of the seller must wait for a person; empty where not."""
    for rate in of_seller(seller, on=eastern(now).date(), now=now):
        if rate.is_near:
            counted = f"{rate.returned} of {rate.originated} debits came back ({rate.name.label.lower()})"
            return f"{seller.party_id}: {counted}, held from {_percent(rate.throttle)} on"
    return ""


def require_room(seller: Party, *, now: datetime) -> None:
    """Raises NoRoom with that sentence."""
    if why := why_held(seller, now=now):
        raise NoRoom(why)


def watch(*, now: datetime) -> int:
    """Tell of every rate near its level, once a level and day. Returns how many were told."""
    day, told = eastern(now).date(), 0
    for originator in Originator.objects.filter(closed_at=None).order_by("id"):
        found: Iterable[tuple[int | None, list[Rate]]] = [
            (None, of_originator(originator, on=day, now=now)), *_sellers(originator, day, now),
        ]  # fmt: skip
        for seller_id, rates in found:
            for rate in rates:
                if rate.is_near:
                    told += _tell(originator, seller_id, rate, day, now)
    return told


def _sellers(originator: Originator, on: date, now: datetime) -> list[tuple[int | None, list[Rate]]]:
    where = "originator_id = %(key)s AND on_behalf_id IS NOT NULL"
    return [(key, rates) for key, rates in sorted(_count("on_behalf_id", where, on, now, key=originator.pk).items())]


def _tell(originator: Originator, seller_id: int | None, rate: Rate, day: date, now: datetime) -> int:
    with transaction.atomic():
        _, is_new = RateAlert.objects.get_or_create(
            originator=originator, seller_id=seller_id, level=rate.name, day=day,
            defaults={
                "returned": rate.returned, "originated": rate.originated, "passed": rate.is_passed,
                "throttled": seller_id is not None, "found_at": now,
            },
        )  # fmt: skip
        if is_new:
            seller = Party.objects.values_list("party_id", flat=True).get(pk=seller_id) if seller_id else ""
            outbox.publish(
                RateLevelNear(
                    originator.public_id, seller, rate.name, rate.returned, rate.originated, rate.is_passed,
                    seller_id is not None, originator.livemode, now,
                ),
                now=now,
            )  # fmt: skip
    return int(is_new)


def _count(group: str, where: str, on: date, now: datetime, *, key: int) -> dict[int, list[Rate]]:
    periods = dates.periods(now)
    window = deadlines.rate_window(on, periods)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTED.format(group=group, where=where),
            {
                "key": key, "first": instant(window.first, time.min), "last": midnight_after(window.last),
                "open_since": days.add_banking_days(on, -periods.return_banking_days),
                "unauthorized": _CODES[RateLevel.UNAUTHORIZED],
                "administrative": _CODES[RateLevel.ADMINISTRATIVE],
            },
        )  # fmt: skip
        return {row[0]: _rates(row[1:], now) for row in cursor.fetchall()}


def _rates(counted: tuple[int, ...], now: datetime) -> list[Rate]:
    originated, still_open, *returned = counted
    enough = originated >= number("rate_minimum_entries", now)
    share = number("rate_throttle_percent", now)
    rates = []
    for place, level in enumerate((RateLevel.UNAUTHORIZED, RateLevel.ADMINISTRATIVE, RateLevel.OVERALL)):
        points = number(f"rate_{level.lower()}_basis_points", now)
        rates.append(
            Rate(
                name=level, level=points, throttle=points * share // 100, originated=originated,
                returned=returned[place], settled_in=originated - still_open, returned_in=returned[place + 3],
                enough=enough,
            )
        )  # fmt: skip
    return rates


def _points(returned: float, originated: int) -> int:
    return int(returned * _WHOLE / originated) if originated else 0


def _percent(points: int) -> str:
    return f"{points / 100:g} %"
