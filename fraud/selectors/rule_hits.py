"""How often the rules were true lately, from the days counted beforehand and what came since the last count.

A page costs a few hundred rows of figures, and the decisions with a hit of the minutes since today was last counted,
read from the index of those. It grows with the rate of hits, not with the number of decisions kept.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from fraud.models import DailyRule, FigureDay

DAYS = 7

SINCE_COUNTED = """
SELECT hit ->> 'code', currency, count(*), sum(amount_minor)
  FROM fraud_assessment, jsonb_array_elements(hits) AS hit
 WHERE livemode = %s AND created_at >= %s AND created_at <= %s AND rescores_id IS NULL AND hits <> '[]'
 GROUP BY 1, 2
"""


@dataclass(slots=True)
class Lately:
    """Decisions on which a rule was true and had effect; the amount is of the week, in minor units by currency."""

    today: int = 0
    week: int = 0
    amount: dict[str, int] = field(default_factory=dict)

    def add(self, currency: str, hits: int, amount_minor: int, *, is_today: bool) -> None:
        self.today += hits if is_today else 0
        self.week += hits
        self.amount[currency] = self.amount.get(currency, 0) + amount_minor


def lately(*, livemode: bool, now: datetime) -> dict[str, Lately]:
    """By code: today and the last seven days, today included. Days are UTC days. Three statements."""
    today, found = now.astimezone(UTC).date(), dict[str, Lately]()
    counted = DailyRule.objects.filter(livemode=livemode, day__range=(first_day(today), today), hits__gt=0)
    for row in counted.only("day", "code", "currency", "hits", "amount_minor"):
        found.setdefault(row.code, Lately()).add(row.currency, row.hits, row.amount_minor, is_today=row.day == today)
    with connection.cursor() as cursor:
        cursor.execute(SINCE_COUNTED, [livemode, _counted_until(today, livemode=livemode), now])
        for code, currency, hits, amount_minor in cursor.fetchall():
            found.setdefault(code, Lately()).add(currency, hits, int(amount_minor), is_today=True)
    return found


def first_day(today: date) -> date:
    """Of the seven that end today."""
    return today - timedelta(days=DAYS - 1)


def _counted_until(today: date, *, livemode: bool) -> datetime:
    """What was decided from then on is in no figure yet."""
    day = FigureDay.objects.filter(livemode=livemode, day=today).first()
    if day is None:
        return datetime.combine(today, datetime.min.time(), UTC)
    return day.built_at + timedelta(microseconds=1)
