"""Two-phase entries and holds: what is reserved is not available, and it moves or comes back exactly once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from core.money import Money
from ledger import chart
from ledger.models import OpenReservation
from ledger.selectors import balances, entries
from ledger.services import holds, journal, reservations, reversals
from ledger.services.refusals import (
    CaptureExceedsReservation,
    MalformedEntry,
    NotAReservation,
    ReservationExpired,
    ReservationSettled,
    UnbalancedEntry,
    UnknownEntry,
)
from ledger.services.writer import Leg, Posted

pytestmark = pytest.mark.django_db

ALICE = chart.provider_payable("alice")
BOB = chart.provider_payable("bob")
CLEARING = chart.ACH_CLEARING_OUT


def triple(account: str) -> tuple[int, int, int]:
    """Pending, posted, available."""
    balance = balances.get("test", account)
    return balance.pending.minor, balance.posted.minor, balance.available.minor


@pytest.fixture(autouse=True)
def _alice_has_1000(fund: Callable[[str, int], Posted]) -> None:
    fund(ALICE, 1000)


@pytest.fixture
def reserve(now: datetime) -> Callable[..., str]:
    def reserve(
        minor: int, *, key: str = "reserve", source: str = ALICE, target: str = CLEARING, **other: object
    ) -> str:
        return journal.post_pending(
            book="test",
            kind="payouts.requested",
            legs=[Leg.debit(source, Money(minor)), Leg.credit(target, Money(minor))],
            reference="po_1",
            idempotency_key=key,
            effective_at=now,
            now=now,
            **other,
        ).entry_id

    return reserve


def capture(entry_id: str, now: datetime, *legs: Leg, key: str = "capture") -> Posted:
    return journal.capture_pending(entry_id=entry_id, idempotency_key=key, effective_at=now, now=now, legs=legs)


def void(entry_id: str, now: datetime, key: str = "void") -> Posted:
    return journal.void_pending(entry_id=entry_id, reason="no longer wanted", idempotency_key=key, now=now)


def test_a_pending_payout_lowers_what_is_available_and_moves_nothing(reserve: Callable[..., str]) -> None:
    reserve(400)
    assert triple(ALICE) == (600, 1000, 600)
    assert triple(CLEARING) == (400, 0, 0), "incoming money is pending, not available"


def test_what_is_reserved_cannot_be_spent(reserve: Callable[..., str], move: Callable[..., Posted]) -> None:
    reserve(400)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        move(601, debit=ALICE, credit=BOB)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        reserve(601, key="another")
    move(600, debit=ALICE, credit=BOB)
    assert triple(ALICE) == (0, 400, 0)


def test_a_capture_moves_all_of_it(reserve: Callable[..., str], now: datetime) -> None:
    entry_id = reserve(400)
    answer = capture(entry_id, now)
    assert triple(ALICE) == (600, 600, 600)
    assert triple(CLEARING) == (400, 400, 400)
    captured = entries.get(answer.entry_id)
    assert (captured.settles, captured.kind, captured.reference) == (entry_id, "payouts.requested", "po_1")
    assert entries.get(entry_id).settled_by == answer.entry_id


def test_a_partial_capture_gives_the_rest_back(reserve: Callable[..., str], now: datetime) -> None:
    entry_id = reserve(400)
    capture(entry_id, now, Leg.debit(ALICE, Money(150)), Leg.credit(CLEARING, Money(150)))
    assert triple(ALICE) == (850, 850, 850)
    assert triple(CLEARING) == (150, 150, 150)


@pytest.mark.parametrize(
    "legs",
    [
        pytest.param([Leg.debit(ALICE, Money(401)), Leg.credit(CLEARING, Money(401))], id="more than reserved"),
        pytest.param([Leg.debit(CLEARING, Money(400)), Leg.credit(ALICE, Money(400))], id="the other way round"),
        pytest.param([Leg.debit(ALICE, Money(400)), Leg.credit(BOB, Money(400))], id="to somebody else"),
    ],
)
def test_a_capture_stays_within_what_was_reserved(reserve: Callable[..., str], now: datetime, legs: list[Leg]) -> None:
    entry_id = reserve(400)
    with pytest.raises(CaptureExceedsReservation), transaction.atomic():
        capture(entry_id, now, *legs)
    assert triple(ALICE) == (600, 1000, 600)


def test_a_void_gives_all_of_it_back(reserve: Callable[..., str], now: datetime) -> None:
    entry_id = reserve(400)
    void(entry_id, now)
    assert triple(ALICE) == (1000, 1000, 1000)
    assert triple(CLEARING) == (0, 0, 0)
    assert not OpenReservation.objects.exists()


def test_a_reservation_ends_once(reserve: Callable[..., str], now: datetime) -> None:
    entry_id = reserve(400)
    first = capture(entry_id, now)
    assert capture(entry_id, now) == Posted(first.entry_id, replayed=True)
    for again in (lambda: capture(entry_id, now, key="other"), lambda: void(entry_id, now)):
        with pytest.raises(ReservationSettled), transaction.atomic():
            again()
    assert triple(ALICE) == (600, 600, 600)


def test_only_a_reservation_is_captured(move: Callable[..., Posted], now: datetime) -> None:
    entry_id = move(100, debit=ALICE, credit=BOB).entry_id
    with pytest.raises(NotAReservation), transaction.atomic():
        capture(entry_id, now)
    with pytest.raises(UnknownEntry), transaction.atomic():
        capture("ent_nothing", now)


def test_a_reservation_is_voided_not_reversed(reserve: Callable[..., str], now: datetime) -> None:
    with pytest.raises(reversals.EntryNotReversible), transaction.atomic():
        reversals.reverse(entry_id=reserve(400), reason="x", idempotency_key="undo", now=now)


def test_a_captured_reservation_can_be_reversed_and_stays_settled(reserve: Callable[..., str], now: datetime) -> None:
    entry_id = reserve(400)
    answer = capture(entry_id, now)
    reversals.reverse(entry_id=answer.entry_id, reason="returned", idempotency_key="undo", now=now)
    assert triple(ALICE) == (1000, 1000, 1000)
    with pytest.raises(ReservationSettled), transaction.atomic():
        void(entry_id, now)


def test_an_expired_reservation_cannot_be_captured_and_gives_itself_back(
    reserve: Callable[..., str], now: datetime
) -> None:
    deadline = now + timedelta(days=7)
    entry_id = reserve(400, expires_at=deadline)
    assert reservations.expire_due(now=deadline - timedelta(seconds=1)) == 0
    with pytest.raises(ReservationExpired), transaction.atomic():
        capture(entry_id, deadline)
    assert reservations.expire_due(now=deadline) == 1
    assert triple(ALICE) == (1000, 1000, 1000)
    assert entries.list_for_reference("po_1")[-1].description == "EXPIRED"
    assert reservations.expire_due(now=deadline) == 0


def test_a_pending_entry_balances_too(now: datetime) -> None:
    with pytest.raises(UnbalancedEntry), transaction.atomic():
        journal.post_pending(
            book="test",
            kind="x",
            legs=[Leg.debit(ALICE, Money(2)), Leg.credit(BOB, Money(1))],
            reference="r",
            idempotency_key="k",
            effective_at=now,
            now=now,
        )


def place(now: datetime, minor: int, account: str = ALICE, key: str = "hold") -> str:
    return holds.place(
        book="test", account=account, amount=Money(minor), reference="dis_1", idempotency_key=key, now=now
    ).entry_id


def test_a_hold_keeps_money_where_it_is_and_out_of_reach(now: datetime, move: Callable[..., Posted]) -> None:
    place(now, 700)
    assert triple(ALICE) == (300, 1000, 300)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        move(301, debit=ALICE, credit=BOB)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        place(now, 301, key="second")


def test_a_released_hold_is_available_again(now: datetime) -> None:
    hold_id = place(now, 700)
    holds.release(hold_id=hold_id, reason="withdrawn", idempotency_key="release", now=now)
    assert triple(ALICE) == (1000, 1000, 1000)


def test_a_captured_hold_sends_its_money_anywhere(now: datetime) -> None:
    hold_id = place(now, 700)
    holds.capture(
        hold_id=hold_id,
        kind="disputes.split",
        legs=[
            Leg.debit(ALICE, Money(650)),
            Leg.credit(BOB, Money(600)),
            Leg.credit(chart.FEES_PLATFORM, Money(50)),
        ],
        idempotency_key="split",
        effective_at=now,
        now=now,
    )
    assert triple(ALICE) == (350, 350, 350), "650 went, the other 50 came back"
    assert triple(BOB) == (600, 600, 600)


@pytest.mark.parametrize(
    ("legs", "refusal"),
    [
        ([Leg.debit(ALICE, Money(701)), Leg.credit(BOB, Money(701))], CaptureExceedsReservation),
        ([Leg.debit(chart.BANK_TRUST, Money(5)), Leg.credit(BOB, Money(5))], CaptureExceedsReservation),
        ([], MalformedEntry),
    ],
)
def test_a_hold_is_captured_from_its_account_up_to_its_amount(
    now: datetime, legs: list[Leg], refusal: type[Exception]
) -> None:
    hold_id = place(now, 700)
    with pytest.raises(refusal), transaction.atomic():
        holds.capture(hold_id=hold_id, kind="x", legs=legs, idempotency_key="split", effective_at=now, now=now)


def test_a_hold_on_a_debit_account_takes_from_its_credit_side(now: datetime, move: Callable[..., Posted]) -> None:
    owed = chart.returns_receivable("alice")
    move(500, debit=owed, credit=chart.BANK_TRUST)
    place(now, 500, account=owed)
    assert triple(owed) == (0, 500, 0)


def test_a_hold_on_a_hot_account_sees_what_is_not_rolled_up(now: datetime, move: Callable[..., Posted]) -> None:
    move(100, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM)
    place(now, 80, account=chart.FEES_PLATFORM)
    assert triple(chart.FEES_PLATFORM) == (20, 100, 20)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        place(now, 21, account=chart.FEES_PLATFORM, key="more")
