"""Money that came back and belongs to no entry that is known: in suspense until a person says whose it is.

A returned credit has brought money, a returned debit has taken some. Once it is said which entry it belongs to, what
was put into suspense is taken out again and the return of that entry books it. What belongs to none stays where it is
until treasury clears it by a signed adjustment: the bank has moved the money, whoever's it was.
"""

from datetime import datetime

from ach.enums import Direction
from ach.events import ItemInSuspense, SuspenseResolved
from core.actors import SYSTEM
from core.audit import services as audit
from core.money import Currency, Money
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from payments.services.entries import book


def take_in(event: ItemInSuspense, *, now: datetime) -> None:
    """In the transaction that hears it; nothing for an item without money."""
    if event.amount_minor:
        legs = _legs(event.direction, event.amount_minor, event.currency)
        _post(event.item_id, "in_suspense", legs, livemode=event.livemode, now=now)


def move_on(event: SuspenseResolved, *, now: datetime) -> None:
    if event.amount_minor and event.entry_id:
        legs = [
            Leg(leg.account, -leg.amount_minor, leg.currency)
            for leg in _legs(event.direction, event.amount_minor, event.currency)
        ]
        _post(event.item_id, "suspense_resolved", legs, livemode=event.livemode, now=now)


def _legs(direction: str, minor: int, currency: str) -> list[Leg]:
    amount = Money(minor, Currency[currency])
    if direction == Direction.CREDIT:
        return [Leg.debit(chart.BANK_TRUST, amount), Leg.credit(chart.SUSPENSE, amount)]
    return [Leg.debit(chart.SUSPENSE, amount), Leg.credit(chart.BANK_TRUST, amount)]


def _post(item_id: str, verb: str, legs: list[Leg], *, livemode: bool, now: datetime) -> None:
    posted = journal.post(
        book=book(livemode),
        kind=f"payments.ach_{verb}",
        legs=legs,
        reference=item_id,
        idempotency_key=f"ach:{item_id}:{verb}",
        effective_at=now,
        now=now,
    )
    if not posted.replayed:
        audit.record(
            actor=SYSTEM, action=f"payments.ach_item.{verb}", subject=item_id, at=now,
            details={"ledger_entry": posted.entry_id, "amount_minor": abs(legs[0].amount_minor)},
        )  # fmt: skip
