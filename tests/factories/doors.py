"""A door to an escrow that is not there: it remembers what it was asked, and refuses where a test says so."""

from datetime import datetime
from typing import Any

from core.actors import Actor
from core.errors import Refusal
from payments.door import OpenDoor
from payments.models import Payment


class EscrowIsDisputed(Refusal):
    code = "ESCROW_DISPUTED"
    status = 409
    title = "The escrow is disputed"


class RecordedDoor(OpenDoor):
    """`asked` is a line per question: the verb, the amount, the reference."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.asked: list[tuple[str, int, str]] = []

    def give_back(self, payment: Payment, *, net_minor: int, refund_id: str, **_: Any) -> None:
        if self.refuses:
            raise EscrowIsDisputed
        self.asked.append(("give_back", net_minor, refund_id))

    def take_back(self, payment: Payment, *, net_minor: int, reference: str, actor: Actor, now: datetime) -> int:
        held = super().take_back(payment, net_minor=net_minor, reference=reference, actor=actor, now=now)
        self.asked.append(("take_back", held, reference))
        return held

    def taken(self, payment: Payment, *, net_minor: int, reference: str, **_: Any) -> None:
        self.asked.append(("taken", net_minor, reference))

    def restore(self, payment: Payment, *, held_minor: int, reference: str, **_: Any) -> None:
        self.asked.append(("restore", held_minor, reference))
