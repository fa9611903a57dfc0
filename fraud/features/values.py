"""The variables of a decision, from what the request says and what the feature store or the database remembers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fraud import data
from fraud.decisions import AssessmentRequest
from fraud.features import derived
from fraud.features.store import LONGEST_NAME, START, Seen
from fraud.identities import email_hash
from fraud.rules import features
from fraud.rules.catalogue import VARIABLES
from fraud.rules.features import Facts

AGES = ("customer_age_days", "seller_age_days")


def facts_of(request: AssessmentRequest) -> Facts:
    """What a request says itself, and the sandbox tables of its card and address."""
    issuer = data.find_issuer(request.card_bin)
    return Facts(
        amount_minor=request.amount_minor,
        currency=request.currency,
        payment_method=request.payment_method,
        card_brand=request.card_brand or (issuer.brand if issuer else None),
        card_funding=issuer.funding if issuer else None,
        issuer_country=issuer.country if issuer else None,
        ip_country=data.find_country(data.readable_ip(request.ip_address)),
        billing_country=request.billing_country or None,
        shipping_country=request.shipping_country or None,
        payer_since=request.payer_since,
        payee_since=request.payee_since,
        identities={
            "customer_id": request.payer_id,
            "seller_id": request.payee_id,
            "card_fingerprint": request.card_fingerprint,
            "card_bin": (request.card_bin or "")[:6] or None,
            "device_id": (request.device_id or "")[:LONGEST_NAME] or None,
            "ip_address": data.readable_ip(request.ip_address),
            "email_hash": request.email_hash or email_hash(request.email),
        },
    )


def from_store(request: AssessmentRequest, seen: Seen) -> dict[str, Any]:
    """Every variable, as of the moment the store was asked. `seen.raw` is not None."""
    raw = seen.raw or {}
    remembered = derived.derive(raw, amount_minor=request.amount_minor, at=seen.at)
    history = {
        **dict.fromkeys(VARIABLES),
        **remembered,
        "customer_first_at": _moment(raw["customer_first_at"]),
        "customer_last_at": _moment(raw["customer_last_at"]),
        "seller_first_at": _moment(raw["seller_first_at"]),
    }
    values = features.derive(facts_of(request), history=history, now=START + timedelta(microseconds=seen.at))
    # The store's own words go first; an age is the greater one, because a party may be older than its first payment.
    return {**values, **{name: value for name, value in remembered.items() if name not in AGES}}


def from_database(request: AssessmentRequest, history: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Every variable of the catalogue as far as PostgreSQL counts it; the others are not known."""
    known = {**dict.fromkeys(VARIABLES), **history}
    return {**dict.fromkeys(VARIABLES), **features.derive(facts_of(request), history=known, now=now)}


def from_nothing(request: AssessmentRequest, *, now: datetime) -> dict[str, Any]:
    """What the request says by itself; whatever needs a history is not known."""
    history = dict.fromkeys([*VARIABLES, "customer_first_at", "customer_last_at", "seller_first_at"])
    values = features.derive(facts_of(request), history=history, now=now)
    return {**values, **dict.fromkeys(AGES)}


def _moment(at: int | float) -> datetime | None:
    return START + timedelta(microseconds=int(at)) if at >= 0 else None
