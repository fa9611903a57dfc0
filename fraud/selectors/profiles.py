"""What is usual for a customer or a seller: where, with what, how much and when."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles

from fraud.enums import AttemptOutcome
from fraud.models import Label, Observation, ReviewCase
from fraud.selectors.agreement import Hidden

ROWS = 500
SHOWN = 5
HOURS = range(24)
PAID = (AttemptOutcome.APPROVED, AttemptOutcome.HELD)


@dataclass(frozen=True, slots=True)
class Share:
    """One value and how many of the payments had it."""

    value: str
    payments: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """Of the newest payments, `ROWS` at most. Amounts are minor units of the most frequent currency; three or more
    paid ones make quartiles."""

    payments: int
    paid: int
    first_at: datetime | None
    last_at: datetime | None
    currency: str
    quartiles: tuple[int, int, int] | None
    largest_minor: int | None
    hours: Sequence[int]
    countries: Sequence[Share]
    devices: Sequence[Share]
    addresses: Sequence[Share]
    counterparts: Sequence[Share]


def read(*, party_id: str, livemode: bool, as_of: datetime) -> Profile:
    """Of the party as payer, else as payee. One or two statements."""
    rows = _newest(livemode, as_of, payer_id=party_id)
    other = "payee_id"
    if not rows:
        rows, other = _newest(livemode, as_of, payee_id=party_id), "payer_id"
    currency = Counter(row.currency for row in rows).most_common(1)[0][0] if rows else "USD"
    amounts = [row.amount_minor for row in rows if row.outcome in PAID and row.currency == currency]
    per_hour = Counter(row.at.hour for row in rows)
    return Profile(
        payments=len(rows),
        paid=sum(row.outcome in PAID for row in rows),
        first_at=rows[-1].at if rows else None,
        last_at=rows[0].at if rows else None,
        currency=currency,
        quartiles=_quartiles(amounts),
        largest_minor=max(amounts, default=None),
        hours=[per_hour[hour] for hour in HOURS],
        countries=_shares((row.ip_country, row.at) for row in rows),
        devices=_shares((row.device_id, row.at) for row in rows),
        addresses=_shares((row.ip_address, row.at) for row in rows),
        counterparts=_shares((getattr(row, other), row.at) for row in rows),
    )


def list_cases(*, party_id: str, livemode: bool, hidden: Hidden, limit: int = 20) -> list[ReviewCase]:
    """Newest first."""
    cases = ReviewCase.objects.filter(livemode=livemode, payer_id=party_id).exclude(pk__in=hidden.cases)
    return list(cases.order_by("-id")[:limit])


def list_labels(*, party_id: str, livemode: bool, hidden: Hidden, limit: int = 20) -> list[Label]:
    """Of the customer's payments, newest known first. Silence is left out: it says nothing new."""
    payments = Observation.objects.filter(livemode=livemode, payer_id=party_id).order_by("-at")
    newest = list(payments.values_list("payment_id", flat=True)[:ROWS])
    told = set(newest).difference(hidden.payments)
    found = Label.objects.filter(livemode=livemode, payment_id__in=told).exclude(source="SILENCE")
    return list(found.order_by("-known_at", "-id")[:limit])


def _newest(livemode: bool, as_of: datetime, **party: str) -> list[Observation]:
    return list(Observation.objects.filter(livemode=livemode, at__lte=as_of, **party).order_by("-at")[:ROWS])


def _quartiles(amounts: Sequence[int]) -> tuple[int, int, int] | None:
    if len(amounts) < 3:
        return None
    low, middle, high = quantiles(amounts, n=4, method="inclusive")
    return round(low), round(middle), round(high)


def _shares(values: Iterable[tuple[str | None, datetime]]) -> list[Share]:
    counted: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    for value, at in values:
        if value:
            counted[value] += 1
            last.setdefault(value, at)
    return [Share(value, number, last[value]) for value, number in counted.most_common(SHOWN)]
