"""The list of escrows, and the page of one: money, terms, conditions, locks, signatures, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals import presentation
from core.console.components import Column
from core.money import Currency, Money
from escrow.enums import EscrowStatus
from escrow.forms.escrows import EscrowFilter
from escrow.models import Escrow
from escrow.selectors import disputes, escrows, next_actions, pages
from escrow.selectors.escrows import EscrowNotFound
from escrow.selectors.pages import Standing
from escrow.services import releases
from escrow.states import ENDED
from escrow.terms.timeline import NextAction
from escrow.terms.words import Act
from escrow.views import offers, shown, terms_in_words
from fraud.selectors import agreement

VIEW = "escrow.view_escrow"
HITS = 10
ACTS = {
    Act.FUND: "waits for its money",
    Act.RELEASE: "released to the payee",
    Act.REFUND: "goes back to the payer",
    Act.ASK_SIGNATURES: "signatures are asked for",
    Act.WAIT_FOR_SIGNATURES: "waits for signatures",
    Act.RESOLVE_DISPUTE: "dispute is decided",
    Act.ESCALATE: "a person has to act",
    Act.NONE: "nothing",
}
IN_THE_LIST = ACTS | {
    Act.FUND: "unfunded",
    Act.RELEASE: "to the payee",
    Act.REFUND: "to the payer",
    Act.ASK_SIGNATURES: "signatures",
    Act.WAIT_FOR_SIGNATURES: "signatures",
    Act.RESOLVE_DISPUTE: "decision",
    Act.ESCALATE: "a person",
}

console.jump(prefix="ESC_", label="Escrow", to="admin:escrow")
console.colour(MET="good", LAPSED="careful", AGREED="good", PROPOSED="busy", DIVIDED="quiet", FIRED="quiet")
console.colour(STOPPED="quiet", REJECTED="quiet", TAKEN_BACK="bad")


@dataclass(frozen=True, slots=True)
class EscrowRow:
    """An escrow as a line of the list."""

    escrow: Escrow
    next_action: NextAction
    locks: frozenset[str]

    @property
    def url(self) -> str:
        return reverse("admin:escrow", args=[self.escrow.public_id])

    @property
    def next(self) -> str:
        return IN_THE_LIST[self.next_action.action]

    @property
    def locked_for(self) -> str:
        return ", ".join(sorted(shown.lock_title(reason).lower() for reason in self.locks))


@console.page(
    path="escrows/", name="escrows", title="Escrows", nav=("Escrow", 10), permission=VIEW, key="e", filters=EscrowFilter
)
def escrow_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; every filter stands in the address."""
    form = EscrowFilter(request.GET)
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = escrows.list_newest(form.filters(), livemode=console.is_live(request))
    if hidden:
        found = found.exclude(payment__public_id__in=hidden)
    columns = [
        Column("Escrow", "escrow.public_id", "id"),
        Column("Status", "escrow.status", "status"),
        Column("Amount", "escrow.amount_minor", "money", currency="escrow.currency"),
        Column("Held", "escrow.held_minor", "money", currency="escrow.currency", hide_on_phone=True),
        Column("If nobody acts", "next", hide_on_phone=True),
        Column("When", "next_action.at", "time"),
        Column("Locked for", "locked_for", hide_on_phone=True),
        Column("Payer", "escrow.payer.party_id", hide_on_phone=True),
        Column("Payee", "escrow.payee.party_id", hide_on_phone=True),
        Column("Created", "escrow.created_at", "time", hide_on_phone=True),
    ]
    listing = console.Listing(
        "escrows",
        columns,
        console.Keyset(found, by=("created_at", "id")),
        "Escrows",
        draw=lambda rows: _drawn(rows, clock.now()),
        empty="No escrow fits",
        hint="Widen the filter.",
    )
    return console.render_list(request, "escrow/escrows.html", listing, {"form": form, "is_blind": bool(hidden)})


@console.page(
    path="escrows/<str:escrow_id>/", name="escrow", title="Escrow", permission=VIEW,
    shows=console.Shows("escrow", "escrow_id"),
)  # fmt: skip
def escrow_page(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """Also under the id that its payment shows."""
    escrow = find(request, escrow_id)
    if escrow.payment and (
        blind := agreement.find_blinding_payment(payment_id=escrow.payment.public_id, actor=console.actor(request))
    ):
        messages.info(request, "You are judging its payment again: what became of it is shown when you have decided.")
        return HttpResponseRedirect(reverse("admin:review", args=[blind.case_id]))
    return page(request, escrow)


def find(request: HttpRequest, escrow_id: str) -> Escrow:
    """Raises Http404."""
    try:
        return escrows.get(escrow_id, livemode=console.is_live(request))
    except EscrowNotFound as unknown:
        raise Http404 from unknown


def page(request: HttpRequest, escrow: Escrow, *, bound: offers.Bound | None = None, status: int = 200) -> HttpResponse:
    """`bound` are forms that were sent and are wrong, by the name of their act."""
    now = clock.now()
    found, ledgered = pages.standing(escrow, now=now), pages.ledgered(escrow)
    currency = Currency[escrow.currency]
    context: dict[str, Any] = {
        "escrow": escrow,
        "found": found,
        "act": ACTS[found.next_action.action],
        "is_over": escrow.status in ENDED,
        "money": shown.money(escrow),
        "about": shown.about(escrow),
        "flags": escrow.compliance_flags,
        "parts": shown.part_lines(ledgered.parts, ledgered.movements),
        "sentences": terms_in_words.sentences(found.terms.agreed, currency) if found.terms else [],
        "versions": terms_in_words.differences(found.versions),
        "conditions": offers.conditions(request, escrow, found, bound, now),
        "locks": shown.lock_lines(found.locks),
        "missing_signatures": presentation.missing_in_words(found.question) if found.question else "",
        "approvals": shown.approvals_table(pages.releases_asked(escrow)),
        "disputes": shown.dispute_facts(disputes.list_of_escrow(escrow)),
        "timers": shown.timer_table(ledgered.timers),
        "events": shown.events(escrow),
        "missing": _missing(found, now),
        "offers": offers.of(request, found, bound),
    }
    return console.render(request, "escrow/escrow.html", context, status=status)


@console.finds("Escrows", permission=VIEW)
def find_by_booking(request: HttpRequest, text: str) -> list[console.Hit]:
    """By the booking it is for."""
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = escrows.list_by_booking(text, livemode=console.is_live(request))[:HITS]
    return [_hit(escrow) for escrow in found if escrow.payment is None or escrow.payment.public_id not in hidden]


def _hit(escrow: Escrow) -> console.Hit:
    amount = Money(escrow.amount_minor, Currency[escrow.currency])
    detail = f"{amount} · {escrow.get_status_display().lower()} · {escrow.created_at:%d %b %Y %H:%M} UTC"
    return console.Hit(
        escrow.public_id, reverse("admin:escrow", args=[escrow.public_id]), detail, "booking", exact=True
    )


def _drawn(rows: Sequence[Escrow], now: datetime) -> list[EscrowRow]:
    """A page of them, or a batch of a file, in a fixed number of statements."""
    actions, locks = next_actions.for_many(rows, now), pages.open_locks(rows)
    return [EscrowRow(row, actions[row.pk], locks.get(row.pk, frozenset())) for row in rows]


def _missing(found: Standing, now: datetime) -> list[dict[str, Any]]:
    """What keeps a release back, for the screen."""
    if found.terms is None or found.escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
        return []
    return releases.missing_for(found.escrow, found.terms, now=now)
