"""Payments with their variables and what they turned out to be: what a model is trained on and measured by."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fraud.features.replay import Recorded, replay


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows in order of time, column by column; `columns` are MODEL_VARIABLES in their order, NaN where unknown.

    `at` is in microseconds since 1970. A weight below 1 says that a label is less sure. `left_out` counts the payments
    of the time asked for that are not here, by reason.
    """

    at: Sequence[int]
    customers: Sequence[str | int]
    columns: dict[str, array]
    labels: Sequence[int]
    weights: Sequence[float]
    left_out: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)

    @property
    def frauds(self) -> int:
        return sum(self.labels)

    def between(self, start: int, end: int) -> "Dataset":
        """The rows of `[start, end)`."""
        part = slice(bisect_left(self.at, start), bisect_left(self.at, end))
        return Dataset(
            self.at[part],
            self.customers[part],
            {name: column[part] for name, column in self.columns.items()},
            self.labels[part],
            self.weights[part],
            self.left_out,
        )

    def only(self, rows: Sequence[int]) -> "Dataset":
        """The rows at these places, in this order."""
        return Dataset(
            [self.at[row] for row in rows],
            [self.customers[row] for row in rows],
            {name: array("d", [column[row] for row in rows]) for name, column in self.columns.items()},
            [self.labels[row] for row in rows],
            [self.weights[row] for row in rows],
            self.left_out,
        )


def from_stream(
    recorded: Recorded,
    *,
    windows: Sequence[tuple[int, int]],
    delay: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Dataset:
    """The payments of a recorded stream within any of the windows, as `replay` sees them; every label is sure."""
    seen = replay(recorded, windows=windows, delay=delay, advance=advance)
    return Dataset(
        [recorded.at[row] for row in seen.rows],
        [recorded.customer[row] for row in seen.rows],
        seen.columns,
        [recorded.is_fraud[row] for row in seen.rows],
        [1.0] * len(seen.rows),
    )
