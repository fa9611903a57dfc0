"""Timers of many escrows, for the calendar: what is to come, what fired, what was stopped."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.database import statements
from escrow.enums import HOLDS, STILLED, EscrowStatus, TimerKind, TimerState
from escrow.models import Lock, Setback, Timer
from escrow.states import ENDED

WARNED = "WARNED"
"""Deadlines that somebody was warned of and that are still to come."""
MOST_COUNTED = 1_000
_DAYS = """
SELECT day.start, counted.number FROM unnest(%s::timestamptz[]) AS day(start) CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM escrow_timer WHERE livemode = %s AND state = 'PENDING'
          AND due_at >= day.start AND due_at < day.start + interval '1 day' LIMIT %s
    ) AS waiting
) AS counted ORDER BY day.start
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means all; `state` is a TimerState or WARNED; `day` in UTC."""

    kind: str = ""
    state: str = TimerState.PENDING
    escrow_id: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What needs a look, each counted to `MOST_COUNTED` at most."""

    overdue: int
    held: int
    warned: int
    stuck: int


def list_timers(filters: Filters, *, livemode: bool) -> QuerySet[Timer]:
    """In no order; pages read them by (due_at, id)."""
    found = Timer.objects.filter(livemode=livemode).select_related("escrow", "escrow__payer", "escrow__payee")
    if filters.state == WARNED:
        found = _warned(found)
    else:
        found = found.filter(state=filters.state or TimerState.PENDING)
        if filters.kind:
            found = found.filter(kind=filters.kind)
    if filters.escrow_id:
        found = found.filter(escrow__public_id=filters.escrow_id)
    if filters.day:
        start = datetime.combine(filters.day, time(), UTC)
        found = found.filter(due_at__gte=start, due_at__lt=start + timedelta(days=1))
    return found


def count_by_day(first: date, days: int, *, livemode: bool) -> list[tuple[date, int]]:
    """What waits on each of so many days, counted to `MOST_COUNTED`; one statement, whatever there is."""
    starts = [datetime.combine(first + timedelta(days=number), time(), UTC) for number in range(days)]
    rows = statements.fetch_all(_DAYS, [starts, livemode, MOST_COUNTED])
    return [(start.astimezone(UTC).date(), number) for start, number in rows]


def count(*, livemode: bool, before: datetime) -> Counts:
    """`overdue`: due before that moment, not fired, and stopped by nothing; `held`: by a hold or a dispute."""
    due = Timer.objects.filter(livemode=livemode, state=TimerState.PENDING, due_at__lt=before)
    stilled = Q(kind__in=STILLED) & (Q(escrow__status=EscrowStatus.DISPUTED) | Exists(_holds(OuterRef("escrow"))))
    return Counts(
        overdue=due.exclude(stilled).order_by()[:MOST_COUNTED].count(),
        held=due.filter(stilled).order_by()[:MOST_COUNTED].count(),
        warned=_warned(Timer.objects.filter(livemode=livemode)).order_by()[:MOST_COUNTED].count(),
        stuck=Setback.objects.filter(escrow__livemode=livemode).order_by()[:MOST_COUNTED].count(),
    )


def stuck(escrows: list[int]) -> dict[int, Setback]:
    """By primary key of the escrow."""
    return {row.escrow_id: row for row in Setback.objects.filter(escrow__in=escrows)}


def stilled(timers: list[Timer]) -> frozenset[int]:
    """Primary keys of those that a hold or a dispute stops; one statement."""
    kinds = [timer for timer in timers if timer.state == TimerState.PENDING and timer.kind in STILLED]
    held = set(
        Lock.objects.filter(
            escrow__in={timer.escrow_id for timer in kinds}, lifted_at__isnull=True, reason__in=HOLDS
        ).values_list("escrow", flat=True)
    )
    return frozenset(
        timer.pk for timer in kinds if timer.escrow.status == EscrowStatus.DISPUTED or timer.escrow_id in held
    )


def _warned(found: QuerySet[Timer]) -> QuerySet[Timer]:
    """A warning says `AUTO_RELEASE:72`; the deadline it speaks of still waits."""
    waits = Timer.objects.filter(escrow=OuterRef("escrow"), state=TimerState.PENDING)
    said = found.filter(kind=TimerKind.WARNING, state=TimerState.FIRED, outcome__startswith="Warned")
    return said.exclude(escrow__status__in=sorted(ENDED)).filter(
        Q(key__startswith=TimerKind.AUTO_RELEASE) & Exists(waits.filter(kind=TimerKind.AUTO_RELEASE))
        | Q(key__startswith=TimerKind.AUTO_REFUND) & Exists(waits.filter(kind=TimerKind.AUTO_REFUND))
    )


def _holds(escrow: OuterRef) -> QuerySet[Lock]:
    return Lock.objects.filter(escrow=escrow, lifted_at__isnull=True, reason__in=HOLDS)
