"""Train the model. For workers and commands only: nothing here runs where payments are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Small trees, slowly: they are quick to judge with and as good as large ones. Bins as fine as the values, because the
# fraud sits in the tail that the usual 255 bins merge (`docs/fraud-model.md`).
PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "num_leaves": 8,
    "learning_rate": 0.03,
    "num_iterations": 220,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.5,
    "lambda_l2": 20.0,
    "max_bin": 1023,
    "min_data_in_bin": 1,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


class UnableToTrain(ValueError):
    """The data cannot make a model; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model as text (LightGBM's own format), as nested values, and the variables in order of input."""

    model_text: str
    dump: dict[str, Any]
    variables: tuple[str, ...]
    parameters: dict[str, Any]


def fit(
    columns: Mapping[str, Sequence[float]],
    labels: Sequence[int],
    *,
    weights: Sequence[float] | None = None,
    parameters: Mapping[str, Any] | None = None,
    threads: int = 1,
) -> Fitted:
    """Learn `labels` (1 is fraud) from columns of equal length, NaN where unknown; `parameters` replace PARAMETERS.

    The same rows in the same order give the same model. More than one thread must never be asked for in a forked
    process, where LightGBM would wait for ever. Raises UnableToTrain without both kinds of labels.
    """
    if not 0 < sum(labels) < len(labels):
        raise UnableToTrain(f"{sum(labels)} of {len(labels)} payments are fraud: both kinds are needed to learn")
    import lightgbm

    chosen = {**PARAMETERS, **(parameters or {}), "num_threads": threads}
    variables = tuple(columns)
    data = lightgbm.Dataset(
        _matrix(columns),
        label=list(labels),
        weight=None if weights is None else list(weights),
        feature_name=list(variables),
        params=chosen,
    )
    booster = lightgbm.train(chosen, data)
    return Fitted(booster.model_to_string(), booster.dump_model(), variables, chosen)


def predict(model_text: str, columns: Mapping[str, Sequence[float]], *, threads: int = 1) -> list[float]:
    """The probability of fraud of each row, by LightGBM itself. Columns in the order of training."""
    import lightgbm

    booster = lightgbm.Booster(model_str=model_text)
    scores: list[float] = booster.predict(_matrix(columns), num_threads=threads).tolist()
    return scores


def _matrix(columns: Mapping[str, Sequence[float]]) -> Any:
    import numpy

    return numpy.column_stack([numpy.asarray(column, dtype=numpy.float64) for column in columns.values()])
