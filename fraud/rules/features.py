"""The variables of the catalogue, from a request and what history says of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fraud.features import geography
from fraud.rules.catalogue import VARIABLES

DAY_SECONDS = 86_400
NIGHT_HOURS = range(6)
SATURDAY = 5
ROUND_MINOR = 10_000

# What a request says itself and only lists ask for.
IDENTITIES = ("customer_id", "seller_id", "card_fingerprint", "card_bin", "device_id", "ip_address", "email_hash")
# What history returns under its own name, as far as it knows it.
_COUNTED = [
    name
    for name in VARIABLES
    if name.startswith(("amount_to_", "customer_", "pair_", "card_", "ip_", "device_", "seller_"))
    and name
    not in {
        "customer_seconds_since_last",
        "customer_age_days",
        "seller_age_days",
        "card_brand",
        "card_funding",
        "ip_country",
        "ip_billing_km",
        "ip_shipping_km",
        *IDENTITIES,
    }
]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a request says itself, and what the sandbox tables say of its card and address.

    `identities` are the texts that lists name, by the name of their variable; what is missing is unknown.
    """

    amount_minor: int
    currency: str
    payment_method: str
    card_brand: str | None
    card_funding: str | None
    issuer_country: str | None
    ip_country: str | None
    billing_country: str | None
    shipping_country: str | None
    payer_since: datetime | None
    payee_since: datetime | None
    identities: Mapping[str, str | None] = field(default_factory=dict)


def derive(facts: Facts, *, history: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Every variable of the catalogue; None where it is not known. Ages are in days with a fraction."""
    values: dict[str, Any] = {
        "amount_minor": facts.amount_minor,
        "currency": facts.currency,
        "payment_method": facts.payment_method,
        "hour_utc": now.hour,
        "night": now.hour in NIGHT_HOURS,
        "weekend": now.weekday() >= SATURDAY,
        "round_amount": facts.amount_minor % ROUND_MINOR == 0,
        "card_brand": facts.card_brand,
        "card_funding": facts.card_funding,
        "issuer_country": facts.issuer_country,
        "ip_country": facts.ip_country,
        "billing_country": facts.billing_country,
        "shipping_country": facts.shipping_country,
        "ip_billing_km": geography.between_km(facts.ip_country, facts.billing_country),
        "ip_shipping_km": geography.between_km(facts.ip_country, facts.shipping_country),
        "billing_shipping_km": geography.between_km(facts.billing_country, facts.shipping_country),
        "customer_age_days": _age_days(facts.payer_since, history["customer_first_at"], now),
        # No seller is named where history did not count for one.
        "seller_age_days": None
        if history["seller_payments_7d"] is None
        else _age_days(facts.payee_since, history["seller_first_at"], now),
        "customer_seconds_since_last": _seconds_since(history["customer_last_at"], now),
    }
    for name in _COUNTED:
        values[name] = history.get(name)
    for name in IDENTITIES:
        values[name] = facts.identities.get(name)
    return values


def _age_days(registered: datetime | None, first_seen: datetime | None, now: datetime) -> float:
    """Since the earlier of registration and first payment; 0.0 for someone never seen before."""
    known = [moment for moment in (registered, first_seen) if moment is not None]
    return max((now - min(known)).total_seconds(), 0.0) / DAY_SECONDS if known else 0.0


def _seconds_since(moment: datetime | None, now: datetime) -> float | None:
    return (now - moment).total_seconds() if moment else None
