"""The door to whoever holds the net of a payment. Payments ask, escrow answers, all in one transaction.

Escrow stands above payments, so it is not called but installed (`escrow.apps`). The payment's row is locked before the
door is asked; whoever answers locks its own rows after it.
"""

from datetime import datetime
from typing import Protocol

from core.actors import Actor
from core.money import Currency
from ledger import chart
from ledger.selectors import balances
from payments.models import Payment


class Door(Protocol):
    """`net_minor` is always a part of the payment's net, `entry_id` the ledger entry that moved it."""

    def hold(self, payment: Payment, *, for_refund: bool, now: datetime) -> None:
        """Lock the rows behind the door, before the ledger locks its own: the order is payment, escrow, ledger.

        With `for_refund` raises a Refusal where none may be given: disputed, locked, ended.
        """

    def give_back(
        self, payment: Payment, *, net_minor: int, refund_id: str, entry_id: str, actor: Actor, now: datetime
    ) -> None:
        """A refund has taken the net out of the account that was held. Raises a Refusal where it must not."""

    def take_back(self, payment: Payment, *, net_minor: int, reference: str, actor: Actor, now: datetime) -> int:
        """How much of the net is still held and kept for a chargeback; the rest was released. Never refuses."""

    def taken(
        self, payment: Payment, *, net_minor: int, reference: str, entry_id: str, actor: Actor, now: datetime
    ) -> None:
        """What `take_back` kept has left the account."""

    def restore(
        self, payment: Payment, *, held_minor: int, reference: str, entry_id: str, actor: Actor, now: datetime
    ) -> None:
        """A chargeback was won: what was taken from the account is in it again."""


class OpenDoor:
    """Before any other is installed: it refuses nothing, knows nothing, and believes the ledger about what is held."""

    def hold(self, payment: Payment, *, for_refund: bool, now: datetime) -> None: ...

    def give_back(
        self, payment: Payment, *, net_minor: int, refund_id: str, entry_id: str, actor: Actor, now: datetime
    ) -> None: ...

    def take_back(
        self,
        payment: Payment,
        *,
        net_minor: int,
        reference: str,  # noqa: ARG002 (the door's form)
        actor: Actor,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> int:
        if not payment.escrow_id:
            return 0
        book = "live" if payment.livemode else "test"
        held = balances.get(book, chart.escrow_held(payment.escrow_id), Currency[payment.currency])
        return min(net_minor, held.available.minor)

    def taken(
        self, payment: Payment, *, net_minor: int, reference: str, entry_id: str, actor: Actor, now: datetime
    ) -> None: ...

    def restore(
        self, payment: Payment, *, held_minor: int, reference: str, entry_id: str, actor: Actor, now: datetime
    ) -> None: ...


_door: Door = OpenDoor()


def install(door: Door) -> None:
    """From now on this one is asked. Called once, when the app that holds the money is ready."""
    global _door
    _door = door


def current() -> Door:
    return _door
