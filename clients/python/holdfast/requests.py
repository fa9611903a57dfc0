"""What is sent: cards that do not print themselves, bodies in wire names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Required, TypedDict

from holdfast.types import Address


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A card for one call. Printing it shows the last four digits at most."""

    number: str
    expiry_month: int | str
    expiry_year: int | str
    cvc: str = ""

    def __repr__(self) -> str:
        return f"Card(ending {self.number[-4:]})" if len(self.number) > 8 else "Card(…)"

    def fields(self) -> dict[str, str]:
        fields = {
            "cardNumber": self.number,
            "expiryMonth": f"{int(self.expiry_month):02}",
            "expiryYear": str(self.expiry_year),
        }
        return fields | ({"cvc": self.cvc} if self.cvc else {})


class PaymentOrder(TypedDict, total=False):
    """What a payment is made of. `amount` in minor units; a `card` or a `card_token`."""

    amount: Required[int]
    customer_id: Required[str]
    card: Card
    card_token: str
    currency: str
    provider_id: str
    booking_id: str
    service_id: str
    payment_method: str
    metadata: Mapping[str, Any]
    email: str
    ip_address: str
    device_fingerprint: str
    billing_address: Address


class TransferOrder(TypedDict, total=False):
    """What a transfer is made of. A side with us may be the party itself; `customer_info` is in wire names."""

    from_account_id: Required[str]
    to_account_id: Required[str]
    amount: Required[int]
    transfer_type: Required[str]
    description: Required[str]
    customer_info: Required[Mapping[str, Any]]
    currency: str
    priority: str
    company_description: str
    sec_code: str
    effective_date: date
    escrow_id: str
    metadata: Mapping[str, Any]


class Place(TypedDict, total=False):
    """`limit` rows a page (1 to 100), from behind `cursor`."""

    limit: int
    cursor: str


class Window(Place, total=False):
    """Which part of a list; times with their zone."""

    created_gte: datetime
    created_gt: datetime
    created_lte: datetime
    created_lt: datetime


class PaymentFilter(Window, total=False):
    status: str
    customer_id: str
    provider_id: str


class TransferFilter(Window, total=False):
    state: str
    transfer_type: str
    purpose: str
    customer_id: str
    payer_id: str
    payee_id: str


class PayoutFilter(Window, total=False):
    party_id: str
    trigger: str


class ScheduleFilter(Window, total=False):
    party_id: str
    interval: str
    is_active: bool


class EscrowTerms(TypedDict, total=False):
    """The four blocks of the documented terms, in wire names. `side` is who proposes: PAYER or PAYEE."""

    escrow_conditions: Required[Sequence[Mapping[str, Any]]]
    release_conditions: Required[Mapping[str, Any]]
    timeout_policy: Required[Mapping[str, Any]]
    dispute_policy: Required[Mapping[str, Any]]
    side: str
    reason: str


class EscrowOrder(TypedDict, total=False):
    """What an escrow is made of: two parties, an amount in minor units, and terms in wire names."""

    payer_id: Required[str]
    payee_id: Required[str]
    amount: Required[int]
    currency: Required[str]
    escrow_conditions: Required[Sequence[Mapping[str, Any]]]
    release_conditions: Required[Mapping[str, Any]]
    timeout_policy: Required[Mapping[str, Any]]
    dispute_policy: Required[Mapping[str, Any]]
    service_id: str
    booking_id: str
    metadata: Mapping[str, Any]
    parties_confirm: bool
    payment_id: str


class EscrowFilter(Window, total=False):
    status: str
    payer_id: str
    payee_id: str
    booking_id: str


class PartyFilter(Window, total=False):
    type: str
    status: str


class BankAccountFilter(Window, total=False):
    status: str
    party_id: str


class EventFilter(Window, total=False):
    type: str
    subject_id: str


class DeliveryFilter(Window, total=False):
    status: str


def body(**fields: Any) -> dict[str, Any]:
    """The fields that are not None, in wire names. Values, `metadata` above all, stay as they are."""
    return {camel(name): value for name, value in fields.items() if value is not None}


def camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def query(filters: Mapping[str, Any]) -> dict[str, str]:
    """Filters of a list: `created_gte=datetime(…)` becomes `createdAt[gte]`, the others take wire names."""
    found: dict[str, str] = {}
    for name, value in filters.items():
        if value is None:
            continue
        bound = re.fullmatch(r"created_(gte|gt|lte|lt)", name)
        found[f"createdAt[{bound[1]}]" if bound else camel(name)] = _text(name, value)
    return found


def moment(name: str, value: datetime) -> str:
    """RFC 3339 in UTC. Raises ValueError for a time without its zone: the server would take it for one in UTC."""
    if value.tzinfo is None:
        raise ValueError(f"{name}: a time needs its zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(name: str, value: Any) -> str:
    return moment(name, value) if isinstance(value, datetime) else str(value)
