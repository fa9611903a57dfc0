"""What of an ACH entry is still to be booked. Pure.

| | credit | debit |
| --- | --- | --- |
| accepted | reserved: account → ach_clearing:out | |
| SENT | the reservation is posted | ach_clearing:in → held_in |
| SETTLED | ach_clearing:out → bank:trust | bank:trust → ach_clearing:in |
| RELEASED | | held_in → account |
| RETURNED | the clearing account, or the bank once settled → account | where the money is → the same |
| UNDONE | account → where it came from | the same → where the money was; it settles, if it had not |
| VOIDED | the reservation is given back | |
| CANCELLED after it was SENT (its file was refused) | as RETURNED before settlement | the same |

A plan is made of what is known of the entry and what is booked: news may come twice, late or in another order, and the
books end the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from core.money import Money
from ledger import chart
from ledger.services.journal import Leg


class Verb(Enum):
    SENT = "sent"
    SETTLED = "settled"
    RELEASED = "released"
    RETURNED = "returned"
    UNDONE = "undone"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Books:
    """What is booked of an entry. `account`, `held_in`, `owner` as in `payments.models.Booking`."""

    is_credit: bool
    amount: Money
    account: str
    held_in: str
    owner: str
    hold_id: str
    released_to: str
    done: frozenset[Verb]


@dataclass(frozen=True, slots=True)
class News:
    """What is known of it. `release_to` names the account that a debit is released to, empty while it is held.

    `there_minor` is what the account that has to give can give: the rest is owed. It is looked at where money has left
    that nobody set aside.
    """

    sent: bool = False
    settled: bool = False
    returned: bool = False
    cancelled: bool = False
    undone: bool = False
    release_to: str = ""
    there_minor: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One ledger entry: `legs`, or the end of the reservation `settles` (posted, or void)."""

    verb: Verb
    legs: tuple[Leg, ...] = ()
    settles: str = ""
    late_minor: int = field(default=0)


def plan(books: Books, news: News) -> list[Step]:
    """The steps that are missing, in their order. Nothing where the books say what is known."""
    done, steps, released_to = set(books.done), list[Step](), books.released_to

    def take(step: Step) -> None:
        done.add(step.verb)
        steps.append(step)

    if Verb.VOIDED in done:
        return []
    if news.cancelled and not news.sent and Verb.SENT not in done:
        return [Step(Verb.VOIDED, settles=books.hold_id)] if books.hold_id else []
    if news.sent and Verb.SENT not in done:
        take(_sent(books, news))
    if news.settled and Verb.SENT in done and Verb.SETTLED not in done:
        take(Step(Verb.SETTLED, _move(_clearing(books), chart.BANK_TRUST, books)))
    is_back = (Verb.RETURNED in done or news.returned) and not (Verb.UNDONE in done or news.undone)
    if news.release_to and books.held_in and Verb.SETTLED in done and Verb.RELEASED not in done and not is_back:
        take(Step(Verb.RELEASED, _legs([(books.held_in, books.amount)], [(news.release_to, books.amount)])))
        released_to = news.release_to
    if news.returned and Verb.SENT in done and Verb.RETURNED not in done:
        take(_returned(books, settled=Verb.SETTLED in done, released=bool(released_to)))
    if news.cancelled and not news.sent and Verb.SENT in done and done.isdisjoint((Verb.SETTLED, Verb.RETURNED)):
        take(_returned(books, settled=False, released=False))
    if news.undone and Verb.RETURNED in done and Verb.UNDONE not in done:
        take(_undone(books, news, settled=Verb.SETTLED in done, released=bool(released_to)))
        if Verb.SETTLED not in done:
            # The bank has it after all, or gives it: it settles by the return's being undone.
            take(Step(Verb.SETTLED, _move(_clearing(books), chart.BANK_TRUST, books)))
    return steps


def _sent(books: Books, news: News) -> Step:
    if books.hold_id:
        return Step(Verb.SENT, settles=books.hold_id)
    if books.is_credit:
        return Step(Verb.SENT, _legs(_taken(books, news), [(chart.ACH_CLEARING_OUT, books.amount)]))
    return Step(Verb.SENT, _legs([(chart.ACH_CLEARING_IN, books.amount)], [(_waits_in(books), books.amount)]))


def _returned(books: Books, *, settled: bool, released: bool) -> Step:
    outside = chart.BANK_TRUST if settled else _clearing(books)
    if books.is_credit:
        return Step(Verb.RETURNED, _legs([(outside, books.amount)], [(books.account, books.amount)]))
    inside = chart.returns_receivable(books.owner) if released else _waits_in(books)
    late = books.amount.minor if released else 0
    return Step(Verb.RETURNED, _legs([(inside, books.amount)], [(outside, books.amount)]), late_minor=late)


def _undone(books: Books, news: News, *, settled: bool, released: bool) -> Step:
    """As it was before the return."""
    outside = chart.BANK_TRUST if settled else _clearing(books)
    if books.is_credit:
        return Step(Verb.UNDONE, _legs(_taken(books, news), [(outside, books.amount)]))
    if not released:
        return Step(Verb.UNDONE, _legs([(outside, books.amount)], [(_waits_in(books), books.amount)]))
    # What was repaid meanwhile belongs to whoever repaid it.
    owed = min(max(news.there_minor, 0), books.amount.minor)
    parts = _parts((chart.returns_receivable(books.owner), owed), (books.account, books.amount.minor - owed), books)
    return Step(Verb.UNDONE, _legs([(outside, books.amount)], parts))


def _taken(books: Books, news: News) -> list[tuple[str, Money]]:
    """From the account as far as it reaches; the rest has left all the same and is owed by its owner."""
    if not books.owner:
        return [(books.account, books.amount)]
    there = min(max(news.there_minor, 0), books.amount.minor)
    owed = chart.returns_receivable(books.owner)
    return _parts((books.account, there), (owed, books.amount.minor - there), books)


def _parts(first: tuple[str, int], second: tuple[str, int], books: Books) -> list[tuple[str, Money]]:
    return [(account, Money(minor, books.amount.currency)) for account, minor in (first, second) if minor]


def _move(clearing: str, bank: str, books: Books) -> tuple[Leg, ...]:
    if books.is_credit:
        return _legs([(clearing, books.amount)], [(bank, books.amount)])
    return _legs([(bank, books.amount)], [(clearing, books.amount)])


def _legs(debits: Sequence[tuple[str, Money]], credits_: Sequence[tuple[str, Money]]) -> tuple[Leg, ...]:
    return (
        *(Leg.debit(account, amount) for account, amount in debits),
        *(Leg.credit(account, amount) for account, amount in credits_),
    )


def _clearing(books: Books) -> str:
    return chart.ACH_CLEARING_OUT if books.is_credit else chart.ACH_CLEARING_IN


def _waits_in(books: Books) -> str:
    return books.held_in or books.account
