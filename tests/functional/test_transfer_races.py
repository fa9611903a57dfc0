"""Transfers at one moment: a cancel against the cutoff, two payouts of one balance, the same news by two workers.

Real threads, real connections, real locks.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction

from ach.enums import EntryState
from ach.models import Entry
from core.actors import SYSTEM
from core.errors import Refusal
from ledger import chart
from ledger.models import Entry as LedgerEntry
from payments.models import Payout
from payments.selectors import transfers as register
from payments.services import payouts, transfer_bookings, transfers
from payments.services.payouts import PayoutOrder
from tests.factories import ach_transfers as ach
from tests.factories.ach_transfers import SELLER
from tests.factories.payments import NOW, ticket

pytestmark = pytest.mark.django_db(transaction=True)

PAYABLE = chart.provider_payable(SELLER)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """On threads that start at once; refusals come back as their codes."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait(20)
            return act()
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_cancel_and_a_cutoff_never_both_have_the_entry() -> None:
    for _ in range(4):
        ach.balance()
        before = ach.available(PAYABLE)
        transfer = ach.made()
        entry = ach.entry_of(transfer)

        def cancel(transfer_id: str = transfer.public_id) -> int:
            return transfers.cancel(
                transfer_id=transfer_id, ticket=ticket("ach_transfers.cancel"), livemode=False, actor=ach.BACKEND,
                now=NOW,
            ).status  # fmt: skip

        def cutoff(key: int = entry.pk) -> bool:
            """As a cutoff does: what waits and nobody holds goes into its file."""
            with transaction.atomic():
                waiting = Entry.objects.select_for_update(no_key=True, skip_locked=True)
                found = waiting.filter(pk=key, state=EntryState.WAITING).first()
                if found is not None:
                    ach.filed(found)
                return found is not None

        cancelled, is_filed = together(cancel, cutoff)
        after = register.get(transfer.public_id)
        if is_filed:
            assert (cancelled, after.state) == ("TRANSFER_STATE_FORBIDS", "SUBMITTED")
            assert ach.available(PAYABLE) == before - 46_000
        else:
            assert (cancelled, after.state, ach.available(PAYABLE)) == (200, "CANCELLED", before)


def test_one_balance_is_paid_out_once() -> None:
    ach.account(SELLER)
    ach.balance()

    def pay() -> str:
        return payouts.create(PayoutOrder(SELLER), livemode=False, actor=SYSTEM, now=NOW).public_id

    answers = together(*[pay] * 4)
    assert answers.count("INSUFFICIENT_BALANCE") == 3
    assert (Payout.objects.count(), ach.available(PAYABLE)) == (1, 0)


def test_the_same_news_by_four_workers_is_booked_once() -> None:
    ach.balance()
    transfer = ach.made()
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    ach.settled(entry)

    def follow() -> int:
        with transaction.atomic():
            return len(transfer_bookings.follow([entry.public_id], now=NOW))

    assert sorted(together(*[follow] * 4)) == [0, 0, 0, 2]
    assert LedgerEntry.objects.filter(reference=transfer.public_id).count() == 3, "reserved, sent, settled"
    assert (ach.held_by(PAYABLE), ach.held_by(chart.ACH_CLEARING_OUT)) == (54_000, 0)
