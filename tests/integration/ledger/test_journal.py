"""What one entry may and may not be, and that every refusal has its name."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.money import Currency, Money
from ledger import chart
from ledger.models import Account, AccountKind, Delta, Entry, Posting
from ledger.selectors import balances, entries
from ledger.services import journal, writer
from ledger.services.writer import Leg, Posted, Request

pytestmark = pytest.mark.django_db

ALICE = chart.provider_payable("alice")
BOB = chart.provider_payable("bob")
ESCROW = chart.escrow_held("ESC_1703123456789_ABCDEF12")


def posted(account: str, currency: Currency = Currency.USD, book: str = "test") -> int:
    return balances.get(book, account, currency).posted.minor


def test_the_chart_in_the_database_is_the_chart_in_the_code() -> None:
    rows = AccountKind.objects.values_list(
        "prefix", "per_owner", "sign", "min_balance_minor", "hot", "one_currency", "title"
    )
    assert set(rows) == {
        (k.prefix, k.per_owner, k.sign, k.min_balance_minor, k.hot, k.one_currency, k.title) for k in chart.KINDS
    }


def test_an_entry_costs_one_statement(move: Callable[..., Posted]) -> None:
    with CaptureQueriesContext(connection) as queries:
        move(500, debit=chart.BANK_TRUST, credit=ESCROW)
    assert len(queries) == 1


def test_a_hundred_entries_cost_one_statement(now: datetime) -> None:
    requests = [
        Request(
            book="test",
            kind="payouts.sent",
            reference=f"po_{number}",
            legs=[Leg.debit(chart.BANK_TRUST, Money(number)), Leg.credit(ALICE, Money(number))],
            idempotency_key=f"po:{number}",
            effective_at=now,
        )
        for number in range(100, 0, -1)
    ]
    with CaptureQueriesContext(connection) as queries:
        answers = journal.post_many(requests, now=now)
    assert len(queries) == 1
    assert posted(ALICE) == 5050
    assert [entries.get(answer.entry_id).reference for answer in answers[:2]] == ["po_100", "po_99"], "in their order"
    again = journal.post_many(requests, now=now)
    assert again == [Posted(answer.entry_id, replayed=True) for answer in answers]


def test_a_batch_is_all_or_nothing(now: datetime, fund: Callable[..., Posted]) -> None:
    fund(ALICE, 100)
    requests = [
        Request(
            book="test",
            kind="moved",
            reference="r",
            legs=[Leg.debit(source, Money(60)), Leg.credit(target, Money(60))],
            idempotency_key=f"batch:{source}",
            effective_at=now,
        )
        for source, target in ((ALICE, chart.reserve("x")), (BOB, chart.reserve("x")))
    ]
    with pytest.raises(journal.AccountOverdrawn) as refused, transaction.atomic():
        journal.post_many(requests, now=now)
    assert refused.value.account == BOB
    assert posted(ALICE) == 100


def test_an_empty_batch_is_nothing(now: datetime) -> None:
    assert journal.post_many([], now=now) == []


def test_an_account_opens_itself_once_with_the_rules_of_its_kind(fund: Callable[..., Posted]) -> None:
    fund(ESCROW, 500)
    fund(ESCROW, 500)
    account = Account.objects.get(code=ESCROW)
    assert (account.kind_id, account.sign, account.min_balance_minor, account.hot) == ("escrow_held", -1, 0, False)


def test_a_second_key_posts_again_and_the_same_key_does_not(move: Callable[..., Posted]) -> None:
    first = move(500, debit=chart.BANK_TRUST, credit=ALICE, key="once")
    second = move(500, debit=chart.BANK_TRUST, credit=ALICE, key="once")
    assert second == Posted(first.entry_id, replayed=True)
    assert posted(ALICE) == 500
    move(500, debit=chart.BANK_TRUST, credit=ALICE, key="twice")
    assert posted(ALICE) == 1000


def test_a_retry_at_a_later_hour_is_the_same_request(move: Callable[..., Posted], now: datetime) -> None:
    first = move(500, debit=chart.BANK_TRUST, credit=ALICE, key="once")
    later = now + timedelta(hours=3)
    assert move(500, debit=chart.BANK_TRUST, credit=ALICE, key="once", now=later, effective_at=later) == Posted(
        first.entry_id, replayed=True
    )


def test_a_retry_after_the_money_is_gone_still_answers_the_entry(
    move: Callable[..., Posted], fund: Callable[..., Posted]
) -> None:
    fund(ALICE, 500)
    first = move(500, debit=ALICE, credit=BOB, key="once")
    assert move(500, debit=ALICE, credit=BOB, key="once") == Posted(first.entry_id, replayed=True)


@pytest.mark.parametrize(
    "other",
    [
        {"minor": 501},
        {"debit": chart.BANK_OPERATING},
        {"credit": BOB},
        {"kind": "tests.other"},
        {"reference": "pay_2"},
        {"description": "other"},
    ],
)
def test_the_same_key_with_another_request_is_refused(move: Callable[..., Posted], other: dict) -> None:
    request = {"minor": 500, "debit": chart.BANK_TRUST, "credit": ALICE, "key": "once"}
    move(request.pop("minor"), **request)
    changed = {"minor": 500, **request, **other}
    with pytest.raises(journal.KeyReused), transaction.atomic():
        move(changed.pop("minor"), **changed)
    assert posted(ALICE) == 500


def test_the_books_do_not_know_each_other(move: Callable[..., Posted]) -> None:
    move(500, debit=chart.BANK_TRUST, credit=ALICE, key="once", book="test")
    answer = move(300, debit=chart.BANK_TRUST, credit=ALICE, key="once", book="live")
    assert answer.replayed is False, "a key belongs to one book"
    assert (posted(ALICE, book="test"), posted(ALICE, book="live")) == (500, 300)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        move(301, debit=ALICE, credit=BOB, book="live")


def test_an_entry_may_speak_two_currencies_if_each_balances(post: Callable[..., Posted]) -> None:
    eur = Money(900, Currency.EUR)
    post(
        Leg.debit(chart.BANK_TRUST, Money(1000)),
        Leg.credit(ALICE, Money(1000)),
        Leg.debit(chart.BANK_TRUST, eur),
        Leg.credit(ALICE, eur),
    )
    assert (posted(ALICE), posted(ALICE, Currency.EUR)) == (1000, 900)


def test_currencies_do_not_make_up_for_each_other(post: Callable[..., Posted]) -> None:
    with pytest.raises(journal.UnbalancedEntry), transaction.atomic():
        post(Leg.debit(chart.BANK_TRUST, Money(1000)), Leg.credit(ALICE, Money(1000, Currency.EUR)))
    assert not Entry.objects.exists()


def test_an_escrow_keeps_its_currency(post: Callable[..., Posted], fund: Callable[..., Posted]) -> None:
    fund(ESCROW, 500)
    eur = Money(500, Currency.EUR)
    with pytest.raises(journal.CurrencyMismatch), transaction.atomic():
        post(Leg.debit(chart.BANK_TRUST, eur), Leg.credit(ESCROW, eur))


@pytest.mark.parametrize("difference", [1, -1, 500])
def test_an_unbalanced_entry_is_refused(post: Callable[..., Posted], difference: int) -> None:
    with pytest.raises(journal.UnbalancedEntry), transaction.atomic():
        post(Leg.debit(chart.BANK_TRUST, Money(1000)), Leg.credit(ALICE, Money(1000 + difference)))


def test_one_leg_is_no_entry_and_none_neither(post: Callable[..., Posted]) -> None:
    for legs in ([], [Leg.debit(chart.BANK_TRUST, Money(1000))]):
        with pytest.raises(journal.MalformedEntry), transaction.atomic():
            post(*legs)


@pytest.mark.parametrize("minor", [0, -1])
def test_a_leg_has_an_amount_above_zero(minor: int) -> None:
    with pytest.raises(journal.MalformedEntry):
        Leg.debit(ALICE, Money(minor))


def test_the_database_refuses_a_zero_leg_too(post: Callable[..., Posted]) -> None:
    with pytest.raises(journal.MalformedEntry), transaction.atomic():
        post(Leg(ALICE, 0, "USD"), Leg(BOB, 0, "USD"))


def test_amounts_and_balances_have_limits_far_inside_64_bits(post: Callable[..., Posted]) -> None:
    limit = Money(10**15)
    post(Leg.debit(chart.BANK_TRUST, limit), Leg.credit(ALICE, limit))
    too_much = Money(10**15 + 1)
    with pytest.raises(journal.MalformedEntry), transaction.atomic():
        post(Leg.debit(chart.BANK_TRUST, too_much), Leg.credit(ALICE, too_much))


def test_a_balance_that_would_leave_its_limit_is_refused(post: Callable[..., Posted]) -> None:
    limit = Money(10**15)
    post(*[Leg.debit(chart.BANK_OPERATING, limit)] * 500, *[Leg.credit(ALICE, limit)] * 500)
    post(*[Leg.debit(chart.BANK_OPERATING, limit)] * 500, *[Leg.credit(ALICE, limit)] * 500)
    with pytest.raises(writer.refusals.BalanceOutOfRange), transaction.atomic():
        post(Leg.debit(chart.BANK_OPERATING, Money(1)), Leg.credit(ALICE, Money(1)))
    assert posted(ALICE) == 10**18


@pytest.mark.parametrize("account", ["cash", "escrow_held", "escrow_held:a b", "provider_payable:a,provider_payable:b"])
def test_an_account_outside_the_chart_is_refused_by_the_database(post: Callable[..., Posted], account: str) -> None:
    with pytest.raises((journal.UnknownAccount, journal.MalformedEntry)), transaction.atomic():
        post(Leg.debit(chart.BANK_TRUST, Money(5)), Leg.credit(account, Money(5)))
    assert not Account.objects.filter(code=account).exists()


def test_texts_beyond_their_columns_are_refused(move: Callable[..., Posted]) -> None:
    for texts in ({"reference": "x" * 101}, {"kind": "x" * 65}, {"key": "x" * 256}, {"description": "x" * 256}):
        with pytest.raises(journal.MalformedEntry), transaction.atomic():
            move(5, debit=chart.BANK_TRUST, credit=ALICE, **texts)


def test_a_debit_account_with_a_floor_refuses_credits_beyond_it(move: Callable[..., Posted]) -> None:
    owed = chart.returns_receivable("alice")
    move(300, debit=owed, credit=chart.BANK_TRUST)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        move(301, debit=chart.BANK_TRUST, credit=owed)
    move(300, debit=chart.BANK_TRUST, credit=owed)


def test_an_account_named_twice_is_judged_by_its_sum(post: Callable[..., Posted]) -> None:
    """Alice has nothing; she gets 100 and pays 30 in the same entry. Both lines stay."""
    post(
        Leg.debit(ALICE, Money(30)),
        Leg.credit(BOB, Money(30)),
        Leg.debit(chart.BANK_TRUST, Money(100)),
        Leg.credit(ALICE, Money(100)),
    )
    assert posted(ALICE) == 70
    lines = Posting.objects.filter(account__code=ALICE).order_by("leg")
    assert [line.amount_minor for line in lines] == [30, -100]
    assert {line.account_seq for line in lines} == {1}, "one movement, one link"


def test_a_hot_account_gets_deltas_and_its_balance_is_true_before_and_after_the_roll_up(
    move: Callable[..., Posted], now: datetime
) -> None:
    for _ in range(3):
        move(100, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM)
    assert Delta.objects.count() == 6
    assert posted(chart.FEES_PLATFORM) == 300
    assert writer.roll_up(now=now) == 6
    assert Delta.objects.count() == 0
    assert posted(chart.FEES_PLATFORM) == 300
    assert writer.roll_up(now=now) == 0


def test_a_hot_account_with_a_floor_cannot_be_overdrawn_by_what_is_not_rolled_up(move: Callable[..., Posted]) -> None:
    """Fees of 100 wait as a delta. A debit of 60 must see them; a second of 60 must not find them again."""
    move(100, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM)
    move(60, debit=chart.FEES_PLATFORM, credit=chart.ACQUIRER_RECEIVABLE)
    with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
        move(60, debit=chart.FEES_PLATFORM, credit=chart.ACQUIRER_RECEIVABLE)
    assert posted(chart.FEES_PLATFORM) == 40


def test_a_hot_account_without_a_floor_may_go_negative(move: Callable[..., Posted]) -> None:
    move(100, debit=chart.BANK_TRUST, credit=chart.ACQUIRER_RECEIVABLE)
    assert posted(chart.ACQUIRER_RECEIVABLE) == -100


def test_the_balance_of_an_account_nobody_used_is_zero() -> None:
    assert posted(ALICE) == 0
    with pytest.raises(journal.UnknownAccount):
        balances.get("test", "cash")


def test_a_refusal_inside_a_savepoint_leaves_the_transaction_usable(
    move: Callable[..., Posted], fund: Callable[..., Posted]
) -> None:
    with transaction.atomic():
        fund(ALICE, 100)
        with pytest.raises(journal.AccountOverdrawn), transaction.atomic():
            move(101, debit=ALICE, credit=BOB)
        move(100, debit=ALICE, credit=BOB)
    assert posted(BOB) == 100


def test_the_timeline_of_a_reference(post: Callable[..., Posted]) -> None:
    post(
        Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(50000)),
        Leg.credit(ESCROW, Money(46000)),
        Leg.credit(chart.FEES_PLATFORM, Money(4000)),
        reference="pay_7",
        kind="payments.captured",
    )
    with CaptureQueriesContext(connection) as queries:
        (entry,) = entries.list_for_reference("pay_7")
    assert len(queries) == 5
    assert [(leg.account, leg.side, leg.amount.minor) for leg in entry.legs] == [
        (chart.ACQUIRER_RECEIVABLE, "DEBIT", 50000),
        (ESCROW, "CREDIT", 46000),
        (chart.FEES_PLATFORM, "CREDIT", 4000),
    ]
