"""Payouts of balances: the list, and one with why it waits, the party's schedule, reserve and pause."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Next
from fraud.selectors import agreement
from ledger import chart
from ledger.selectors import balances
from payments.forms import PayoutFilter
from payments.models import Payout, PayoutSchedule, Transfer
from payments.selectors import payouts as register
from payments.selectors import transfer_lists
from payments.services import payouts
from payments.services.entries import book
from payments.transfer_enums import Interval
from payments.views import transfer_next, transfer_shown, transfer_timeline
from payments.views.transfers import url_of as transfer_url

VIEW = "payments.view_payout"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")

console.jump(prefix="po_", label="Payout", to="admin:payout")
console.colour(PAUSED="careful")

COLUMNS = [
    Column("Payout", "payout.public_id", "id"),
    Column("State", "payout.transfer.state", "status"),
    Column("Amount", "payout.amount_minor", "money", currency="payout.currency"),
    Column("Party", "payout.party.party_id", personal=True, hide_on_phone=True),
    Column("Account", "account", personal=True, hide_on_phone=True),
    Column("Taken for debts", "withheld", "money", currency="payout.currency", hide_on_phone=True),
    Column("Begun", "trigger", hide_on_phone=True),
    Column("Waits because", "why", hide_on_phone=True),
    Column("Asked for", "payout.created_at", "time", hide_on_phone=True),
]


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """A payout as a line of the list."""

    payout: Payout

    @property
    def url(self) -> str:
        return url_of(self.payout.public_id)

    @property
    def account(self) -> str:
        return transfer_shown.outside(self.payout.transfer).masked

    @property
    def withheld(self) -> int | None:
        return self.payout.withheld_minor or None

    @property
    def trigger(self) -> str:
        return str(self.payout.get_trigger_display())

    @property
    def why(self) -> str:
        return self.payout.transfer.state_why or self.payout.transfer.decline_reason


@console.page(
    path="payouts/", name="payouts", title="Payouts", nav=("Work", 13), permission=VIEW, filters=PayoutFilter
)  # fmt: skip
def payout_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = PayoutFilter(request.GET)
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = transfer_lists.list_payouts(form.wanted(), livemode=console.is_live(request))
    listing = console.Listing(
        "payouts",
        COLUMNS,
        console.Keyset(found.exclude(transfer__public_id__in=hidden), by=("created_at", "id")),
        "Payouts",
        draw=lambda rows: [PayoutRow(row) for row in rows],
        empty="No payout fits",
        hint="A balance is paid out when its owner asks for it, or by a schedule.",
    )
    return console.render_list(request, "payments/payouts.html", listing, {"form": form, "is_blind": bool(hidden)})


@console.page(
    path="payouts/<str:payout_id>/", name="payout", title="Payout", permission=VIEW,
    shows=console.Shows("payout", "payout_id"),
)  # fmt: skip
def payout_page(request: HttpRequest, payout_id: str) -> HttpResponse:
    """Its own transfer says how it goes on; the schedule is that of the party, as it stands now."""
    found = transfer_lists.list_payouts(transfer_lists.Wanted(), livemode=console.is_live(request))
    payout = found.filter(public_id=payout_id).first()
    hidden = agreement.hidden_from(console.actor(request)).payments
    if payout is None or payout.transfer.public_id in hidden:
        raise Http404
    schedule, now = register.find_schedule(payout.party), clock.now()
    story = transfer_lists.story(_whole(payout))
    context = {
        "payout": payout,
        "next": transfer_next.comes_next(story, now=now),
        "schedule": schedule,
        "facts": _facts(payout),
        "balance": _balance(payout, schedule),
        "schedule_facts": _schedule(schedule, now) if schedule else [],
        "coming": _coming(schedule) if schedule else None,
        "entries": transfer_shown.entries(story),
        "events": transfer_timeline.events(story),
    }
    return console.render(request, "payments/payout.html", context)


def url_of(payout_id: str) -> str:
    return reverse("admin:payout", args=[payout_id])


def interval_in_words(schedule: PayoutSchedule) -> str:
    """`every Friday`, `the 15th of every month`, `every banking day`."""
    if schedule.interval == Interval.WEEKLY:
        return f"every {WEEKDAYS[schedule.anchor - 1]}"
    if schedule.interval == Interval.MONTHLY:
        return f"day {schedule.anchor} of every month"
    return "every banking day"


def _whole(payout: Payout) -> Transfer:
    """Who is paid out is on both sides."""
    transfer = payout.transfer
    transfer.payer = transfer.payee = payout.party
    return transfer


def _facts(payout: Payout) -> list[Fact]:
    transfer, account = payout.transfer, transfer_shown.outside(payout.transfer)
    owed = reverse("admin:account", args=[chart.returns_receivable(payout.party.party_id)])
    shown = [
        Fact("Amount", payout.amount_minor, "money", payout.currency, url=transfer_url(transfer.public_id)),
        Fact("Taken for debts before", payout.withheld_minor or None, "money", payout.currency, url=owed),
        Fact("Party", payout.party.party_id, url=f"{reverse('admin:payouts')}?party={payout.party.party_id}"),
        Fact("Account", account.masked, "code", url=reverse("admin:bank_account", args=[account.account_id])),
        Fact("Transfer", transfer.public_id, "id"),
        Fact("Begun", payout.get_trigger_display()),
        Fact("Of the schedule's moment", payout.run, "stamp"),
        Fact("Refused with", transfer.failure_code, "code", hint=transfer.decline_reason),
        Fact("Returned with", transfer.return_code, "code"),
        Fact("Promised for", transfer.estimated_settlement, "stamp"),
        Fact("Asked by", payout.created_by.partition(":")[2] or payout.created_by),
        Fact("Asked for", payout.created_at, "stamp"),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _balance(payout: Payout, schedule: PayoutSchedule | None) -> list[Fact]:
    """What the party is owed now, and how much of it could be paid out."""
    code = chart.provider_payable(payout.party.party_id)
    there, url = balances.get(book(payout.livemode), code), reverse("admin:account", args=[code])
    reserve = schedule.reserve_minor if schedule else 0
    return [
        Fact("Owed to the party", there.posted.minor, "money", payout.currency, url=url),
        Fact("Not set aside for payouts under way", there.available.minor, "money", payout.currency, url=url),
        Fact("Reserve that stays", reserve, "money", payout.currency),
        Fact("Could be paid out now", payouts.payable(payout.party, schedule, payout.currency), "money",
             payout.currency),
    ]  # fmt: skip


def _schedule(schedule: PayoutSchedule, now: datetime) -> list[Fact]:
    shown = [
        Fact("State", _state(schedule), "status"),
        Fact("Paused", schedule.paused_at, "stamp", hint=schedule.paused_why),
        Fact("Paused by", schedule.paused_by.partition(":")[2]),
        Fact("When", interval_in_words(schedule)),
        Fact("Least that is paid", schedule.minimum_minor, "money", schedule.currency),
        Fact("Reserve", schedule.reserve_minor, "money", schedule.currency),
        Fact("Next", schedule.next_at if _state(schedule) == "ACTIVE" else None, "stamp",
             hint="overdue" if schedule.next_at and schedule.next_at <= now else ""),
        Fact("What came of it last", schedule.last_outcome),
        Fact("Changed", schedule.updated_at, "stamp", hint=schedule.updated_by.partition(":")[2]),
    ]  # fmt: skip
    return [fact for fact in shown if fact.value not in (None, "")]


def _state(schedule: PayoutSchedule) -> str:
    if schedule.paused_at is not None:
        return "PAUSED"
    return "ACTIVE" if schedule.is_active else "STOPPED"


def _coming(schedule: PayoutSchedule) -> Next | None:
    if schedule.paused_at is not None:
        return Next(
            f"Payouts of the party are paused ({schedule.paused_why}): nothing new is paid and what no file carries is "
            "held", None, "careful",
        )  # fmt: skip
    return None
