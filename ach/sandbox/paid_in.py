"""What reaches or leaves our account at the sandbox bank without an ACH entry of ours: wires, a card acquirer's sums.

Whoever plays the outside party says so here; the statement has a line of it, and nothing else comes of it.
"""

from datetime import datetime

from ach.calendar.days import on_or_after
from ach.calendar.eastern import eastern
from ach.models import SandboxMovement
from ach.sandbox.enums import MovementKind


def pay(*, reference: str, words: str, amount_minor: int, at: datetime) -> None:
    """Once for each reference and words, on the banking day in New York that `at` is, or the next; zero is nothing.

    Above zero comes in. In the caller's transaction.
    """
    if amount_minor == 0:
        return
    line = SandboxMovement(
        day=on_or_after(eastern(at).date()), kind=MovementKind.OTHER, reference=reference[:100], words=words[:100],
        amount_minor=amount_minor,
    )  # fmt: skip
    SandboxMovement.objects.bulk_create([line], ignore_conflicts=True)
