"""A recorded stream of payments through the state: a model learns from what would have been seen at the time."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fraud.features.derived import derive
from fraud.features.state import Ended, Event, State
from fraud.features.variables import MODEL_VARIABLES, numbers

STEP = 10_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """Payments in order of time, column by column. Times in microseconds since 1970; `is_fraud` is 0 or 1.

    Customers and sellers are any text or number that stays the same. All of them were paid.
    """

    at: Sequence[int]
    customer: Sequence[str | int]
    seller: Sequence[str | int]
    amount_minor: Sequence[int]
    is_fraud: Sequence[int]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Seen:
    """Variables of some payments: `rows` are their places in the stream, each column is as long as `rows`."""

    rows: array = field(default_factory=lambda: array("q"))
    columns: dict[str, array] = field(default_factory=lambda: {name: array("d") for name in MODEL_VARIABLES})


def replay(
    recorded: Recorded,
    *,
    windows: Sequence[tuple[int, int]],
    delay: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Seen:
    """The model's variables of every payment within a window `[from, to)`, in order of time.

    The label of each payment, genuine or not, becomes known `delay` microseconds after it: a payment sees the labels
    known at its own moment, that moment included. `advance` is told every so often how many more were passed.
    """
    state, seen = State(), Seen()
    keep = [seen.columns[name].append for name in MODEL_VARIABLES]
    until = max((to for _, to in windows), default=0)
    events: list[Event] = []
    labelled = 0
    for row, event in enumerate(_events(recorded)):
        if event.at >= until:
            break
        while labelled < row and events[labelled].at + delay <= event.at:
            earlier = events[labelled]
            state.label(earlier, known_at=earlier.at + delay, is_fraud=recorded.is_fraud[labelled] == 1)
            labelled += 1
        events.append(event)
        if any(start <= event.at < end for start, end in windows):
            values = derive(state.look(event), amount_minor=event.amount_minor, at=event.at)
            seen.rows.append(row)
            for append, value in zip(keep, numbers(values), strict=True):
                append(value)
        state.add(event)
        state.outcome(event, Ended.PAID)
        if row % STEP == STEP - 1:
            advance(STEP)
    # Nobody asks for what comes after the last window.
    advance(len(recorded) - len(events) // STEP * STEP)
    return seen


def _events(recorded: Recorded) -> "map[Event]":
    return map(
        lambda at, amount, customer, seller: Event("", True, at, amount, customer, seller),
        recorded.at,
        recorded.amount_minor,
        recorded.customer,
        recorded.seller,
    )
