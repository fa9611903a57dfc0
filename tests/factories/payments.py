"""Payments for tests: the documented example, and what a test wants different."""

import hashlib
import itertools
import uuid
from datetime import UTC, datetime
from typing import Any

from core.actors import Actor
from core.api.once import Ticket
from core.vault.cards import CardData
from core.work import brokers
from fraud.features import store
from payments.answers import Answer
from payments.services import payments
from payments.services.orders import Client, PaymentOrder

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
BACKEND = Actor("API_KEY", "key_test", frozenset({"payments:write"}))
_keys = itertools.count(1)

VISA = "4242424242424242"


def card(number: str = VISA, cvc: str | None = "123") -> CardData:
    return CardData(number, "12", "2031", cvc)


def order(number: str = VISA, **different: Any) -> PaymentOrder:
    wanted: dict[str, Any] = {
        "amount_minor": 50_000,
        "currency": "USD",
        "customer_id": "cus_abc123def456",
        "provider_id": "prov_xyz789ghi012",
        "booking_id": "book_service_001",
        "card": card(number),
        "metadata": {"order_id": "12345", "description": "Photography Service"},
        "client": Client(),
    }
    return PaymentOrder(**wanted | different)


def forget_payments() -> None:
    """A feature store without a payment in it: what an earlier example paid with the same card counts for nothing."""
    store.PREFIX = f"test:{uuid.uuid4().hex}:"
    brokers.client(brokers.Database.FEATURES, timeout_seconds=2).set(store.key(store.EPOCH), "1", ex=3600)


def ticket(operation: str = "payments.create", *, key: str = "", body: str = "") -> Ticket:
    """A request's idempotency key and what was asked; a new key unless one is named."""
    return Ticket("marketplace:test", key or f"key-{next(_keys)}", hashlib.sha256(body.encode()).digest(), operation)


def pay(number: str = VISA, *, key: Ticket | None = None, now: datetime = NOW, **different: Any) -> Answer:
    """Take a payment through the service, as the API does."""
    return payments.create(order(number, **different), ticket=key or ticket(), livemode=False, actor=BACKEND, now=now)
