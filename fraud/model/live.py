"""Judge a payment by a registered model. Pure Python; each process reads a model once, because it never changes."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Refusal
from fraud.model import explain, scorer
from fraud.model.calibration import Curve
from fraud.model.probability import Line
from fraud.model.scorer import Scorer
from fraud.models import ModelVersion

KEPT = 4

_models: OrderedDict[str, "Loaded"] = OrderedDict()
_lock = threading.Lock()


class ModelNotFound(Refusal):
    code = "MODEL_NOT_FOUND"
    status = 404
    title = "No such model"


@dataclass(frozen=True, slots=True)
class Scored:
    """`raw` in log-odds, `score` 0 to 1000. `contributions` are what raised it most, by path attribution."""

    raw: float
    score: int
    contributions: list[dict[str, Any]]
    probability: float


@dataclass(frozen=True, slots=True)
class Loaded:
    variables: tuple[str, ...]
    scorer: Scorer
    curve: Curve
    line: Line


def score(name: str, values: Mapping[str, Any], *, reasons: int = 0) -> Scored:
    """What the model says of these variables; a missing or unknown one is missing to the model too.

    At most so many `reasons` are given; with 0 nothing is explained, which is all a challenger needs. Raises
    ModelNotFound, `scorer.NotOurSource` for a text that was tampered with, django.db.Error.
    """
    loaded = _loaded(name)
    row = explain.numbers(loaded.variables, values)
    raw = loaded.scorer(row)
    moved = explain.largest(loaded.variables, row, loaded.scorer.explain(row), most=reasons) if reasons else []
    return Scored(raw, loaded.curve.score(raw), moved, loaded.line(raw))


def forget() -> None:
    """Read every model again."""
    with _lock:
        _models.clear()


def _loaded(name: str) -> Loaded:
    found = _models.get(name)
    if found is not None:
        return found
    fresh = _read(name)
    with _lock:
        _models[name] = fresh
        while len(_models) > KEPT:
            _models.popitem(last=False)
    return fresh


def _read(name: str) -> Loaded:
    row = ModelVersion.objects.filter(name=name).only("variables", "source", "sha256", "curve", "line").first()
    if row is None:
        raise ModelNotFound(f"no model is named {name[:40]}")
    points = tuple((float(raw), float(points)) for raw, points in row.curve["points"])
    return Loaded(
        variables=tuple(row.variables),
        scorer=scorer.load(row.source, row.sha256),
        curve=Curve(points, ()),
        line=Line(row.line["slope"], row.line["offset"]),
    )
