"""Sellers whose debits come back, most first, for the board of return rates. Exact rates are `ach.services.rates`."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Count, Q

from ach.calendar.deadlines import rate_window
from ach.calendar.eastern import eastern, instant, midnight_after
from ach.dates import periods
from ach.enums import Direction, EntryKind
from ach.models import Entry, RateAlert
from compliance.models import Party

MOST = 50


@dataclass(frozen=True, slots=True)
class Seller:
    """`returned` of `originated` debits of the window; `alert` is the newest level it came near to, and when."""

    party_id: str
    originated: int
    returned: int
    alert: str
    alert_on: date | None

    @property
    def basis_points(self) -> int:
        return self.returned * 10_000 // self.originated


def sellers(*, livemode: bool, now: datetime) -> list[Seller]:
    """At most `MOST`, those with the most returns first; who had none is left out. Two statements."""
    window = rate_window(eastern(now).date(), periods(now))
    rows = list(
        Entry.objects.filter(
            livemode=livemode, on_behalf__isnull=False, direction=Direction.DEBIT,
            sent_at__gte=instant(window.first, time.min), sent_at__lt=midnight_after(window.last),
        )
        .exclude(Q(kind=EntryKind.PRENOTE) | Q(sec="RCK"))
        .values("on_behalf", "on_behalf__party_id")
        .annotate(originated=Count("id"), returned=Count("id", filter=~Q(return_code="")))
        .filter(returned__gt=0)
        .order_by("-returned", "on_behalf")[:MOST]
    )  # fmt: skip
    alerts: dict[int, RateAlert] = {}
    found = RateAlert.objects.filter(seller__in=[row["on_behalf"] for row in rows], day__gte=window.first)
    for alert in found.order_by("day", "id"):
        alerts[alert.seller_id or 0] = alert
    return [
        _seller(row["on_behalf__party_id"], row["originated"], row["returned"], alerts.get(row["on_behalf"]))
        for row in rows
    ]


def find_seller(party_id: str, *, livemode: bool) -> Party | None:
    return Party.objects.filter(party_id=party_id, livemode=livemode).first()


def _seller(party_id: str, originated: int, returned: int, alert: RateAlert | None) -> Seller:
    return Seller(
        party_id, originated, returned, str(alert.get_level_display()) if alert else "",
        alert.day if alert else None,
    )  # fmt: skip
