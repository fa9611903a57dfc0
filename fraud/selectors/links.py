"""Who else paid with the same device, card, address, account, e-mail or phone: a customer's neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compliance.models import Party
from fraud.models import Observation, ReviewCase
from fraud.selectors import labels

ROWS_PER_LINK = 100
CUSTOMERS_PER_LINK = 6


@dataclass(slots=True)
class Linked:
    """Another customer at the same thing. `is_fraud` where one of these payments is known to be."""

    party_id: str
    payments: int = 0
    last_at: datetime | None = None
    last_payment_id: str = ""
    is_fraud: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One thing the customer pays with. `shown` never identifies a card or an address of e-mail."""

    kind: str
    shown: str
    customers: Sequence[Linked] = field(default_factory=tuple)
    more: int = 0


def find_observation(case: ReviewCase) -> Observation | None:
    """The payment of a case as history saw it; the customer's newest up to the opening where it has none."""
    if case.payment_id:
        return Observation.objects.filter(payment_id=case.payment_id).first()
    seen = Observation.objects.filter(livemode=case.livemode, payer_id=case.payer_id, at__lte=case.opened_at)
    return seen.order_by("-at").first()


def list_for(observation: Observation, *, as_of: datetime) -> list[Link]:
    """In the order of strength; a thing nobody else uses is there without customers.

    One statement for each thing that is known, one for the labels; at most the newest hundred payments of each.
    """
    found = [
        (kind, shown, _others(observation, condition)) for kind, shown, condition in _things(observation) if condition
    ]
    payment_ids = {row.payment_id for _, _, rows in found for row in rows}
    fraud = {payment_id for payment_id, label in labels.known(payment_ids, as_of=as_of).items() if label.is_fraud}
    links = [_link(kind, shown, rows, fraud) for kind, shown, rows in found]
    return [*links, *_phone(observation)]


def _things(seen: Observation) -> list[tuple[str, str, dict[str, Any]]]:
    is_card = seen.payment_method == "card"
    card = f"{seen.card_brand or 'card'} {seen.card_bin or ''}…" if is_card else seen.payment_method
    return [
        ("Device", seen.device_id or "", {"device_id": seen.device_id} if seen.device_id else {}),
        (
            "Card" if is_card else "Bank account",
            card,
            {"card_fingerprint": seen.card_fingerprint} if seen.card_fingerprint else {},
        ),
        ("IP address", seen.ip_address or "", {"ip_address": seen.ip_address} if seen.ip_address else {}),
        ("E-mail", "the same address", {"email_hash": seen.email_hash} if seen.email_hash else {}),
    ]


def _others(seen: Observation, condition: dict[str, Any]) -> list[Observation]:
    rows = Observation.objects.filter(livemode=seen.livemode, **condition).exclude(payer_id=seen.payer_id)
    return list(rows.only("payment_id", "payer_id", "at").order_by("-at")[:ROWS_PER_LINK])


def _link(kind: str, shown: str, rows: Sequence[Observation], fraud: set[str]) -> Link:
    customers: dict[str, Linked] = {}
    for row in rows:
        linked = customers.setdefault(row.payer_id, Linked(row.payer_id, 0, row.at, row.payment_id))
        linked.payments += 1
        linked.is_fraud = linked.is_fraud or row.payment_id in fraud
    # Those known for fraud first: they are what the reader looks for.
    ordered = sorted(customers.values(), key=lambda linked: not linked.is_fraud)
    return Link(kind, shown, ordered[:CUSTOMERS_PER_LINK], max(len(ordered) - CUSTOMERS_PER_LINK, 0))


def _phone(seen: Observation) -> list[Link]:
    """As the register has it; the number itself is not shown."""
    own = Party.objects.filter(livemode=seen.livemode, party_id=seen.payer_id).exclude(phone="").first()
    if own is None:
        return []
    others = Party.objects.filter(livemode=seen.livemode, phone=own.phone).exclude(party_id=own.party_id)
    found = [Linked(party.party_id, 0, None) for party in others.order_by("pk")[: CUSTOMERS_PER_LINK + 1]]
    return [Link("Phone", f"…{own.phone[-2:]}", found[:CUSTOMERS_PER_LINK], max(len(found) - CUSTOMERS_PER_LINK, 0))]
