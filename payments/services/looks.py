"""What a payment's parties and card are remembered for, asked before the payment's first transaction begins.

The memory is in Redis, and nothing outside the database is asked within a transaction. An order that will be refused
is not asked about, because asking counts.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from core import ids
from core.api.once import Ticket
from core.errors import Refusal
from core.switches import services as switches
from core.switches.enums import Switch
from core.vault import cards
from core.vault.cards import CardDataEncryptionFailed, CardNames, CardToken
from fraud.decisions import AssessmentRequest
from fraud.features import store
from fraud.features.store import Seen
from fraud.services import memory
from payments.gateways.sandbox import cards as sandbox_cards
from payments.services import orders
from payments.services.orders import PaymentOrder


@dataclass(frozen=True, slots=True)
class Looked:
    """The id the payment will have, the names its card will have if it is new, and what fraud remembers."""

    payment_id: str
    names: CardNames | None
    seen: Seen


def look(order: PaymentOrder, *, ticket: Ticket, parts: list[str], livemode: bool, now: datetime) -> Looked:
    """Ask once a request: the same ticket gets the same answer. `parts` are the payment's scopes of switches."""
    payment_id = ids.payment(now)
    if not _will_be_tried(order, parts=parts, now=now):
        return Looked(payment_id, None, store.unasked(now=now))
    try:
        names, card_fingerprint = _card(order, livemode=livemode, now=now)
    except CardDataEncryptionFailed:
        return Looked(payment_id, None, store.unasked(now=now))
    request = AssessmentRequest(
        livemode=livemode,
        payer_id=order.customer_id,
        payee_id=order.provider_id,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payment_id=payment_id,
        card_fingerprint=card_fingerprint,
        ip_address=order.client.ip_address,
        device_id=order.client.device_fingerprint,
    )
    return Looked(payment_id, names, memory.look(request, now=now, reference=_reference(ticket)))


def fingerprint(token: CardToken | CardNames, number: str, *, livemode: bool) -> str:
    """Everybody may pay with a documented test number: such a card is told apart by customer, as its token is."""
    return token.token if not livemode and sandbox_cards.is_documented(number) else token.fingerprint


def _will_be_tried(order: PaymentOrder, *, parts: list[str], now: datetime) -> bool:
    try:
        orders.require_acceptable(order, now=now)
    except Refusal:
        return False
    return switches.is_open(Switch.PAYMENTS, now=now, scopes=parts)


def _card(order: PaymentOrder, *, livemode: bool, now: datetime) -> tuple[CardNames | None, str | None]:
    """Names for a new card, and what the card is counted by."""
    if order.card is not None:
        names = cards.name(card=order.card, party_id=order.customer_id, livemode=livemode, now=now)
        return names, fingerprint(names, order.card.number, livemode=livemode)
    stored = cards.find(order.card_token or "")
    if stored is None:
        return None, None
    is_documented = not livemode and sandbox_cards.looks_documented(stored.first6, stored.last4)
    return None, stored.token if is_documented else stored.fingerprint


def _reference(ticket: Ticket) -> str:
    """The same for the same request, and nothing anybody could read a key or a body from."""
    told = b"\x00".join((ticket.caller.encode(), ticket.key.encode(), ticket.request_hash))
    return hashlib.sha256(told).hexdigest()
