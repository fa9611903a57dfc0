"""A probability beside the score: Platt's line through the log-odds, how good it is, and where it is off."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

STEPS = 50
RELIABILITY_EDGES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True)
class Line:
    """The probability is 1 / (1 + exp(-(slope · log-odds + offset))). Slope 1 and offset 0: the model was right."""

    slope: float
    offset: float

    def __call__(self, raw: float) -> float:
        return sigmoid(self.slope * raw + self.offset)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Payments whose probability lay in a range: what was said of them on average, and how many were fraud."""

    upto: float
    payments: int
    said: float
    observed: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def sigmoid(raw: float) -> float:
    if raw >= 0:
        return 1.0 / (1.0 + math.exp(-raw))
    odds = math.exp(raw)
    return odds / (1.0 + odds)


def fit(raws: Sequence[float], labels: Sequence[bool]) -> Line:
    """Newton's steps on Platt's smoothed targets, which keep the line finite where classes separate.

    The slope stays positive: a line that falls would turn the order round, and then the model's own odds are kept.
    """
    frauds = sum(labels)
    high, low = (frauds + 1) / (frauds + 2), 1 / (len(labels) - frauds + 2)
    line = Line(1.0, 0.0)
    for _ in range(STEPS):
        moved = _step(line, raws, [high if label else low for label in labels])
        done = abs(moved.slope - line.slope) + abs(moved.offset - line.offset) < 1e-9
        line = moved
        if done:
            break
    return line if line.slope > 0 and math.isfinite(line.slope + line.offset) else Line(1.0, 0.0)


def _step(line: Line, raws: Sequence[float], targets: Sequence[float]) -> Line:
    g0 = g1 = 0.0
    h00 = h11 = 1e-9
    h01 = 0.0
    for raw, target in zip(raws, targets, strict=True):
        said = line(raw)
        miss, weight = said - target, said * (1 - said)
        g0, g1 = g0 + miss, g1 + miss * raw
        h00, h01, h11 = h00 + weight, h01 + weight * raw, h11 + weight * raw * raw
    area = h00 * h11 - h01 * h01
    return Line(line.slope - (h00 * g1 - h01 * g0) / area, line.offset - (h11 * g0 - h01 * g1) / area)


def brier(probabilities: Sequence[float], labels: Sequence[bool]) -> float:
    """Mean squared difference from what happened; the base rate alone gives rate · (1 - rate)."""
    return math.fsum((p - label) ** 2 for p, label in zip(probabilities, labels, strict=True)) / len(labels)


def reliability(probabilities: Sequence[float], labels: Sequence[bool]) -> list[Reliability]:
    """Ranges without a payment are left out."""
    edges = (*RELIABILITY_EDGES, 1.0)
    found: list[list[tuple[float, bool]]] = [[] for _ in edges]
    for p, label in zip(probabilities, labels, strict=True):
        found[next(place for place, edge in enumerate(edges) if p <= edge)].append((p, label))
    return [
        Reliability(edge, len(rows), math.fsum(p for p, _ in rows) / len(rows), sum(f for _, f in rows) / len(rows))
        for edge, rows in zip(edges, found, strict=True)
        if rows
    ]
