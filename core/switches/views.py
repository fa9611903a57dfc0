"""The switches: what is stopped, by whom, until when, what it has cost; closing one, asking to open one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals.selectors.requests import find_open
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from core.staff import roles
from core.switches import approvals, catalogue, selectors
from core.switches import services as switches
from core.switches.catalogue import Guard
from core.switches.counting import Exposure
from core.switches.enums import State, Switch
from core.switches.forms import CloseForm, OpenForm
from core.switches.models import SwitchExposure, SwitchTurn

VIEW, CHANGE = "switches.view_switchturn", "switches.change_switch"


@dataclass(frozen=True, slots=True)
class Line:
    """A turn in force and what was decided under it. `approval` is the open question about it."""

    turn: SwitchTurn
    exposures: list[Exposure] = field(default_factory=list)
    approval: str = ""

    @property
    def where(self) -> str:
        return self.turn.scope or "everywhere"

    @property
    def is_closed(self) -> bool:
        return self.turn.state != State.OPEN

    @property
    def responsible(self) -> str:
        return self.turn.responsible.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Board:
    """One switch with all that is in force for it, everywhere first. No line at all is closed."""

    guard: Guard
    lines: list[Line]

    @property
    def everywhere(self) -> Line | None:
        return next((line for line in self.lines if not line.turn.scope), None)

    @property
    def parts(self) -> list[Line]:
        """Exceptions: an open part of an open whole says nothing."""
        return [line for line in self.lines if line.turn.scope and (line.is_closed or line.turn.expires_at)]

    @property
    def state(self) -> str:
        return State.CLOSED if self.everywhere is None else self.everywhere.turn.state

    @property
    def is_unusual(self) -> bool:
        """Stopped in part or whole; of a way round a check, open."""
        return (self.state == State.OPEN) if self.guard.is_way_round else (self.state != State.OPEN or bool(self.parts))

    @property
    def name(self) -> str:
        return self.guard.switch.value.replace("_", " ").capitalize()

    @property
    def owner(self) -> str:
        return roles.ROLES[self.guard.owner].title

    @property
    def closed_scopes(self) -> list[str]:
        """What could be asked to open: closed, or open only for a time."""
        return [line.turn.scope for line in self.lines if line.is_closed or line.turn.expires_at]


@console.page(path="switches/", name="switches", title="Switches", nav=("Operations", 700), permission=VIEW, key="w")
def switch_list(request: HttpRequest) -> HttpResponse:
    """Every switch with its state in words, and the parts that are closed alone."""
    boards = _boards(clock.now())
    context = {"boards": boards, "closed": [each for each in boards if each.is_unusual and not each.guard.is_way_round]}
    return console.render(request, "switches/list.html", context, fragment="switches/_boards.html")


@console.page(path="switches/<str:switch>/", name="switch", title="Switch", permission=VIEW)
def switch_page(request: HttpRequest, switch: str) -> HttpResponse:
    return _page(request, _guard(switch))


@console.page(
    path="switches/<str:switch>/close/", name="switch_close", title="Close a switch", permission=CHANGE,
    methods=("POST",),
)  # fmt: skip
def switch_close(request: HttpRequest, switch: str) -> HttpResponse:
    """One person, at once."""
    guard, now = _guard(switch), clock.now()
    form = CloseForm(request.POST, guard=guard)
    if not form.is_valid():
        return _page(request, guard, close_form=form)
    minutes = form.cleaned_data["minutes"]
    try:
        turn = switches.close(
            switch=guard.switch,
            reason=form.cleaned_data["reason"],
            scope=form.wanted_scope(),
            owner=form.cleaned_data["owner"],
            actor=console.actor(request),
            now=now,
            expires_at=now + timedelta(minutes=minutes) if minutes else None,
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return _page(request, guard, close_form=form)
    messages.success(request, f"Closed {turn.scope or 'everywhere'}. Every process follows within two seconds.")
    return HttpResponseRedirect(reverse("admin:switch", args=[guard.switch.value]))


@console.page(
    path="switches/<str:switch>/open/", name="switch_open", title="Ask to open a switch", permission=CHANGE,
    methods=("POST",),
)  # fmt: skip
def switch_open(request: HttpRequest, switch: str) -> HttpResponse:
    """A question to whoever may sign it; nothing opens by asking."""
    guard, now = _guard(switch), clock.now()
    form = OpenForm(request.POST, guard=guard, closed_scopes=_board(guard, now).closed_scopes)
    if not form.is_valid():
        return _page(request, guard, open_form=form)
    try:
        asked = approvals.ask(
            switch=guard.switch,
            scope=form.wanted_scope(),
            minutes=form.cleaned_data["minutes"],
            owner=form.cleaned_data["owner"],
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=now,
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return _page(request, guard, open_form=form)
    messages.success(request, "Asked. It opens with the signature of a second person.")
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


@console.page(path="switches/turns/<int:turn_id>/", name="switch_turn", title="Turn of a switch", permission=VIEW)
def switch_turn(request: HttpRequest, turn_id: int) -> HttpResponse:
    """One turn: why, by whom, and what its exposure is made of, minute by minute."""
    try:
        turn = selectors.get_turn(turn_id)
    except selectors.TurnNotFound as unknown:
        raise Http404 from unknown
    page = console.keyset(request, selectors.exposure_rows(turn.pk))
    columns = [
        Column("Counted by", "counted_at", "stamp"),
        Column("Decided", "decided", "status"),
        Column("Operations", "operations", "number"),
        Column("Amount", "amount", "money"),
    ]
    context = {
        "turn": turn,
        "board": _board(catalogue.GUARDS[Switch(turn.switch)], clock.now()),
        "facts": _facts(turn),
        "exposures": selectors.list_exposures([turn.pk]).get(turn.pk, []),
        "page": page,
        "table": Table(
            columns,
            [_exposure_row(row) for row in page.rows],
            caption="Exposure, a row for each minute of counting",
            empty="Nothing was decided under it",
            hint="What is refused while a switch is closed is counted here within a minute.",
        ),
    }
    return console.render(request, "switches/turn.html", context)


def _exposure_row(row: SwitchExposure) -> dict[str, object]:
    return {
        "counted_at": row.counted_at,
        "decided": row.decided,
        "operations": row.operations,
        "amount": row.amount_minor if row.currency else None,
        "currency": row.currency or "USD",
    }


def _page(
    request: HttpRequest, guard: Guard, *, close_form: CloseForm | None = None, open_form: OpenForm | None = None
) -> HttpResponse:
    board = _board(guard, clock.now())
    me = {"owner": console.person(request).email, "minutes": "0"}
    closed = board.closed_scopes
    page = console.keyset(request, selectors.history(guard.switch), size=20)
    refused = close_form is not None or open_form is not None
    context = {
        "board": board,
        "may_turn": request.user.has_perm(CHANGE),
        "close_form": close_form or CloseForm(guard=guard, initial=me),
        "open_form": open_form or (OpenForm(guard=guard, closed_scopes=closed, initial=me) if closed else None),
        "page": page,
        "table": _history(page.rows),
    }
    return console.render(request, "switches/switch.html", context, status=400 if refused else 200)


def _history(rows: list[SwitchTurn]) -> Table:
    columns = [
        Column("Turned", "turned_at", "stamp"),
        Column("State", "state", "status"),
        Column("Where", "where"),
        Column("Until", "until", "stamp"),
        Column("Reason", "reason"),
        Column("By", "by", hide_on_phone=True),
        Column("Approval", "approval", "id", hide_on_phone=True),
    ]
    shown = [
        {
            "url": reverse("admin:switch_turn", args=[turn.pk]),
            "turned_at": turn.turned_at,
            "state": turn.state,
            "where": turn.scope or "everywhere",
            "until": turn.expires_at,
            "reason": turn.reason,
            "by": turn.actor.partition(":")[2],
            "approval": turn.approval_id,
        }
        for turn in rows
    ]
    return Table(
        columns, shown, caption="History", empty="It was never turned", hint="Until it has a turn it is closed."
    )


def _facts(turn: SwitchTurn) -> list[Fact]:
    return [
        Fact("State", turn.state, "status"),
        Fact("Where", turn.scope or "everywhere"),
        Fact("Reason", turn.reason),
        Fact("Turned", turn.turned_at, "stamp"),
        Fact("By", turn.actor.partition(":")[2]),
        Fact("Answers for it", turn.responsible.partition(":")[2]),
        Fact("Until", turn.expires_at, "stamp", hint="" if turn.expires_at else "until it is turned again"),
        Fact("Approval", turn.approval_id, "id"),
    ]


def _guard(switch: str) -> Guard:
    if switch not in Switch.values:
        raise Http404
    return catalogue.GUARDS[Switch(switch)]


def _boards(now: datetime) -> list[Board]:
    turns = selectors.list_in_force(now)
    exposures = selectors.list_exposures(turn.pk for turn in turns)
    lines: dict[str, list[Line]] = {}
    for turn in turns:
        lines.setdefault(str(turn.switch), []).append(Line(turn, exposures.get(turn.pk, [])))
    return [Board(guard, lines.get(switch.value, [])) for switch, guard in catalogue.GUARDS.items()]


def _board(guard: Guard, now: datetime) -> Board:
    """With the open questions: a look-up for each part that is closed."""
    found = next(board for board in _boards(now) if board.guard is guard)
    asked = {
        scope: find_open(action=approvals.OpenSwitch.name, subject=approvals.join(guard.switch, scope))
        for scope in found.closed_scopes
    }
    lines = [
        Line(line.turn, line.exposures, question.request_id if (question := asked.get(line.turn.scope)) else "")
        for line in found.lines
    ]
    return Board(guard, lines)
