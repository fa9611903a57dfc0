"""Who else paid with the same device, card, address, account, e-mail or phone: a customer's neighbours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compliance.models import BankAccount, Party
from compliance.selectors import bank_accounts
from compliance.selectors import parties as register
from fraud.models import Observation, ReviewCase
from fraud.selectors import labels

ROWS_PER_LINK = 100
CUSTOMERS_PER_LINK = 6
BANK_ACCOUNT, SELLERS_ACCOUNT, PHONE = "Bank account", "Seller's account", "Phone"


@dataclass(slots=True)
class Linked:
    """Another party at the same thing, a customer as a rule. `is_fraud` where one of these payments is known to be, or,
    at what the register has (an account, a phone), any payment the party made."""

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

    Of payments the newest hundred at each thing, one statement each and one for their labels. Of the register the two
    parties, their bank accounts, who else has those and the payer's phone; at most six statements, whoever is there.
    """
    found = [
        (kind, shown, _others(observation, condition)) for kind, shown, condition in _things(observation) if condition
    ]
    payment_ids = {row.payment_id for _, _, rows in found for row in rows}
    fraud = {payment_id for payment_id, label in labels.known(payment_ids, as_of=as_of).items() if label.is_fraud}
    links = [_link(kind, shown, rows, fraud) for kind, shown, rows in found]
    return [*links, *_registered(observation, as_of)]


def shared_with_seller(linked: Sequence[Link], payee_id: str | None) -> list[str]:
    """What the payer has in common with whom they pay: `Bank account`, `Phone`."""
    return [link.kind for link in linked if any(other.party_id == payee_id for other in link.customers)]


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


def _registered(seen: Observation, as_of: datetime) -> list[Link]:
    """What the register says of both parties; numbers themselves are not shown."""
    named = [party_id for party_id in (seen.payer_id, seen.payee_id) if party_id]
    known = register.list_by_id(party_ids=named, livemode=seen.livemode)
    payer, payee = known.get(seen.payer_id), known.get(seen.payee_id or "")
    found = [*_accounts(seen, payer, payee), *_phones(payer)]
    bad = labels.list_fraud_of({party_id for *_, parties in found for party_id in parties}, seen.livemode, as_of=as_of)
    return [_of_register(kind, shown, parties, bad, seen.payee_id) for kind, shown, parties in found]


def _accounts(seen: Observation, payer: Party | None, payee: Party | None) -> list[tuple[str, str, list[str]]]:
    """Accounts of whatever state, ended ones too, with who else has or had them; one that both have is the payer's."""
    parties = [party for party in (payer, payee) if party is not None]
    if not parties:
        return []
    own: dict[str, BankAccount] = {}
    held = BankAccount.objects.filter(party__in=parties).select_related("party").order_by("id").defer("sealed")
    for account in sorted(held, key=lambda account: account.party.party_id != seen.payer_id):
        own.setdefault(account.fingerprint, account)
    others: dict[str, dict[str, None]] = {fingerprint: {} for fingerprint in own}
    for account in bank_accounts.list_sharing(own):
        if account.party_id != own[account.fingerprint].party_id:
            others[account.fingerprint][account.party.party_id] = None
    return [
        (
            BANK_ACCOUNT if account.party.party_id == seen.payer_id else SELLERS_ACCOUNT,
            account.masked,
            list(others[fingerprint]),
        )
        for fingerprint, account in own.items()
    ]


def _phones(payer: Party | None) -> list[tuple[str, str, list[str]]]:
    if payer is None or not payer.phone:
        return []
    others = Party.objects.filter(livemode=payer.livemode, phone=payer.phone).exclude(pk=payer.pk).order_by("pk")
    return [(PHONE, f"…{payer.phone[-2:]}", list(others.values_list("party_id", flat=True)[:ROWS_PER_LINK]))]


def _of_register(kind: str, shown: str, parties: Sequence[str], bad: Collection[str], payee_id: str | None) -> Link:
    linked = [Linked(party_id, is_fraud=party_id in bad) for party_id in parties]
    ordered = sorted(linked, key=lambda other: (other.party_id != payee_id, not other.is_fraud))
    return Link(kind, shown, ordered[:CUSTOMERS_PER_LINK], max(len(ordered) - CUSTOMERS_PER_LINK, 0))
