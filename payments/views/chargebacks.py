"""Chargebacks: what has to be answered and until when, and the page on which one is."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact
from core.errors import Refusal
from fraud.selectors import agreement
from ledger import chart
from payments.enums import ChargebackState
from payments.forms import ChargebackFilter, EvidenceForm
from payments.models import Chargeback, Payment
from payments.selectors import chargebacks, evidence
from payments.selectors.chargebacks import ChargebackNotFound
from payments.services import chargeback_answers, entries
from payments.views.refunds import REFUND

VIEW = "payments.view_chargeback"

console.jump(prefix="cb_", label="Chargeback", to="admin:chargeback")


@dataclass(frozen=True, slots=True)
class ChargebackRow:
    """A chargeback as a line of the list."""

    chargeback: Chargeback

    @property
    def url(self) -> str:
        return reverse("admin:chargeback", args=[self.chargeback.public_id])

    @property
    def state(self) -> str:
        return in_words(self.chargeback)

    @property
    def kind(self) -> str:
        return self.chargeback.get_kind_display()


def in_words(chargeback: Chargeback) -> str:
    """Its state; an open one is contested or still to be answered."""
    if chargeback.state != ChargebackState.OPEN:
        return str(chargeback.state)
    return "CONTESTED" if chargeback.contested_at else "UNANSWERED"


@console.page(
    path="chargebacks/", name="chargebacks", title="Chargebacks", nav=("Work", 20), permission=VIEW, key="b",
    filters=ChargebackFilter,
)  # fmt: skip
def chargeback_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first, with the last moment to answer."""
    form, livemode = ChargebackFilter(request.GET), console.is_live(request)
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = chargebacks.list_newest(livemode=livemode, state=form.wanted()).exclude(payment__public_id__in=hidden)
    waiting, late = chargebacks.count_unanswered(livemode=livemode, now=clock.now())
    listing = console.Listing(
        "chargebacks",
        [
            Column("Chargeback", "chargeback.public_id", "id"),
            Column("State", "state", "status"),
            Column("Amount", "chargeback.amount_minor", "money", currency="chargeback.currency"),
            Column("Answer by", "chargeback.respond_by", "time"),
            Column("What is said", "kind", hide_on_phone=True),
            Column("Owed late", "chargeback.late_minor", "money", currency="chargeback.currency", hide_on_phone=True),
            Column("Provider", "chargeback.payment.provider.party_id", hide_on_phone=True),
            Column("Opened", "chargeback.opened_at", "time", hide_on_phone=True),
        ],
        console.Keyset(found, by=("opened_at", "id")),
        "Chargebacks",
        draw=lambda rows: [ChargebackRow(row) for row in rows],
        empty="No payment is charged back",
        hint="What a card network takes back appears here, with the time by which it can be contested.",
    )
    context = {"form": form, "waiting": waiting, "late": late, "is_blind": bool(hidden)}
    return console.render_list(request, "payments/chargebacks.html", listing, context)


@console.page(
    path="chargebacks/<str:chargeback_id>/",
    name="chargeback",
    title="Chargeback",
    permission=VIEW,
    shows=console.Shows("chargeback", "chargeback_id"),
)
def chargeback_page(request: HttpRequest, chargeback_id: str) -> HttpResponse:
    """Who bears it, what is said against it, and what happens if nobody acts."""
    chargeback = _find(request, chargeback_id)
    if chargeback.payment.public_id in agreement.hidden_from(console.actor(request)).payments:
        return HttpResponseRedirect(reverse("admin:payment", args=[chargeback.payment.public_id]))
    return _page(request, chargeback, EvidenceForm(initial={"evidence": evidence.draft(chargeback)}))


@console.page(
    path="chargebacks/<str:chargeback_id>/contest/",
    name="chargeback_contest",
    title="Contest a chargeback",
    permission=REFUND,
    methods=("POST",),
)
def chargeback_contest(request: HttpRequest, chargeback_id: str) -> HttpResponse:
    """The network reads it once."""
    chargeback, form = _find(request, chargeback_id), EvidenceForm(request.POST)
    if not form.is_valid():
        return _page(request, chargeback, form, status=400)
    return _answered(
        request, chargeback, chargeback_answers.contest, "The evidence is sent.", evidence=form.cleaned_data["evidence"]
    )


@console.page(
    path="chargebacks/<str:chargeback_id>/accept/",
    name="chargeback_accept",
    title="Accept a chargeback",
    permission=REFUND,
    methods=("POST",),
)
def chargeback_accept(request: HttpRequest, chargeback_id: str) -> HttpResponse:
    """The money stays with the card's holder."""
    chargeback = _find(request, chargeback_id)
    return _answered(request, chargeback, chargeback_answers.accept, "The chargeback is accepted.")


def _answered(
    request: HttpRequest, chargeback: Chargeback, verb: Callable[..., Chargeback], done: str, **said: str
) -> HttpResponse:
    try:
        verb(
            chargeback_id=chargeback.public_id,
            livemode=chargeback.livemode,
            actor=console.actor(request),
            now=clock.now(),
            **said,
        )
    except Refusal as refused:
        messages.error(request, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("admin:chargeback", args=[chargeback.public_id]))


def _find(request: HttpRequest, chargeback_id: str) -> Chargeback:
    try:
        return chargebacks.get(chargeback_id, livemode=console.is_live(request))
    except ChargebackNotFound as unknown:
        raise Http404 from unknown


def _page(request: HttpRequest, chargeback: Chargeback, form: EvidenceForm, *, status: int = 200) -> HttpResponse:
    now = clock.now()
    is_open = chargeback.state == ChargebackState.OPEN and chargeback.contested_at is None
    context = {
        "chargeback": chargeback,
        "state": in_words(chargeback),
        "is_open": is_open,
        "is_late": is_open and chargeback.respond_by <= now,
        "may_answer": request.user.has_perm(REFUND),
        "form": form,
        "money": _money(chargeback),
        "facts": _facts(chargeback),
        "replaced": chargeback.refunds_replaced.order_by("id"),
    }
    return console.render(request, "payments/chargeback.html", context, status=status)


def _money(chargeback: Chargeback) -> list[Fact]:
    """Every part leads to the account that bears it, the whole to its entry."""
    payment, currency = chargeback.payment, chargeback.currency
    payee = payment.provider or payment.customer
    parts = [
        ("Platform fee", chargeback.fee_minor, chart.FEES_PLATFORM, ""),
        ("Was still held", chargeback.held_minor, entries.beneficiary(payment), ""),
        ("Had been released", chargeback.late_minor, chart.returns_receivable(payee.party_id), "owed by the payee"),
        (
            "Had been refunded",
            chargeback.beyond_minor,
            chart.returns_receivable(payment.customer.party_id),
            "went back twice",
        ),
    ]
    facts = [
        Fact(
            "Taken", chargeback.amount_minor, "money", currency, url=reverse("admin:entry", args=[chargeback.entry_id])
        )
    ]
    facts += [
        Fact(label, minor, "money", currency, url=reverse("admin:account", args=[account]), hint=hint)
        for label, minor, account, hint in parts
        if minor
    ]
    if chargeback.return_entry_id:
        url = reverse("admin:entry", args=[chargeback.return_entry_id])
        facts.append(Fact("Has come back", chargeback.amount_minor, "money", currency, url=url))
    return facts


def _facts(chargeback: Chargeback) -> list[Fact]:
    facts = [
        Fact("Payment", chargeback.payment.public_id, "code", url=_payment_url(chargeback.payment)),
        Fact("What is said", chargeback.get_kind_display(), hint=f"reason {chargeback.reason_code}"),
        Fact("The network's name", chargeback.network_reference, "code", hint=chargeback.gateway),
        Fact("Opened", chargeback.opened_at, "stamp"),
        Fact("Answer by", chargeback.respond_by, "stamp"),
        Fact("Contested", chargeback.contested_at, "stamp", hint=chargeback.contested_by.partition(":")[2]),
        Fact("Ended", chargeback.closed_at, "stamp", hint=chargeback.closed_by.partition(":")[2]),
        Fact("Settled", chargeback.settled_at, "stamp"),
        Fact("Settled back", chargeback.returned_at, "stamp"),
    ]
    return [fact for fact in facts if fact.value]


def _payment_url(payment: Payment) -> str:
    return reverse("admin:payment", args=[payment.public_id])
