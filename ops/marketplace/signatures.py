"""What waits for signatures in a demo: the treasurer has asked, nobody has signed yet."""

import contextlib
from datetime import datetime

from core.actors import Actor
from core.approvals.refusals import AskedAlready
from core.money import Money
from ledger import chart
from ledger.services import adjustments
from ledger.services.writer import Leg


def ask(*, treasurer: str, now: datetime) -> None:
    """A small correction, which the controller signs, and a large one, which compliance signs too."""
    actor = Actor("STAFF", treasurer, frozenset({"TREASURY"}))
    for reference, minor, reason in (
        ("ticket-1042", 12_550, "The acquirer booked its fee of 3 March twice; the second one is ours again."),
        (
            "ticket-1057",
            745_000,
            "A payment of the trust bank without a reference turned out to be an acquirer payout.",
        ),
    ):
        legs = [Leg.debit(chart.SUSPENSE, Money(minor)), Leg.credit(chart.ACQUIRER_RECEIVABLE, Money(minor))]
        with contextlib.suppress(AskedAlready):
            adjustments.ask(book="test", reference=reference, legs=legs, reason=reason, actor=actor, now=now)
