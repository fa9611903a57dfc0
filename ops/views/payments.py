"""The list of payments, and the page of one payment with everything that happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import console
from core.console.components import Column, Fact
from core.money import Currency, Money
from fraud import explanations
from fraud.selectors import agreement
from ops.forms import PaymentFilter
from ops.selectors import timelines
from payments import card_views
from payments.models import Payment
from payments.selectors import payments
from payments.selectors.payments import PaymentNotFound

VIEW, REFUND = "payments.view_payment", "payments.refund_payment"
HITS = 10

console.jump(prefix="pay_", label="Payment", to="admin:payment")
console.jump(prefix="txn_", label="Transaction", to="admin:payment_of_transaction")


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as a line of the list."""

    payment: Payment

    @property
    def url(self) -> str:
        return reverse("admin:payment", args=[self.payment.public_id])


@console.page(
    path="payments/", name="payments", title="Payments", nav=("Work", 10), permission=VIEW, key="p",
    filters=PaymentFilter,
)  # fmt: skip
def payment_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; every filter stands in the address."""
    form = PaymentFilter(request.GET)
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = payments.list_newest(form.filters(), livemode=console.is_live(request)).exclude(public_id__in=hidden)
    columns = [
        Column("Payment", "payment.public_id", "id"),
        Column("Status", "payment.status", "status"),
        Column("Amount", "payment.amount_minor", "money", currency="payment.currency"),
        Column("Score", "payment.fraud_score", "score", hide_on_phone=True),
        Column("Customer", "payment.customer.party_id", hide_on_phone=True),
        Column("Provider", "payment.provider.party_id", hide_on_phone=True),
        Column("Created", "payment.created_at", "time", hide_on_phone=True),
    ]
    listing = console.Listing(
        "payments",
        columns,
        console.Keyset(found, by=("created_at", "id")),
        "Payments",
        draw=lambda rows: [PaymentRow(payment) for payment in rows],
        empty="No payment fits",
        hint="Widen the filter.",
    )
    return console.render_list(request, "ops/payments.html", listing, {"form": form, "is_blind": bool(hidden)})


@console.page(
    path="payments/<str:payment_id>/",
    name="payment",
    title="Payment",
    permission=VIEW,
    shows=console.Shows("payment", "payment_id"),
)
def payment_page(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Amounts, parties, decision, and one timeline of request, fraud, gateway, ledger, escrow, settlement and audit."""
    try:
        payment = payments.get(payment_id, livemode=console.is_live(request))
    except PaymentNotFound as unknown:
        raise Http404 from unknown
    if blind := agreement.find_blinding_payment(payment_id=payment_id, actor=console.actor(request)):
        messages.info(request, "You are judging this payment again: what became of it is shown when you have decided.")
        return HttpResponseRedirect(reverse("admin:review", args=[blind.case_id]))
    story = timelines.get(payment)
    context = {
        "payment": payment,
        "story": story,
        "money": _money(payment),
        "people": _people(payment, card_url=_card_url(request, payment)),
        "decision": _decision(story),
        "may_refund": request.user.has_perm(REFUND),
        "why": explanations.explain(story.assessment) if story.assessment else None,
    }
    return console.render(request, "ops/payment.html", context)


@console.page(
    path="transactions/<str:identifier>/", name="payment_of_transaction", title="Transaction", permission=VIEW
)
def payment_of_transaction(request: HttpRequest, identifier: str) -> HttpResponse:
    """A transaction's page is its payment's."""
    found = Payment.objects.filter(transaction_id=identifier, livemode=console.is_live(request)).first()
    return _to(found)


@console.finds("Payments by card", permission=VIEW, shapes=["last 4"])
def find_by_last4(request: HttpRequest, text: str) -> list[console.Hit]:
    found = payments.list_by_last4(text, livemode=console.is_live(request))
    return [_hit(payment, f"card ending {text}") for payment in _told(request, found[:HITS])]


@console.finds("Payments", permission=VIEW)
def find_payments(request: HttpRequest, text: str) -> list[console.Hit]:
    """By the idempotency key it was asked with, or by one of its refunds."""
    livemode = console.is_live(request)
    by_key = payments.list_by_idempotency_key(text, livemode=livemode)
    hits = [_hit(payment, "idempotency key", exact=True) for payment in _told(request, by_key[:HITS])]
    if text.startswith("re_") and (refund := payments.find_refund(text, livemode=livemode)):
        hits += [_hit(payment, f"refund {text}", exact=True) for payment in _told(request, [refund.payment])]
    return hits


def _told(request: HttpRequest, found: Iterable[Payment]) -> list[Payment]:
    """Without those the person is judging again: their status says what was decided first."""
    hidden = agreement.hidden_from(console.actor(request)).payments
    return [payment for payment in found if payment.public_id not in hidden]


def _hit(payment: Payment, why: str, *, exact: bool = False) -> console.Hit:
    amount = Money(payment.amount_minor, Currency[payment.currency])
    detail = f"{amount} · {payment.get_status_display().lower()} · {payment.created_at:%d %b %Y %H:%M} UTC"
    return console.Hit(payment.public_id, reverse("admin:payment", args=[payment.public_id]), detail, why, exact)


def _to(payment: Payment | None) -> HttpResponse:
    if payment is None:
        raise Http404
    return HttpResponseRedirect(reverse("admin:payment", args=[payment.public_id]))


def _money(payment: Payment) -> list[Fact]:
    currency = payment.currency
    facts = [
        Fact("Amount", payment.amount_minor, "money", currency),
        Fact("Fees", payment.fee_minor, "money", currency, hint=f"{payment.fee_basis_points} basis points"),
        Fact("Net", payment.net_minor, "money", currency),
    ]
    if payment.refunded_minor:
        facts.append(Fact("Refunded", payment.refunded_minor, "money", currency))
    if payment.disputed_minor:
        facts.append(Fact("Disputed", payment.disputed_minor, "money", currency, url=_dispute_url(payment)))
    if payment.refundable_minor:
        facts.append(Fact("May still be refunded", payment.refundable_minor, "money", currency))
    return facts


def _dispute_url(payment: Payment) -> str:
    return reverse("admin:chargeback", args=[payment.dispute_id]) if payment.dispute_id else ""


def _people(payment: Payment, *, card_url: str) -> list[Fact]:
    facts = [
        _party("Customer", payment.customer.party_id),
        Fact("Card", f"{payment.card_brand.capitalize()} ending {payment.card_last4}", url=card_url),
        Fact("Booking", payment.booking_id),
        Fact("Service", payment.service_id),
        Fact("Escrow", payment.escrow_id, url=_escrow(payment)),
        Fact("Transaction", payment.transaction_id),
        Fact("Asked by", payment.created_by),
        Fact("Created", payment.created_at, "stamp"),
        Fact("Captured", payment.captured_at, "stamp"),
        Fact("Settled", payment.settled_at, "stamp"),
    ]
    if payment.provider:
        facts.insert(1, _party("Provider", payment.provider.party_id))
    return [fact for fact in facts if fact.value]


def _card_url(request: HttpRequest, payment: Payment) -> str:
    """For whoever may see the number; nobody else is led to a page that refuses them."""
    may = request.user.has_perm(card_views.REVEAL) and payment.card_token
    return reverse("admin:card", args=[payment.card_token]) if may else ""


def _party(role: str, party_id: str) -> Fact:
    """Leads to the party's payments."""
    return Fact(role, party_id, url=f"{reverse('admin:payments')}?{role.lower()}={party_id}")


def _escrow(payment: Payment) -> str:
    return reverse("admin:escrow", args=[payment.escrow_id]) if payment.escrow_id else ""


def _decision(story: timelines.Story) -> list[Fact]:
    payment, case = story.payment, story.case
    facts = [Fact("Score", payment.fraud_score, "score"), Fact("Outcome", payment.fraud_outcome, "status")]
    if story.assessment:
        facts.append(Fact("Rule set", story.assessment.rule_set_version, "number"))
    if case:
        facts.append(Fact("Case", case.case_id, "id"))
        if case.decided_at:
            facts.append(Fact("Decided", case.decision, "status", hint=case.decided_by))
        else:
            facts.append(Fact("If nobody acts", case.next_action_at, "stamp", hint="the hold is voided"))
    return facts
