"""From payments with labels to everything a model version is. Workers and commands only: LightGBM.

What is measured was not learned from: training ends a label delay before the days of validation begin.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import Refusal
from fraud.learning import metrics
from fraud.learning.dataset import Dataset
from fraud.model import calibration, drift, parity, probability, scorer, training
from fraud.model.calibration import Curve
from fraud.model.parity import Parity

FALSE_POSITIVE_RATE = 0.01
BANDS = (("approve", 0), ("review", 300), ("block", 700), ("investigate", 900))


class TooLittleToLearnFrom(Refusal):
    code = "TOO_LITTLE_TO_LEARN_FROM"
    status = 409
    title = "There is too little to learn from"


class SourceDiffers(Refusal):
    code = "MODEL_SOURCE_DIFFERS"
    status = 409
    title = "The generated text does not say what the model says"


@dataclass(frozen=True, slots=True)
class Built:
    """A model as it is registered."""

    variables: tuple[str, ...]
    source: str
    sha256: str
    booster: str
    parameters: Mapping[str, Any]
    parity: Parity
    curve: Curve
    line: probability.Line
    metrics: Mapping[str, Any]
    importance: Mapping[str, float]
    references: Mapping[str, Any]
    payments: int
    frauds: int


def build(train: Dataset, validation: Dataset, *, train_frauds: int, validation_frauds: int) -> Built:
    """Raises TooLittleToLearnFrom, SourceDiffers."""
    _require(train, train_frauds, "to learn from", "fraud.training_frauds")
    _require(validation, validation_frauds, "to be measured on", "fraud.validation_frauds")
    fitted = training.fit(train.columns, train.labels, weights=train.weights)
    source = scorer.generate(fitted.dump)
    loaded = scorer.load(source, sha256 := scorer.digest(source))
    rows = list(rows_of(validation))
    proof = parity.compare(fitted.model_text, loaded, rows)
    if not proof.passed(len(fitted.variables)):
        raise SourceDiffers(f"by {proof.difference:g} on {proof.rows} rows")
    raws = [loaded(row) for row in rows]
    curve = _curve(raws, validation.labels)
    line = probability.fit(raws, [bool(label) for label in validation.labels])
    scores = [curve.score(raw) for raw in raws]
    return Built(
        variables=fitted.variables,
        source=source,
        sha256=sha256,
        booster=fitted.model_text,
        parameters=fitted.parameters,
        parity=proof,
        curve=curve,
        line=line,
        metrics=measured(raws, scores, [line(raw) for raw in raws], validation.labels),
        importance=_importance(fitted.dump, fitted.variables),
        references={
            drift.SCORE: drift.of_scores(scores).as_json(),
            **{name: drift.of_numbers(column).as_json() for name, column in train.columns.items()},
        },
        payments=len(train),
        frauds=train.frauds,
    )


def rows_of(data: Dataset) -> Iterator[tuple[float, ...]]:
    return zip(*data.columns.values(), strict=True)


def measured(
    raws: Sequence[float], scores: Sequence[int], probabilities: Sequence[float], labels: Sequence[int]
) -> dict[str, Any]:
    """Of payments the model has not seen. `brier_base` is what the base rate alone would get."""
    frauds, flags = sum(labels), [bool(label) for label in labels]
    rate = frauds / len(labels)
    return {
        "payments": len(labels),
        "frauds": frauds,
        "average_precision": metrics.average_precision(labels, raws),
        "auc": metrics.auc(labels, raws),
        "recall_at_1_fpr": metrics.recall_at_false_positive_rate(labels, raws, FALSE_POSITIVE_RATE),
        "brier": probability.brier(probabilities, flags),
        "brier_base": rate * (1 - rate),
        "reliability": [row.as_json() for row in probability.reliability(probabilities, flags)],
        "bands": [_band(scores, labels, name, above) for name, above in BANDS[1:]],
    }


def _band(scores: Sequence[int], labels: Sequence[int], name: str, above: int) -> dict[str, Any]:
    """Of payments above the limit: how many are fraud, and which part of all fraud and of all genuine ones they are."""
    flagged = [label for score, label in zip(scores, labels, strict=True) if score > above]
    frauds, total = sum(flagged), sum(labels)
    return {
        "band": name,
        "above": above,
        "payments": len(flagged),
        "precision": frauds / len(flagged) if flagged else None,
        "recall": frauds / total,
        "false_positive_rate": (len(flagged) - frauds) / (len(labels) - total),
    }


def _require(data: Dataset, needed: int, purpose: str, parameter: str) -> None:
    if data.frauds < needed:
        raise TooLittleToLearnFrom(
            f"{data.frauds} known frauds among {len(data)} labelled payments {purpose}; {needed} are needed"
            f" ({parameter})"
        )


def _curve(raws: Sequence[float], labels: Sequence[int]) -> Curve:
    genuine = [raw for raw, label in zip(raws, labels, strict=True) if not label]
    try:
        return calibration.fit(genuine, largest=max(raws))
    except calibration.TooFewGenuine as few:
        raise TooLittleToLearnFrom(f"to give scores a meaning: {few}") from few


def _importance(dump: Mapping[str, Any], variables: Sequence[str]) -> dict[str, float]:
    """Share of the gain of all splits by variable."""
    gained = dict.fromkeys(variables, 0.0)
    waiting = [tree["tree_structure"] for tree in dump["tree_info"]]
    while waiting:
        node = waiting.pop()
        if "split_feature" in node:
            gained[variables[int(node["split_feature"])]] += float(node["split_gain"])
            waiting += [node["left_child"], node["right_child"]]
    total = sum(gained.values()) or 1.0
    return {name: gain / total for name, gain in gained.items()}


def curve_as_json(curve: Curve) -> dict[str, Any]:
    return {"points": [list(point) for point in curve.points], "anchors": [asdict(anchor) for anchor in curve.anchors]}
