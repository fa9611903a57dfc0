"""When parties are paid by themselves: the list, and one party's schedule and balance, with the pause that stops it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from compliance.enums import PartyType
from compliance.models import Party
from compliance.selectors import parties
from compliance.selectors.parties import PartyNotFound
from core import clock, console
from core.audit import selectors as audit
from core.console.components import Column, Event, Fact, Next
from core.errors import Refusal
from core.money import Currency, Money
from ledger import chart
from ledger.selectors import balances
from payments.forms import PauseForm, ScheduleFilter
from payments.models import PayoutSchedule
from payments.selectors import payouts as register
from payments.services import payout_schedules, payouts
from payments.services.entries import book
from payments.transfer_enums import Interval, ScheduleState

VIEW, PAUSE = "payments.view_payoutschedule", "payments.pause_payouts"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_TONES = {"paused": "careful", "resumed": "good"}

console.colour(PAUSED="careful")

COLUMNS = [
    Column("Party", "party", "code", personal=True),
    Column("State", "state", "status"),
    Column("When", "interval"),
    Column("Next", "next_at", "time"),
    Column("Least", "minimum", "money", currency="currency", hide_on_phone=True),
    Column("Reserve", "reserve", "money", currency="currency", hide_on_phone=True),
    Column("What came of it last", "outcome", hide_on_phone=True),
    Column("Paused because", "why", hide_on_phone=True),
    Column("Changed", "updated_at", "time", hide_on_phone=True),
]


@console.page(
    path="payout-schedules/", name="payout_schedules", title="Payout schedules", nav=("Work", 14), permission=VIEW,
    filters=ScheduleFilter,
)  # fmt: skip
def schedule_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = ScheduleFilter(request.GET)
    listing = console.Listing(
        "payout-schedules",
        COLUMNS,
        console.Keyset(register.list_schedules(livemode=console.is_live(request), **form.wanted()),
                       by=("created_at", "id")),
        "Payout schedules",
        draw=_drawn,
        empty="No schedule fits",
        hint="A marketplace says through the API when its sellers are paid; without that they are paid on demand.",
    )  # fmt: skip
    return console.render_list(request, "payments/payout_schedules.html", listing, {"form": form})


@console.page(
    path="payout-schedules/<str:party_id>/", name="payout_schedule", title="Payout schedule", permission=VIEW,
    shows=console.Shows("party", "party_id"),
)  # fmt: skip
def schedule_page(request: HttpRequest, party_id: str) -> HttpResponse:
    """Also of a party without a schedule, whose payouts can be paused all the same."""
    return _page(request, _party(request, party_id), PauseForm())


@console.page(
    path="payout-schedules/<str:party_id>/pause/", name="payout_schedule_pause", title="Pause payouts",
    permission=PAUSE, methods=("POST",),
)  # fmt: skip
def schedule_pause(request: HttpRequest, party_id: str) -> HttpResponse:
    """What no file carries yet is held; what a file carries goes."""
    party, form = _party(request, party_id), PauseForm(request.POST)
    if not form.is_valid():
        return _page(request, party, form, status=400)
    told = "Paused. What no file carries yet is held."
    return _done(request, party, payout_schedules.pause, told, why=form.cleaned_data["why"])


@console.page(
    path="payout-schedules/<str:party_id>/resume/", name="payout_schedule_resume", title="Let payouts go on",
    permission=PAUSE, methods=("POST",),
)  # fmt: skip
def schedule_resume(request: HttpRequest, party_id: str) -> HttpResponse:
    """What was held leaves with its next cutoff."""
    told = "Payouts go on. What was held leaves with its next cutoff."
    return _done(request, _party(request, party_id), payout_schedules.resume, told)


def url_of(party_id: str) -> str:
    return reverse("admin:payout_schedule", args=[party_id])


def interval_in_words(schedule: PayoutSchedule) -> str:
    """`every Friday`, `day 15 of every month`, `every banking day`."""
    if not schedule.is_active:
        return "when somebody asks"
    if schedule.interval == Interval.WEEKLY:
        return f"every {WEEKDAYS[schedule.anchor - 1]}"
    if schedule.interval == Interval.MONTHLY:
        return f"day {schedule.anchor} of every month"
    return "every banking day"


def facts(schedule: PayoutSchedule, now: datetime) -> list[Fact]:
    shown = [
        Fact("State", state(schedule), "status"),
        Fact("Paused", schedule.paused_at, "stamp", hint=schedule.paused_why),
        Fact("Paused by", schedule.paused_by.partition(":")[2]),
        Fact("When", interval_in_words(schedule)),
        Fact("Least that is paid", schedule.minimum_minor, "money", schedule.currency),
        Fact("Reserve", schedule.reserve_minor, "money", schedule.currency),
        Fact("Next", _next_at(schedule), "stamp", hint="overdue" if _is_overdue(schedule, now) else ""),
        Fact("What came of it last", schedule.last_outcome),
        Fact("Changed", schedule.updated_at, "stamp", hint=schedule.updated_by.partition(":")[2]),
    ]  # fmt: skip
    return [fact for fact in shown if fact.value not in (None, "")]


def balance(party: Party, schedule: PayoutSchedule | None) -> list[Fact]:
    """What the party is owed now, and how much of it could be paid out."""
    code, currency = chart.provider_payable(party.party_id), schedule.currency if schedule else Currency.USD.name
    there, url = balances.get(book(party.livemode), code), reverse("admin:account", args=[code])
    reserve = schedule.reserve_minor if schedule else 0
    return [
        Fact("Owed to the party", there.posted.minor, "money", currency, url=url),
        Fact("Not set aside for payouts under way", there.available.minor, "money", currency, url=url),
        Fact("Reserve that stays", reserve, "money", currency),
        Fact(
            "Could be paid out now",
            payouts.payable(party, schedule, currency),
            "money",
            currency,
            hint="but for the pause" if schedule and schedule.paused_at else "",
        ),
    ]


def state(schedule: PayoutSchedule) -> ScheduleState:
    if schedule.paused_at is not None:
        return ScheduleState.PAUSED
    return ScheduleState.ACTIVE if schedule.is_active else ScheduleState.STOPPED


def comes_next(schedule: PayoutSchedule | None, *, now: datetime) -> Next:
    if schedule is not None and schedule.paused_at is not None:
        return Next("Nothing is paid until somebody lets payouts go on; what no file carries is held", None, "careful")
    if schedule is None or not schedule.is_active:
        return Next("Nothing by itself: the party is paid when somebody asks")
    least = Money(schedule.minimum_minor, Currency[schedule.currency])
    tone = "careful" if _is_overdue(schedule, now) else ""
    return Next(f"What is owed above the reserve is paid out, if it is {least} or more", schedule.next_at, tone)


def _party(request: HttpRequest, party_id: str) -> Party:
    """A seller: nobody else has a balance to be paid out."""
    try:
        party = parties.get(party_id=party_id, livemode=console.is_live(request))
    except PartyNotFound:
        raise Http404 from None
    if party.type != PartyType.PROVIDER:
        raise Http404
    return party


def _page(request: HttpRequest, party: Party, form: PauseForm, *, status: int = 200) -> HttpResponse:
    schedule, now = register.find_schedule(party), clock.now()
    context = {
        "party": party,
        "schedule": schedule,
        "state": state(schedule) if schedule else "",
        "next": comes_next(schedule, now=now),
        "facts": facts(schedule, now) if schedule else [],
        "balance": balance(party, schedule),
        "events": _events(party),
        "pause": form,
        "may_pause": request.user.has_perm(PAUSE),
    }
    return console.render(request, "payments/payout_schedule.html", context, status=status)


def _done(
    request: HttpRequest, party: Party, verb: Callable[..., PayoutSchedule], told: str, **said: str
) -> HttpResponseRedirect:
    """Back to the page, with what was done or why it was refused."""
    try:
        verb(party_id=party.party_id, livemode=party.livemode, actor=console.actor(request), now=clock.now(), **said)
    except Refusal as refused:
        messages.error(request, f"{refused.detail}.")
    else:
        messages.success(request, told)
    return HttpResponseRedirect(url_of(party.party_id))


def _next_at(schedule: PayoutSchedule) -> datetime | None:
    return schedule.next_at if state(schedule) == ScheduleState.ACTIVE else None


def _is_overdue(schedule: PayoutSchedule, now: datetime) -> bool:
    at = _next_at(schedule)
    return at is not None and at <= now


def _events(party: Party) -> list[Event]:
    return [
        Event(
            row.recorded_at,
            row.action.rpartition(".")[2].capitalize(),
            "Schedule",
            _told(row.facts),
            row.actor_id,
            _TONES.get(row.action.rpartition(".")[2], "neutral"),
        )
        for row in audit.list_for_subject(party.party_id, actions=payout_schedules.VERBS)
        if row.facts["livemode"] == party.livemode
    ]


def _told(said: dict[str, Any]) -> str:
    if "held" in said:
        return f"{said['reason']} ({said['held']} held)"
    if "freed" in said:
        return f"{said['freed']} freed"
    then = PayoutSchedule(interval=said["interval"], anchor=said["anchor"], is_active=said["is_active"])
    least, reserve = (Money(said[name], Currency.USD) for name in ("minimum_minor", "reserve_minor"))
    return f"{interval_in_words(then)}, from {least} on, less a reserve of {reserve}"


def _drawn(rows: Sequence[PayoutSchedule]) -> list[dict[str, Any]]:
    return [
        {
            "url": url_of(each.party.party_id),
            "party": each.party.party_id,
            "state": state(each),
            "interval": interval_in_words(each),
            "next_at": _next_at(each),
            "minimum": each.minimum_minor,
            "reserve": each.reserve_minor,
            "currency": each.currency,
            "outcome": each.last_outcome,
            "why": each.paused_why,
            "updated_at": each.updated_at,
        }
        for each in rows
    ]
