"""ACH transfers: the list, and one with its amounts, entries of the rail and of the ledger, and what comes next."""

import re
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console, ids
from core.console.components import Column
from core.money import Currency, Money
from fraud.selectors import agreement
from payments.forms import TransferFilter
from payments.models import Transfer
from payments.selectors import transfer_lists, transfers
from payments.selectors.transfers import TransferNotFound
from payments.views import transfer_next, transfer_shown, transfer_timeline

VIEW = "payments.view_transfer"
TRACKING_ID = re.compile(r"TR[0-9]{15}", re.ASCII)

console.jump(prefix="ACH", label="ACH transfer", to="admin:transfer", form=ids.ACH_TRANSFER_ID)
console.jump(prefix="TR", label="ACH transfer, by tracking id", to="admin:transfer_tracked", form=TRACKING_ID)
console.colour(
    PENDING_APPROVAL="careful", PENDING_REVIEW="careful", SUBMITTED="busy", PROCESSING="busy",
    REQUIRES_ATTENTION="bad",
)  # fmt: skip

COLUMNS = [
    Column("Transfer", "transfer.public_id", "id"),
    Column("State", "transfer.state", "status"),
    Column("Amount", "transfer.amount_minor", "money", currency="transfer.currency"),
    Column("What", "what", hide_on_phone=True),
    Column("Payer", "transfer.payer.party_id", personal=True, hide_on_phone=True),
    Column("Payee", "transfer.payee.party_id", personal=True, hide_on_phone=True),
    Column("Account", "account", personal=True, hide_on_phone=True),
    Column("Trace", "transfer.trace", "code", hide_on_phone=True),
    Column("Code", "code", "code", hide_on_phone=True),
    Column("Asked for", "transfer.created_at", "time", hide_on_phone=True),
]


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer as a line of the list."""

    transfer: Transfer

    @property
    def url(self) -> str:
        return url_of(self.transfer.public_id)

    @property
    def what(self) -> str:
        """`Transfer, debit`; `Payout, credit`."""
        return f"{self.transfer.purpose.capitalize()}, {self.transfer.type.lower()}"

    @property
    def account(self) -> str:
        """The one outside, by its end."""
        return transfer_shown.outside(self.transfer).masked

    @property
    def code(self) -> str:
        return self.transfer.return_code or self.transfer.failure_code


@console.page(
    path="transfers/", name="transfers", title="ACH transfers", nav=("Work", 12), permission=VIEW,
    filters=TransferFilter,
)  # fmt: skip
def transfer_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; payouts are transfers too."""
    form = TransferFilter(request.GET)
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = transfer_lists.list_transfers(form.wanted(), livemode=console.is_live(request))
    listing = console.Listing(
        "transfers",
        COLUMNS,
        console.Keyset(found.exclude(public_id__in=hidden), by=("created_at", "id")),
        "ACH transfers",
        draw=lambda rows: [TransferRow(row) for row in rows],
        empty="No transfer fits",
        hint="A marketplace asks for them through the API; a payout makes one.",
    )
    return console.render_list(request, "payments/transfers.html", listing, {"form": form, "is_blind": bool(hidden)})


@console.page(
    path="transfers/<str:transfer_id>/", name="transfer", title="ACH transfer", permission=VIEW,
    shows=console.Shows("ACH transfer", "transfer_id"),
)  # fmt: skip
def transfer_page(request: HttpRequest, transfer_id: str) -> HttpResponse:
    """Amounts, sides, the way of its entries, what is in the ledger, and one timeline."""
    try:
        transfer = transfers.get(transfer_id, livemode=console.is_live(request))
    except TransferNotFound as unknown:
        raise Http404 from unknown
    if blind := agreement.find_blinding_payment(payment_id=transfer_id, actor=console.actor(request)):
        messages.info(request, "You are judging this transfer again: what became of it is shown when you have decided.")
        return HttpResponseRedirect(reverse("admin:review", args=[blind.case_id]))
    story, now = transfer_lists.story(transfer), clock.now()
    context = {
        "transfer": transfer,
        "next": transfer_next.comes_next(story, now=now),
        "money": transfer_shown.money(story),
        "sides": transfer_shown.sides(story),
        "checks": transfer_shown.checks(story),
        "entries": transfer_shown.entries(story),
        "bookings": transfer_shown.bookings(story),
        "posted": transfer_shown.posted(story),
        "events": transfer_timeline.events(story),
    }
    return console.render(request, "payments/transfer.html", context)


@console.page(
    path="transfers/tracked/<str:tracking_id>/", name="transfer_tracked", title="Tracking id", permission=VIEW
)  # fmt: skip
def transfer_tracked(request: HttpRequest, tracking_id: str) -> HttpResponse:
    """The tracking id is the trace number behind two letters; its page is that of the newest transfer that bears it."""
    if not TRACKING_ID.fullmatch(tracking_id):
        raise Http404
    found = transfer_lists.find_by_trace(tracking_id.removeprefix("TR"), livemode=console.is_live(request))
    if not found:
        raise Http404
    return HttpResponseRedirect(url_of(found[0].public_id))


@console.finds("ACH transfers", permission=VIEW, shapes=["trace number"])
def find_transfers(request: HttpRequest, trace: str) -> list[console.Hit]:
    """Beside the entry that bears the number."""
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = transfer_lists.find_by_trace(trace, livemode=console.is_live(request))
    return [_hit(each) for each in found if each.public_id not in hidden]


def url_of(transfer_id: str) -> str:
    return reverse("admin:transfer", args=[transfer_id])


def _hit(transfer: Transfer) -> console.Hit:
    amount = Money(transfer.amount_minor, Currency[transfer.currency])
    detail = f"{amount} · {transfer.get_state_display().lower()} · {transfer.created_at:%d %b %Y %H:%M} UTC"
    return console.Hit(transfer.public_id, url_of(transfer.public_id), detail, "trace number")
