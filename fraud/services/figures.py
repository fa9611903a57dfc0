"""Count a day's decisions for the dashboards. Counting again gives the same rows."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from django.db import connection, transaction

from core.parameters import services as parameters
from core.work import services as work
from fraud.models import Assessment, DailyAnalyst, DailyRule, DailyScores, FigureDay

DAY_WORK = "fraud.count_day"
MODES = (False, True)
# A day of a million decisions takes longer than a request may.
PATIENCE = "SET LOCAL statement_timeout = 0"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
SQL = Path(__file__).parent / "sql"
COUNTED: tuple[tuple[type[DailyScores | DailyRule | DailyAnalyst], str], ...] = (
    (DailyScores, (SQL / "daily_scores.sql").read_text()),
    (DailyRule, (SQL / "daily_rules.sql").read_text()),
    (DailyAnalyst, (SQL / "daily_analysts.sql").read_text()),
)


def count_day(*, day: date, livemode: bool, now: datetime) -> None:
    """Replace the rows of one UTC day by what the decisions and the labels known by now say.

    Two that count the same day do it one after the other. No audit row: nothing is decided, and everything can be
    made again.
    """
    since = midnight(day)
    values = {
        "livemode": livemode,
        "day": day,
        "since": since,
        "until": since + timedelta(days=1),
        "now": now,
        "bins": parameters.read("fraud.score_bins", at=now),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PATIENCE)
        cursor.execute(LOCK, [f"fraud.figures:{livemode}:{day}"])
        for model, statement in COUNTED:
            model.objects.filter(livemode=livemode, day=day).delete()
            cursor.execute(statement, values)
        FigureDay.objects.update_or_create(livemode=livemode, day=day, defaults={"built_at": now})


def count_recent(*, now: datetime) -> int:
    """Today, yesterday, and every day that was never counted. Returns how many days were."""
    days = [(livemode, day) for livemode in MODES for day in _uncounted(livemode, now)]
    for livemode, day in days:
        count_day(day=day, livemode=livemode, now=now)
    return len(days)


def order_days(*, moments: Iterable[datetime], livemode: bool, now: datetime) -> None:
    """Have days counted again because labels of their payments came. In the caller's transaction.

    Many labels of one day are one order: it waits `fraud.figures_wait_minutes`.
    """
    due_at = now + timedelta(minutes=parameters.read("fraud.figures_wait_minutes", at=now))
    mode = "live" if livemode else "test"
    for day in sorted({moment.astimezone(UTC).date() for moment in moments}):
        work.enqueue(kind=DAY_WORK, key=f"{mode}:{day}", payload={}, due_at=due_at, now=now)


def first_day(*, livemode: bool) -> date | None:
    """The day of the oldest decision; None where there is none."""
    decided = Assessment.objects.filter(livemode=livemode, rescores__isnull=True)
    oldest = decided.order_by("created_at", "id").first()
    return oldest.created_at.astimezone(UTC).date() if oldest else None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _uncounted(livemode: bool, now: datetime) -> list[date]:
    today = now.astimezone(UTC).date()
    first = first_day(livemode=livemode)
    if first is None:
        return []
    counted = set(
        FigureDay.objects.filter(livemode=livemode, day__lt=today - timedelta(days=1)).values_list("day", flat=True)
    )
    return [day for day in days_between(min(first, today), today) if day not in counted]
