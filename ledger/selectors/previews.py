"""What an entry would do to balances, before anybody posts it."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.money import Currency, Money
from ledger import chart
from ledger.selectors import balances


@dataclass(frozen=True, slots=True)
class Effect:
    """Posted balances of one account, on its normal side."""

    account: str
    before: Money
    after: Money


def list_effects(*, book: str, legs: Iterable[tuple[str, int]], currency: Currency) -> list[Effect]:
    """One per account, in the order of the legs (account, signed minor units; debits positive)."""
    changes: dict[str, int] = {}
    for account, amount_minor in legs:
        changes[account] = changes.get(account, 0) + chart.kind_of(account).sign * amount_minor
    effects = []
    for account, change in changes.items():
        before = balances.get(book, account, currency).posted
        effects.append(Effect(account, before, before + Money(change, currency)))
    return effects
