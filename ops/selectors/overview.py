"""The numbers of the first page, in a fixed number of statements however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Min, Sum

from core.audit import selectors as audit
from core.outbox import selectors as outbox
from core.switches import catalogue
from core.switches import selectors as switches
from core.switches.enums import State as SwitchState
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from core.work import selectors as work
from core.work.selectors import Load
from fraud.models.review_case import WAITING, ReviewCase
from ledger.selectors import accounts
from ledger.selectors.accounts import KindTotal
from ledger.selectors.balances import TrialBalance
from ops.selectors import incidents
from payments.enums import MatchOutcome
from payments.models import SettlementMatch

HOURS = 24

_BY_HOUR = """
    SELECT date_bin('1 hour', created_at, %(now)s) AS hour, status, count(*), sum(amount_minor)::bigint
      FROM payments_payment WHERE livemode = %(livemode)s AND created_at > %(since)s AND created_at <= %(now)s
     GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Day:
    """Payments of the last 24 hours. `counts` by status, `hourly` the number of payments of each hour, oldest first."""

    counts: dict[str, int]
    volume_minor: int
    completed_minor: int
    hourly: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def completed_share(self) -> float | None:
        """Of those that have ended; None while none has."""
        ended = sum(self.counts.get(status, 0) for status in ("COMPLETED", "FAILED", "CANCELLED"))
        return self.counts.get("COMPLETED", 0) / ended if ended else None


@dataclass(frozen=True, slots=True)
class Queue:
    """Cases that wait for a person; `next_action_at` is when the first of them declines itself."""

    waiting: int
    amount_minor: int
    highest_score: int | None
    next_action_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    day: Day
    queue: Queue
    totals: Sequence[KindTotal]
    trial: Sequence[TrialBalance]
    breaks: dict[str, int]
    work: Load
    outbox: Load
    jobs: Load
    unsealed: int
    closed: Sequence[SwitchTurn]
    incidents: incidents.Open


def get(*, livemode: bool, now: datetime) -> Overview:
    book = "live" if livemode else "test"
    totals = accounts.list_totals(book=book)
    return Overview(
        day=_day(livemode, now),
        queue=_queue(livemode),
        totals=totals,
        trial=accounts.trial_of(totals, book=book),
        breaks=_breaks(livemode),
        work=work.load(now=now),
        outbox=outbox.load(now=now),
        jobs=work.jobs_load(now=now),
        unsealed=audit.count_pending(),
        closed=[turn for turn in switches.list_in_force(now) if turn.state != SwitchState.OPEN and _stops(turn)],
        incidents=incidents.count_open(now=now),
    )


def _stops(turn: SwitchTurn) -> bool:
    """A way round a check is closed when all is well."""
    return not catalogue.GUARDS[Switch(turn.switch)].is_way_round


def _day(livemode: bool, now: datetime) -> Day:
    counts: dict[str, int] = {}
    hourly = [0] * HOURS
    volume = completed = 0
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, {"now": now, "livemode": livemode, "since": now - timedelta(hours=HOURS)})
        for hour, status, count, amount in cursor.fetchall():
            counts[status] = counts.get(status, 0) + count
            volume += amount
            completed += amount if status == "COMPLETED" else 0
            hours_ago = min(HOURS - 1, max(0, int((now - hour).total_seconds() // 3600) - 1))
            hourly[HOURS - 1 - hours_ago] += count
    return Day(counts, volume, completed, hourly)


def _queue(livemode: bool) -> Queue:
    found = ReviewCase.objects.filter(state__in=WAITING, livemode=livemode).aggregate(
        waiting=Count("pk"), amount=Sum("amount_minor"), score=Max("score"), next_action=Min("next_action_at")
    )
    return Queue(found["waiting"], found["amount"] or 0, found["score"], found["next_action"])


def _breaks(livemode: bool) -> dict[str, int]:
    """Settlement lines and payments that do not agree and that nobody has resolved, by kind of break."""
    open_breaks = (
        SettlementMatch.objects.filter(resolved_at__isnull=True, livemode=livemode)
        .exclude(outcome=MatchOutcome.MATCHED)
        .values_list("outcome")
        .annotate(number=Count("pk"))
    )
    return dict(open_breaks)
