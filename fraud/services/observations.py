"""Take down what payments saw: the history every later score is computed from."""

import functools
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.database import statements
from fraud import data
from fraud.enums import AttemptOutcome
from fraud.models import Observation as Row
from fraud.services import memory

INSERT = """
INSERT INTO fraud_observation (payment_id, transaction_id, livemode, payer_id, payee_id, amount_minor, currency,
    payment_method, card_fingerprint, card_bin, card_brand, issuer_country, ip_address, ip_country, device_id,
    email_hash, billing_country, shipping_country, outcome, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (payment_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Observation:
    """One attempted payment and how it ended.

    `card_fingerprint` is anything stable per card that is not its number (the vault's blind index or the token);
    `card_bin` its first six digits; `email_hash` a keyed hash; countries are ISO 3166 alpha-2.
    """

    payment_id: str
    transaction_id: str
    livemode: bool
    payer_id: str
    payee_id: str | None
    amount_minor: int
    currency: str
    outcome: AttemptOutcome
    at: datetime
    payment_method: str = "card"
    card_fingerprint: str | None = None
    card_bin: str | None = None
    card_brand: str | None = None
    ip_address: str | None = None
    device_id: str | None = None
    email_hash: str | None = None
    billing_country: str | None = None
    shipping_country: str | None = None


def record(observation: Observation) -> None:
    """In the caller's transaction; the feature store is told after it. The same payment told twice counts once."""
    issuer = data.find_issuer(observation.card_bin)
    ip_address = data.readable_ip(observation.ip_address)
    ip_country, device_id = data.find_country(ip_address), (observation.device_id or "")[:128] or None
    statements.execute(
        INSERT,
        [
            observation.payment_id,
            observation.transaction_id,
            observation.livemode,
            observation.payer_id,
            observation.payee_id or None,
            observation.amount_minor,
            observation.currency,
            observation.payment_method,
            observation.card_fingerprint or None,
            (observation.card_bin or "")[:6] or None,
            observation.card_brand or (issuer.brand if issuer else None),
            issuer.country if issuer else None,
            ip_address,
            ip_country,
            device_id,
            observation.email_hash or None,
            observation.billing_country or None,
            observation.shipping_country or None,
            AttemptOutcome(observation.outcome).value,
            observation.at,
        ],
    )
    kept = Row(
        payment_id=observation.payment_id,
        livemode=observation.livemode,
        payer_id=observation.payer_id,
        payee_id=observation.payee_id or None,
        amount_minor=observation.amount_minor,
        card_fingerprint=observation.card_fingerprint or None,
        ip_address=ip_address,
        ip_country=ip_country,
        device_id=device_id,
        outcome=AttemptOutcome(observation.outcome).value,
        at=observation.at,
    )
    transaction.on_commit(functools.partial(memory.tell_ended, kept, now=observation.at), robust=True)
