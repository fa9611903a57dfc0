"""The first transaction of a payment: everything that can be decided before the card network is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.enums import PARTY_CREATED_UNVERIFIED, PartyType
from compliance.models import Party
from compliance.services import parties
from compliance.services.parties import PartyRef
from core import ids
from core.actors import Actor
from core.database import rows
from core.parameters import services as parameters
from core.switches import services as switches
from core.switches.enums import Switch
from core.telemetry import context
from core.vault import cards
from core.vault.cards import CardData, CardNames, CardToken, CardTokenNotFound
from fraud.decisions import Assessment, AssessmentRequest
from fraud.enums import Recommendation
from fraud.services import assessments
from payments import fees, states
from payments.enums import PaymentStatus, Step
from payments.models import Payment
from payments.refusals import PaymentBlocked
from payments.services import looks, orders
from payments.services.looks import Looked
from payments.services.orders import PaymentOrder
from payments.states import Transition


@dataclass(frozen=True, slots=True)
class Accepted:
    """A stored payment and, in memory only, the card to charge. `payment.status` is PROCESSING or FAILED (blocked)."""

    payment: Payment
    card: CardData
    assessment: Assessment


def accept(
    order: PaymentOrder,
    *,
    looked: Looked,
    claim_id: int | None,
    gateway: str,
    livemode: bool,
    actor: Actor,
    now: datetime,
) -> Accepted:
    """Store the payment with its fraud decision. Raises a Refusal, and stores nothing, where it cannot be made.

    Within the caller's transaction, which also holds the claim on the idempotency key. `looked` is from before it.
    """
    money = orders.require_acceptable(order, now=now)
    switches.require_open(
        Switch.PAYMENTS, now=now, scopes=scopes(gateway, order.customer_id, order.provider_id), amount=money
    )
    customer, provider, flags = _parties(order, livemode=livemode, actor=actor, now=now)
    payment_id, transaction_id = looked.payment_id, ids.transaction(now)
    card, token = _card(order, payment_id=payment_id, names=looked.names, livemode=livemode, actor=actor, now=now)
    fingerprint = looks.fingerprint(token, card.number, livemode=livemode)
    assessment = assessments.evaluate(
        _assessment_request(order, payment_id, transaction_id, token, fingerprint, customer, provider, livemode),
        seen=looked.seen,
        now=now,
    )
    split = fees.split_at(money, at=now)
    blocked = assessment.recommendation == Recommendation.BLOCK
    status = states.next_state(PaymentStatus.PENDING, Transition.REFUSE if blocked else Transition.SUBMIT)
    payment = Payment(
        public_id=payment_id,
        transaction_id=transaction_id,
        livemode=livemode,
        status=status,
        step=Step.DONE if blocked else Step.AUTHORISE,
        failure_code=PaymentBlocked.code if blocked else "",
        resume_at=None if blocked else now + resume_after(now),
        amount_minor=money.minor,
        currency=money.currency.code,
        fee_basis_points=split.basis_points,
        fee_minor=split.fee.minor,
        net_minor=split.net.minor,
        customer=customer,
        provider=provider,
        booking_id=order.booking_id,
        service_id=order.service_id,
        escrow_id=ids.escrow(now) if provider and order.booking_id else None,
        payment_method=order.payment_method,
        metadata=order.metadata,
        card_token=token.token,
        card_brand=token.brand,
        card_last4=token.last4,
        gateway=gateway,
        assessment_id=assessment.row_id,
        fraud_score=assessment.score,
        fraud_outcome=assessment.outcome,
        fraud_recommendation=assessment.recommendation,
        compliance_flags=flags,
        client=_client_facts(order, token, fingerprint),
        claim_id=claim_id,
        created_by=str(actor),
        request_id=context.request_id() or "",
        created_at=now,
        updated_at=now,
    )
    rows.insert(payment)
    return Accepted(payment, card, assessment)


def scopes(gateway: str, customer_id: str, provider_id: str | None) -> list[str]:
    """The parts of the platform that a payment and its refunds go through, as switches name them."""
    parts = [f"gateway:{gateway}", f"party:{customer_id}"]
    return [*parts, f"provider:{provider_id}"] if provider_id else parts


def resume_after(now: datetime) -> timedelta:
    return timedelta(seconds=parameters.read("payments.resume_after_seconds", at=now))


def _parties(
    order: PaymentOrder, *, livemode: bool, actor: Actor, now: datetime
) -> tuple[Party, Party | None, list[str]]:
    references = [PartyRef(order.customer_id, PartyType.CUSTOMER)]
    if order.provider_id:
        references.append(PartyRef(order.provider_id, PartyType.PROVIDER))
    ensured = parties.ensure_many(references=references, livemode=livemode, actor=actor, now=now)
    parties.require_good_standing(*(each.party for each in ensured.values()))
    created = [each.party.party_id for each in ensured.values() if each.created]
    flags = [f"{PARTY_CREATED_UNVERIFIED}:{party_id}" for party_id in sorted(created)]
    provider = ensured[order.provider_id].party if order.provider_id else None
    return ensured[order.customer_id].party, provider, flags


def _card(
    order: PaymentOrder, *, payment_id: str, names: CardNames | None, livemode: bool, actor: Actor, now: datetime
) -> tuple[CardData, CardToken]:
    """The card in memory and its token: the client's own card stored, or a stored card opened for this charge."""
    if order.card is not None:
        token = cards.tokenise(
            card=order.card, party_id=order.customer_id, livemode=livemode, actor=actor, now=now, names=names
        )
        return order.card, token
    assert order.card_token is not None
    known = cards.find(order.card_token)
    # A token made for one customer pays for nobody else, and one made for nobody is not a user's own; the caller learns
    # no more than that it does not exist.
    payers = {order.customer_id} if actor.kind == "USER" else {order.customer_id, None}
    if known is None or known.livemode != livemode or known.party_id not in payers:
        raise CardTokenNotFound
    reason = f"authorisation of {payment_id}"
    card = cards.reveal(token=known.token, reason=reason, actor=actor, now=now, livemode=livemode)
    cards.validate(card, now)
    return card, known


def _client_facts(order: PaymentOrder, token: CardToken, fingerprint: str) -> dict[str, str]:
    client = order.client
    facts = {
        "card_fingerprint": fingerprint,
        "card_bin": token.first6,
        "ip_address": client.ip_address,
        "device_id": client.device_fingerprint,
        "email_hash": assessments.email_hash(client.email),
        "billing_country": client.billing_country,
    }
    return {name: value for name, value in facts.items() if value}


def _assessment_request(
    order: PaymentOrder,
    payment_id: str,
    transaction_id: str,
    token: CardToken,
    fingerprint: str,
    customer: Party,
    provider: Party | None,
    livemode: bool,
) -> AssessmentRequest:
    return AssessmentRequest(
        livemode=livemode,
        payer_id=customer.party_id,
        payee_id=provider.party_id if provider else None,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payment_id=payment_id,
        transaction_id=transaction_id,
        payment_method=order.payment_method,
        card_fingerprint=fingerprint,
        card_bin=token.first6,
        card_brand=token.brand,
        ip_address=order.client.ip_address,
        device_id=order.client.device_fingerprint,
        email=order.client.email,
        billing_country=order.client.billing_country,
        payer_since=customer.created_at,
        payee_since=provider.created_at if provider else None,
    )
