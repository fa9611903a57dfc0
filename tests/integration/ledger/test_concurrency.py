"""Many sessions at once: real threads, real commits."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from core.money import Money
from ledger import chart
from ledger.selectors import balances
from ledger.services import holds, journal, reversals, writer
from ledger.services.refusals import EntryAlreadyReversed, ReservationSettled
from ledger.services.writer import Leg, Posted, Request
from ledger.verification import services as verification

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALICE = chart.provider_payable("alice")
BOB = chart.provider_payable("bob")


def together(threads: int, work: Callable[[int], Any]) -> list[Any]:
    """`work(n)` in that many threads that start at one moment, each with a connection of its own."""
    barrier = threading.Barrier(threads)

    def run(number: int) -> Any:
        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def move(minor: int, *, debit: str, credit: str, key: str) -> Posted:
    return journal.post(
        book="test",
        kind="tests.moved",
        legs=[Leg.debit(debit, Money(minor)), Leg.credit(credit, Money(minor))],
        reference="pay_1",
        idempotency_key=key,
        effective_at=NOW,
        now=NOW,
    )


def posted(account: str) -> int:
    return balances.get("test", account).posted.minor


def total_of_all_but(account: str) -> int:
    """All other balances, rows and deltas, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT -sum(a.sign * (b.posted_minor + coalesce(d.posted, 0))) FROM ledger_account a"
            " JOIN ledger_balance b ON b.account_id = a.id LEFT JOIN (SELECT account_id, sum(posted_minor) AS posted"
            " FROM ledger_delta GROUP BY 1) d ON d.account_id = a.id WHERE a.code <> %s",
            [account],
        )
        return int(cursor.fetchone()[0])


def assert_whole() -> None:
    assert [outcome for outcome in verification.verify() if outcome.difference_count] == []


@pytest.mark.parametrize("source", [ALICE, chart.FEES_PLATFORM], ids=["normal account", "hot account"])
def test_32_threads_draining_an_account_take_exactly_what_is_there(source: str) -> None:
    """100 units, 32 threads trying 200 times in all, a reader watching: 100 succeed and nobody ever sees a minus."""
    for number in range(100):
        move(1, debit=chart.BANK_TRUST, credit=source, key=f"fund:{number}")
    done = threading.Event()
    lowest: list[int] = []

    def watch() -> None:
        while not done.is_set():
            lowest.append(posted(source))
        connection.close()

    def drain(thread: int) -> Counter[str]:
        results: Counter[str] = Counter()
        for attempt in range(thread, 200, 32):
            try:
                move(1, debit=source, credit=chart.reserve(f"r{attempt % 7}"), key=f"drain:{attempt}")
                results["moved"] += 1
            except journal.AccountOverdrawn:
                results["refused"] += 1
        return results

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        total = sum(together(32, drain), Counter())
    finally:
        done.set()
        watcher.join()
    assert total == {"moved": 100, "refused": 100}
    assert posted(source) == 0
    assert min(lowest) >= 0
    assert_whole()


def test_one_key_from_20_threads_is_one_entry() -> None:
    answers = together(20, lambda _: move(500, debit=chart.BANK_TRUST, credit=ALICE, key="once"))
    assert len({answer.entry_id for answer in answers}) == 1
    assert Counter(answer.replayed for answer in answers) == {False: 1, True: 19}
    assert posted(ALICE) == 500


def test_an_account_opened_by_20_threads_at_once_is_one_account() -> None:
    def first_posting(number: int) -> Posted:
        ours, theirs = chart.escrow_held("ESC_a"), chart.reserve("z")
        return move(10, debit=chart.SUSPENSE, credit=(ours, theirs)[number % 2], key=f"first:{number}")

    together(20, first_posting)
    assert posted(chart.escrow_held("ESC_a")) == 100
    assert posted(chart.reserve("z")) == 100
    assert_whole()


def test_one_entry_reversed_by_10_threads_is_reversed_once() -> None:
    entry_id = move(500, debit=chart.BANK_TRUST, credit=ALICE, key="fund").entry_id
    move(500, debit=chart.BANK_TRUST, credit=ALICE, key="fund more")

    def undo(number: int) -> str:
        try:
            reversals.reverse(entry_id=entry_id, reason="x", idempotency_key=f"undo:{number}", now=NOW)
        except EntryAlreadyReversed:
            return "refused"
        return "reversed"

    assert Counter(together(10, undo)) == {"reversed": 1, "refused": 9}
    assert posted(ALICE) == 500


def test_one_hold_captured_and_released_at_once_ends_once() -> None:
    move(500, debit=chart.BANK_TRUST, credit=ALICE, key="fund")
    hold_id = holds.place(
        book="test", account=ALICE, amount=Money(400), reference="d", idempotency_key="hold", now=NOW
    ).entry_id

    def end(number: int) -> str:
        try:
            if number % 2:
                holds.release(hold_id=hold_id, reason="x", idempotency_key=f"end:{number}", now=NOW)
                return "released"
            holds.capture(
                hold_id=hold_id,
                kind="x",
                legs=[Leg.debit(ALICE, Money(400)), Leg.credit(BOB, Money(400))],
                idempotency_key=f"end:{number}",
                effective_at=NOW,
                now=NOW,
            )
        except ReservationSettled:
            return "refused"
        return "captured"

    results = Counter(together(10, end))
    assert results["refused"] == 9
    balance = balances.get("test", ALICE)
    assert balance.posted == balance.available == Money(100 if results["captured"] else 500)


def test_batches_in_opposite_orders_do_not_lock_each_other_out() -> None:
    """Each batch moves money round a ring of accounts that have some; half of them backwards, with refunds of fees."""
    ring = [chart.provider_payable(f"p{number}") for number in range(8)]
    for number, account in enumerate([*ring, chart.FEES_PLATFORM]):
        move(10_000, debit=chart.BANK_TRUST, credit=account, key=f"fund:{number}")

    def batch(thread: int) -> None:
        order = ring if thread % 2 else ring[::-1]
        for attempt in range(5):
            requests = [
                Request(
                    book="test",
                    kind="tests.ring",
                    reference="ring",
                    legs=[
                        Leg.debit(source, Money(3)),
                        Leg.debit(chart.FEES_PLATFORM, Money(1)),
                        Leg.credit(target, Money(4)),
                    ],
                    idempotency_key=f"{thread}:{attempt}:{source}",
                    effective_at=NOW,
                )
                for source, target in zip(order, [*order[1:], order[0]], strict=True)
            ]
            journal.post_many(requests, now=NOW)
            move(1, debit=random.choice(ring), credit=chart.FEES_PLATFORM, key=f"single:{thread}:{attempt}")

    together(8, batch)
    assert sum(posted(account) for account in ring) + posted(chart.FEES_PLATFORM) == 90_000
    assert_whole()


def test_the_bank_never_changes_its_total_under_any_read() -> None:
    """Transfers between hot and normal accounts beside the roll-up and readers that sum all accounts at once."""
    accounts = [chart.provider_payable(f"p{number}") for number in range(6)]
    hot = [chart.SUSPENSE, chart.ACH_CLEARING_OUT, chart.FEES_PLATFORM]
    for number, account in enumerate([*accounts, *hot]):
        move(1_000, debit=chart.BANK_OPERATING, credit=account, key=f"fund:{number}")
    stop = time.monotonic() + 3
    sums: list[int] = []

    def work(number: int) -> int:
        chance = random.Random(number)
        count = 0
        while time.monotonic() < stop:
            count += 1
            if number == 0:
                writer.roll_up(now=NOW)
                time.sleep(0.02)
            elif number <= 2:
                sums.append(total_of_all_but("bank:operating"))
            else:
                source, target = chance.sample([*accounts, *hot], 2)
                try:
                    move(chance.randint(1, 400), debit=source, credit=target, key=f"{number}:{count}")
                except journal.AccountOverdrawn:
                    continue
        return count

    together(8, work)
    assert len(sums) > 10
    assert set(sums) == {9_000}
    assert posted(chart.BANK_OPERATING) == 9_000
    assert_whole()


def test_a_hot_account_does_not_make_others_wait() -> None:
    """One session keeps a payment with fees uncommitted; another posts fees meanwhile. On a normal account it waits."""
    move(100, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM, key="open")
    move(100, debit=chart.ACQUIRER_RECEIVABLE, credit=ALICE, key="open alice")

    def other(account: str) -> str:
        def post() -> str:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
                try:
                    move(1, debit=chart.ACQUIRER_RECEIVABLE, credit=account, key=f"other:{account}")
                except OperationalError as error:
                    return type(error).__name__
            return "posted"

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: (post(), connection.close())[0]).result()

    with transaction.atomic():
        move(1, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM, key="first")
        move(1, debit=chart.ACQUIRER_RECEIVABLE, credit=ALICE, key="first alice")
        assert other(chart.FEES_PLATFORM) == "posted"
        assert other(ALICE) == "OperationalError", "the control: a normal account is locked until commit"
    assert posted(chart.FEES_PLATFORM) == 102


def test_a_session_killed_in_the_middle_leaves_nothing_half() -> None:
    move(500, debit=chart.BANK_TRUST, credit=ALICE, key="fund")
    ready, killed = threading.Event(), threading.Event()
    backend: list[int] = []

    def victim() -> str:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend.append(cursor.fetchone()[0])
                move(300, debit=ALICE, credit=BOB, key="victim")
                ready.set()
                killed.wait(10)
                move(100, debit=ALICE, credit=BOB, key="victim two")
        except DatabaseError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "committed"

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(victim)
        assert ready.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", backend)
        killed.set()
        assert result.result() in {"OperationalError", "InterfaceError"}
    assert (posted(ALICE), posted(BOB)) == (500, 0)
    assert_whole()
    assert move(300, debit=ALICE, credit=BOB, key="victim").replayed is False, "the key is free again"
