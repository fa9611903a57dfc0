"""What is sent: cards that do not print themselves, bodies in wire names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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


class PartyFilter(Window, total=False):
    type: str
    status: str


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
        found[f"createdAt[{bound[1]}]" if bound else camel(name)] = _text(value)
    return found


def _text(value: Any) -> str:
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is None:
        raise ValueError("a time needs its zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
