"""The timers calendar: what happens by itself, day by day, what is overdue, what fired late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import NoReverseMatch, reverse

from core import clock, console
from core.console.components import Column, Table
from core.parameters import services as parameters
from escrow import lateness
from escrow.enums import TimerKind, TimerState
from escrow.forms.timers import TimerFilter
from escrow.models import Setback, Timer
from escrow.selectors import timers as selectors
from escrow.selectors.timers import MOST_COUNTED, WARNED
from escrow.sources import Coming

DAYS_SHOWN = 14
console.colour(FIRED="good", FIRED_LATE="careful", STOPPED="quiet", TO_COME="busy", OVERDUE="bad", STUCK="bad")

COLUMNS = [
    Column("Due", "due_at", "stamp"),
    Column("State", "state", "status"),
    Column("What", "what"),
    Column("Escrow", "escrow_id", "id", hide_on_phone=True),
    Column("Held", "held_minor", "money", hide_on_phone=True),
    Column("Payee", "payee", hide_on_phone=True),
    Column("Late by", "late", hide_on_phone=True),
    Column("What came of it", "outcome", hide_on_phone=True),
]


@dataclass(frozen=True, slots=True)
class Line:
    """A timer as a line. `late` in words, also of one that is overdue."""

    timer: Timer
    is_stilled: bool
    setback: Setback | None
    late: str
    is_late: bool

    @property
    def url(self) -> str:
        return escrow_url(self.escrow_id)

    @property
    def escrow_id(self) -> str:
        return self.timer.escrow.public_id

    @property
    def due_at(self) -> datetime:
        return self.timer.due_at

    @property
    def what(self) -> str:
        label = self.timer.get_kind_display().replace("_", " ").capitalize()
        if self.timer.kind == TimerKind.WARNING:
            deadline, _, hours = self.timer.key.partition(":")
            return f"Warning, {hours} h before the {deadline.replace('_', ' ').lower()}"
        return f"{label} ({self.timer.key})" if self.timer.key else label

    @property
    def state(self) -> str:
        if self.timer.state != TimerState.PENDING:
            return "FIRED LATE" if self.timer.state == TimerState.FIRED and self.is_late else self.timer.state
        if self.is_stilled:
            return "HELD"
        if self.setback is not None and self.late:
            return "STUCK"
        return "OVERDUE" if self.is_late else "TO COME"

    @property
    def held_minor(self) -> int:
        return self.timer.escrow.held_minor

    @property
    def currency(self) -> str:
        return self.timer.escrow.currency

    @property
    def payee(self) -> str:
        return self.timer.escrow.payee.party_id

    @property
    def outcome(self) -> str:
        if self.setback is not None and self.state == "STUCK":
            return f"Failed {self.setback.tries} times: {self.setback.error}"
        return self.timer.outcome


class Days(Table):
    """The same rows under a heading for each day, in their order."""

    @property
    def days(self) -> list[tuple[date, list[Line]]]:
        by_day = groupby(self.rows, key=lambda line: line.due_at.astimezone(UTC).date())
        return [(day, list(lines)) for day, lines in by_day]


class Calendar(console.Listing):
    def table(self, rows: Sequence[Timer]) -> Days:
        return Days(self.columns, self.draw(rows), self.caption, self.url, self.empty, self.hint)


@console.page(
    path="escrow-timers/", name="escrow_timers", title="Timers", nav=("Escrow", 20), permission="escrow.view_timer",
    filters=TimerFilter,
)  # fmt: skip
def timer_list(request: HttpRequest) -> HttpResponseBase:
    """To come: the soonest first, so what is overdue is on top. What has ended: the newest first."""
    form, livemode, now = TimerFilter(request.GET), console.is_live(request), clock.now()
    filters = form.filters()
    found = selectors.list_timers(filters, livemode=livemode)
    is_coming = filters.state == TimerState.PENDING
    source: Coming | console.Keyset = Coming(found) if is_coming else console.Keyset(found, by=("due_at", "id"))
    listing = Calendar(
        "timers",
        COLUMNS,
        source,
        "Timers",
        draw=lambda rows: _lines(list(rows), now),
        empty="No timer fits",
        hint="Widen the filter.",
    )
    late = timedelta(seconds=parameters.read("escrow.timer_late_seconds", at=now))
    context = {
        "form": form,
        "is_coming": is_coming,
        "strip": [(day, _told(number)) for day, number in _strip(now, livemode=livemode)],
        "tiles": _tiles(selectors.count(livemode=livemode, before=now - late)),
    }
    return console.render_list(request, "escrow/timers.html", listing, context)


def escrow_url(escrow_id: str) -> str:
    """Its page; the calendar of its own timers where there is none."""
    try:
        return reverse("admin:escrow", args=[escrow_id])
    except NoReverseMatch:
        return f"{reverse('admin:escrow_timers')}?{urlencode({'escrow': escrow_id})}"


def _lines(rows: list[Timer], now: datetime) -> list[Line]:
    """Two statements, however many rows."""
    stilled, stuck = selectors.stilled(rows), selectors.stuck([row.escrow_id for row in rows])
    tolerated = timedelta(seconds=parameters.read("escrow.timer_late_seconds", at=now))
    lines = []
    for row in rows:
        late = _lateness(row, now)
        is_late = late >= tolerated
        words = lateness.in_words(late) if is_late else ""
        lines.append(Line(row, row.pk in stilled, stuck.get(row.escrow_id), words, is_late))
    return lines


def _lateness(row: Timer, now: datetime) -> timedelta:
    if row.state == TimerState.PENDING:
        return max(timedelta(), now - row.due_at)
    return timedelta(seconds=row.late_seconds or 0)


def _strip(now: datetime, *, livemode: bool) -> list[tuple[date, int]]:
    return selectors.count_by_day(now.astimezone(UTC).date(), DAYS_SHOWN, livemode=livemode)


def _tiles(counts: selectors.Counts) -> list[dict[str, str]]:
    return [
        _tile("Overdue", counts.overdue, "bad", "?", "due, and nothing stops them"),
        _tile("Held", counts.held, "careful", "?", "due, stopped by a hold or a dispute"),
        _tile("Warned of", counts.warned, "", f"?state={WARNED}", "the deadline is still to come"),
        _tile("Stuck", counts.stuck, "bad", "?", "escrows whose timers fail"),
    ]


def _tile(label: str, number: int, tone: str, url: str, hint: str) -> dict[str, str]:
    return {"label": label, "value": _told(number), "tone": tone if number else "", "url": url, "hint": hint}


def _told(number: int) -> str:
    return f"{MOST_COUNTED:,}+" if number >= MOST_COUNTED else str(number)
