"""Payouts of balances: the list, and one with why it waits, beside the balance and the schedule of its party."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Next
from fraud.selectors import agreement
from ledger import chart
from payments.forms import PayoutFilter
from payments.models import Payout, PayoutSchedule, Transfer
from payments.selectors import payouts as register
from payments.selectors import transfer_lists
from payments.views import payout_schedules, transfer_next, transfer_shown, transfer_timeline
from payments.views.transfers import url_of as transfer_url

VIEW = "payments.view_payout"

console.jump(prefix="po_", label="Payout", to="admin:payout")

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
        "balance": payout_schedules.balance(payout.party, schedule),
        "schedule_facts": payout_schedules.facts(schedule, now) if schedule else [],
        "coming": _coming(schedule) if schedule else None,
        "entries": transfer_shown.entries(story),
        "events": transfer_timeline.events(story),
    }
    return console.render(request, "payments/payout.html", context)


def url_of(payout_id: str) -> str:
    return reverse("admin:payout", args=[payout_id])


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


def _coming(schedule: PayoutSchedule) -> Next | None:
    if schedule.paused_at is not None:
        return Next(
            f"Payouts of the party are paused ({schedule.paused_why}): nothing new is paid and what no file carries is "
            "held", None, "careful",
        )  # fmt: skip
    return None
