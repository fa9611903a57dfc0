"""The door to whoever knows what a party owes and which escrows wait for money. Payments ask, escrow answers.

Escrow stands above payments, so it is not called but installed (`escrow.apps`). All in the caller's transaction.
"""

from datetime import datetime
from typing import Protocol

from compliance.models import Party


class AchDoor(Protocol):
    def withhold(self, party: Party, *, reference: str, now: datetime) -> int:
        """Pay the party's debts from its balance before a payout; how much that was."""

    def fund(self, *, escrow_id: str, payee: Party, amount_minor: int, transfer_id: str, now: datetime) -> str:
        """Begin the escrow that a debit funds; the ledger account its money goes to, empty where it cannot begin."""


class OpenDoor:
    """Before any other is installed: nobody owes anything, no escrow waits."""

    def withhold(self, party: Party, *, reference: str, now: datetime) -> int:  # noqa: ARG002 (the door's form)
        return 0

    def fund(
        self,
        *,
        escrow_id: str,  # noqa: ARG002
        payee: Party,  # noqa: ARG002
        amount_minor: int,  # noqa: ARG002
        transfer_id: str,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> str:
        return ""


_door: AchDoor = OpenDoor()


def install(door: AchDoor) -> None:
    """From now on this one is asked. Called once, when the app that answers is ready."""
    global _door
    _door = door


def current() -> AchDoor:
    return _door
