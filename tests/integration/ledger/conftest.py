import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from core.money import Money
from ledger import chart
from ledger.services import journal
from ledger.services.writer import Leg, Posted


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


Post = Callable[..., Posted]


@pytest.fixture
def post(now: datetime) -> Post:
    """`post(Leg.debit(…), Leg.credit(…), key=…)` with everything else at a usual value."""
    numbers = itertools.count(1)

    def post(*legs: Leg, key: str = "", **other: Any) -> Posted:
        values = {
            "book": "test",
            "kind": "tests.moved",
            "reference": "pay_1",
            "effective_at": now,
            "now": now,
            "idempotency_key": key or f"key:{next(numbers)}",
        }
        return journal.post(legs=legs, **{**values, **other})

    return post


Move = Callable[..., Posted]


@pytest.fixture
def move(post: Post) -> Move:
    """`move(500, debit=account, credit=account)` in cents."""

    def move(minor: int, *, debit: str, credit: str, **other: Any) -> Posted:
        return post(Leg.debit(debit, Money(minor)), Leg.credit(credit, Money(minor)), **other)

    return move


@pytest.fixture
def fund(move: Move) -> Callable[[str, int], Posted]:
    """Money from the trust bank into an account that holds it for somebody."""

    def fund(account: str, minor: int) -> Posted:
        return move(minor, debit=chart.BANK_TRUST, credit=account)

    return fund
