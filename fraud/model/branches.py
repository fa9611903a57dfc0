"""Which way a value goes at a split, as a Python condition: true is left. The decisions are LightGBM's.

Source: `NumericalDecision` and `CategoricalDecision` of LightGBM's `tree.h`.
"""

from collections.abc import Mapping
from typing import Any

ZERO = 1.0000000180025095e-35
"""`kZeroThreshold`: a float of 32 bits, so not quite 1e-35."""


class UnscorableModel(Exception):
    """The model holds something that the generated text could not repeat exactly."""


def condition(node: Mapping[str, Any]) -> str:
    """A comparison with NaN is false: `not x > t` sends a missing value left, `x <= t` right.

    Where the model knows no missing values NaN counts as 0; where zero is missing, both go the default way.
    """
    name = f"x{int(node['split_feature'])}"
    kind = node["decision_type"]
    if kind == "==":
        return _membership(name, str(node["threshold"]))
    if kind != "<=":
        raise UnscorableModel(f"no decision is known as {kind}")
    threshold, goes_left = float(node["threshold"]), bool(node["default_left"])
    match node["missing_type"]:
        case "NaN":
            return _numerical(name, threshold, missing_left=goes_left)
        case "None":
            return _numerical(name, threshold, missing_left=threshold >= 0.0)
        case "Zero":
            known = _numerical(name, threshold, missing_left=goes_left)
            zero = f"{-ZERO!r} <= {name} <= {ZERO!r}"
            return f"({known} or {zero})" if goes_left else f"({known} and not {zero})"
    raise UnscorableModel(f"missing values are of no known type: {node['missing_type']}")


def _numerical(name: str, threshold: float, *, missing_left: bool) -> str:
    return f"not {name} > {threshold!r}" if missing_left else f"{name} <= {threshold!r}"


def _membership(name: str, categories: str) -> str:
    """Values are cut to whole numbers; negative and missing ones are of no category, so they go right."""
    return "(" + " or ".join(_is_category(name, int(category)) for category in categories.split("||")) + ")"


def _is_category(name: str, category: int) -> str:
    return f"-1.0 < {name} < 1.0" if category == 0 else f"{category}.0 <= {name} < {category + 1}.0"
