"""Whatever comes in which order, and however often: the books of an entry end the same, and nothing is lost."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.money import Currency, Money
from ledger import chart
from payments.transfer_money import Books, News, Step, Verb, plan

OWNER = "prov_seller_001"
PAYABLE, RESERVE = chart.provider_payable(OWNER), chart.reserve(OWNER)
AMOUNT = Money(46_000, Currency.USD)
# What the rail can say of an entry, in the order in which it happens; each is heard with all that came before it.
LIVES = [
    [News(cancelled=True)],
    [News(sent=True), News(sent=True, settled=True)],
    [News(sent=True), News(sent=True, returned=True)],
    [News(sent=True), News(sent=True, settled=True), News(sent=True, settled=True, returned=True)],
    [News(sent=True), News(sent=True, returned=True), News(sent=True, returned=True, undone=True, there_minor=46_000)],
    [
        News(sent=True),
        News(sent=True, settled=True),
        News(sent=True, settled=True, release_to=PAYABLE),
        News(sent=True, settled=True, returned=True),
        News(sent=True, settled=True, returned=True, undone=True, there_minor=46_000),
    ],
]


def reserved() -> Books:
    return Books(True, AMOUNT, PAYABLE, "", OWNER, "hold_1", "", frozenset())


def waiting() -> Books:
    return Books(False, AMOUNT, PAYABLE, RESERVE, OWNER, "", "", frozenset())


def apply(books: Books, steps: list[Step], balances: Counter[str]) -> Books:
    """As the ledger does: ending the reservation moves what it had set aside."""
    for step in steps:
        assert sum(leg.amount_minor for leg in step.legs) == 0
        for leg in step.legs:
            balances[leg.account] += leg.amount_minor
        if step.settles and step.verb is Verb.SENT:
            balances[PAYABLE] += AMOUNT.minor
            balances[chart.ACH_CLEARING_OUT] -= AMOUNT.minor
        released = books.released_to
        if step.verb is Verb.RELEASED:
            released = next(leg.account for leg in step.legs if leg.amount_minor < 0)
        books = Books(
            books.is_credit, books.amount, books.account, books.held_in, books.owner, books.hold_id, released,
            books.done | {step.verb},
        )  # fmt: skip
    return books


@given(st.sampled_from([reserved, waiting]), st.sampled_from(LIVES), st.lists(st.integers(0, 4), max_size=8))
def test_order_and_repetition_change_nothing(begin: object, life: list[News], heard: list[int]) -> None:
    """News heard out of order says less than what is booked, or more at once; the last word always comes at last."""
    plain: Counter[str] = Counter()
    books = begin()  # type: ignore[operator]
    for news in life:
        books = apply(books, plan(books, news), plain)
    mixed: Counter[str] = Counter()
    other = begin()  # type: ignore[operator]
    known = -1
    for place in heard:
        # What is known of an entry only grows: late news is read from its row as it is by then.
        known = max(known, min(place, len(life) - 1))
        other = apply(other, plan(other, life[known]), mixed)
    for news in life[max(known, 0) :]:
        other = apply(other, plan(other, news), mixed)
    assert sum(mixed.values()) == sum(plain.values()) == 0
    assert total_with_us(mixed) == total_with_us(plain)
    assert mixed[chart.ACH_CLEARING_IN] == plain[chart.ACH_CLEARING_IN]
    assert mixed[chart.ACH_CLEARING_OUT] == plain[chart.ACH_CLEARING_OUT]
    assert mixed[chart.BANK_TRUST] == plain[chart.BANK_TRUST]


def total_with_us(balances: Counter[str]) -> int:
    """Where a return finds the money depends on when it is heard: held, or released and then owed. The sum does not."""
    return (
        sum(minor for account, minor in balances.items() if account.split(":")[0] in ("provider_payable", "reserve"))
        + balances[chart.returns_receivable(OWNER)]
    )


def test_an_early_return_that_is_undone_settles_and_may_be_released() -> None:
    books, balances = waiting(), Counter[str]()
    undone = News(sent=True, returned=True, undone=True)
    books = apply(books, plan(books, undone), balances)
    assert {account: minor for account, minor in balances.items() if minor} == {
        chart.BANK_TRUST: 46_000, RESERVE: -46_000,
    }  # fmt: skip
    free = News(sent=True, returned=True, undone=True, release_to=PAYABLE)
    assert [step.verb for step in plan(books, free)] == [Verb.RELEASED]


def test_a_plan_is_empty_once_it_is_booked() -> None:
    books, balances = waiting(), Counter[str]()
    for news in LIVES[-1]:
        books = apply(books, plan(books, news), balances)
        assert plan(books, news) == []


def test_what_came_back_is_not_released() -> None:
    back = Books(False, AMOUNT, PAYABLE, RESERVE, OWNER, "", "", frozenset({Verb.SENT, Verb.SETTLED}))
    steps = plan(back, News(sent=True, settled=True, returned=True, release_to=PAYABLE))
    assert [step.verb for step in steps] == [Verb.RETURNED]
    assert steps[0].late_minor == 0


def test_a_return_after_the_release_is_late_by_all_of_it() -> None:
    free = Books(
        False, AMOUNT, PAYABLE, RESERVE, OWNER, "", PAYABLE, frozenset({Verb.SENT, Verb.SETTLED, Verb.RELEASED})
    )
    (step,) = plan(free, News(sent=True, settled=True, returned=True))
    assert step.late_minor == 46_000
    assert {leg.account: leg.amount_minor for leg in step.legs} == {
        chart.returns_receivable(OWNER): 46_000, chart.BANK_TRUST: -46_000,
    }  # fmt: skip


def test_money_that_left_and_was_not_there_is_owed() -> None:
    """A reversal of a debit whose money is gone by then: 100.00 of 460.00 are there."""
    books = Books(True, AMOUNT, PAYABLE, "", OWNER, "", "", frozenset())
    (step,) = plan(books, News(sent=True, there_minor=10_000))
    assert {leg.account: leg.amount_minor for leg in step.legs} == {
        PAYABLE: 10_000, chart.returns_receivable(OWNER): 36_000, chart.ACH_CLEARING_OUT: -46_000,
    }  # fmt: skip


def test_costs_are_nobodys_debt() -> None:
    """A micro-entry of 0.32: a cost when it leaves, none when it comes back."""
    costs = chart.costs("account_verification")
    micro = Books(True, Money(32, Currency.USD), costs, "", "", "", "", frozenset())
    sent, back = plan(micro, News(sent=True, returned=True))
    assert {leg.account: leg.amount_minor for leg in (*sent.legs, *back.legs)} == {
        costs: -32, chart.ACH_CLEARING_OUT: 32,
    }  # fmt: skip
