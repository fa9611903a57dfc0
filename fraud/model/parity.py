"""Whether the generated text says what the Booster says, on rows made to find a difference. Workers only: LightGBM."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fraud.model.scorer import Scorer

ROWS = 1_000
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Parity:
    """`columns` is how many variables were missing in some row, `difference` the largest between the two, in log-odds;
    `unexplained` the largest between a raw score and its contributions with the bias.
    """

    rows: int
    columns: int
    difference: float
    unexplained: float

    def passed(self, variables: int) -> bool:
        return (
            self.rows >= ROWS
            and self.columns == variables
            and self.difference <= TOLERANCE
            and self.unexplained <= TOLERANCE * 1_000
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(model_text: str, scorer: Scorer, rows: Sequence[Sequence[float]]) -> Parity:
    """Asks both about rows made of these: whole, with each variable missing, all missing, zero, huge."""
    import lightgbm
    import numpy

    asked = probes(rows, scorer.variables)
    booster = lightgbm.Booster(model_str=model_text)
    answers = booster.predict(numpy.array(asked, dtype=float), raw_score=True, num_threads=1)
    ours = [scorer(row) for row in asked]
    told = [math.fsum([scorer.bias, *scorer.explain(row)]) for row in asked]
    return Parity(
        rows=len(asked),
        columns=sum(any(math.isnan(row[column]) for row in asked) for column in range(scorer.variables)),
        difference=max(abs(mine - float(theirs)) for mine, theirs in zip(ours, answers, strict=True)),
        unexplained=max(abs(mine - sum_) for mine, sum_ in zip(ours, told, strict=True)),
    )


def probes(rows: Sequence[Sequence[float]], variables: int) -> list[list[float]]:
    """At least ROWS: the given ones evenly taken, a second copy of each with one variable missing, and edges."""
    wanted = max(ROWS // 2, variables * 2)
    step = max(len(rows) / wanted, 1 / wanted)
    whole = [list(map(float, rows[int(number * step) % len(rows)])) for number in range(wanted)]
    broken = [
        [math.nan if column == number % variables else value for column, value in enumerate(row)]
        for number, row in enumerate(whole)
    ]
    edges = [[value] * variables for value in (math.nan, 0.0, -1.0, 1e-36, 1e18)]
    return whole + broken + edges
