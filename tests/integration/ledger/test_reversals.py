from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction

from ledger import chart
from ledger.selectors import balances, entries
from ledger.services import reversals
from ledger.services.writer import Posted

pytestmark = pytest.mark.django_db

ALICE = chart.provider_payable("alice")
BOB = chart.provider_payable("bob")


def undo(entry_id: str, now: datetime, key: str = "undo") -> Posted:
    return reversals.reverse(entry_id=entry_id, reason="posted by mistake", idempotency_key=key, now=now)


def test_a_reversal_mirrors_every_leg(fund: Callable[..., Posted], now: datetime) -> None:
    answer = undo(fund(ALICE, 500).entry_id, now)
    assert [(leg.account, leg.side, leg.amount.minor) for leg in entries.get(answer.entry_id).legs] == [
        (chart.BANK_TRUST, "CREDIT", 500),
        (ALICE, "DEBIT", 500),
    ]
    assert balances.get("test", ALICE).posted.minor == 0


def test_an_entry_is_reversed_once(fund: Callable[..., Posted], now: datetime) -> None:
    fund(ALICE, 500)
    entry_id = fund(ALICE, 500).entry_id
    first = undo(entry_id, now)
    assert undo(entry_id, now) == Posted(first.entry_id, replayed=True)
    with pytest.raises(reversals.EntryAlreadyReversed), transaction.atomic():
        undo(entry_id, now, key="again")
    assert balances.get("test", ALICE).posted.minor == 500


def test_a_reversal_is_final(fund: Callable[..., Posted], now: datetime) -> None:
    answer = undo(fund(ALICE, 500).entry_id, now)
    with pytest.raises(reversals.EntryNotReversible), transaction.atomic():
        undo(answer.entry_id, now, key="undo the undo")


def test_a_reversal_takes_no_money_that_is_gone(
    fund: Callable[..., Posted], move: Callable[..., Posted], now: datetime
) -> None:
    entry_id = fund(ALICE, 500).entry_id
    move(1, debit=ALICE, credit=BOB)
    with pytest.raises(reversals.AccountOverdrawn) as refused, transaction.atomic():
        undo(entry_id, now)
    assert refused.value.account == ALICE


def test_an_unknown_entry_cannot_be_reversed(now: datetime) -> None:
    with pytest.raises(reversals.UnknownEntry), transaction.atomic():
        undo("ent_nothing", now)
