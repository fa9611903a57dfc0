"""Everything the sandbox bank does by the clock. It may be asked as often as one likes, and after any jump of time."""

from dataclasses import dataclass
from datetime import datetime

from ach.sandbox import answering, receiving, settling


@dataclass(frozen=True, slots=True)
class Ticked:
    """How many files were read and acknowledged, how many entries settled, how many answers were given."""

    read: int
    acknowledged: int
    settled: int
    answered: int


def tick(*, now: datetime) -> Ticked:
    """What is due by now, dated as of when it was due: after a jump over a week there is a file for each day of it."""
    return Ticked(
        read=receiving.read_delivered(),
        acknowledged=receiving.acknowledge_due(now=now),
        settled=settling.settle_due(now=now),
        answered=answering.answer_due(now=now),
    )
