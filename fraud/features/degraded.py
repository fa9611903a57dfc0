"""The floors of a decision whose history did not come from the feature store: what is large or new is reviewed.

Without velocity a model is blind (its average precision falls to a fifth), so a fallback never approves what a person
would want to see. Pure: made again from stored values it says the same.
"""

from collections.abc import Mapping
from typing import Any

from fraud.enums import Outcome
from fraud.rules.scoring import Hit

FLOOR = "degraded_floor_minor"


def hits(features: Mapping[str, Any], thresholds: Mapping[str, Any]) -> tuple[Hit, ...]:
    """Where thresholds say the amount: a floor of REVIEW each for that much or more, a new customer, a new seller."""
    if FLOOR not in thresholds:
        return ()
    found = []
    if features["amount_minor"] >= thresholds[FLOOR]:
        found.append(_hit("degraded_amount", "A large amount", "amount_minor", FLOOR, features, thresholds))
    for who in ("customer", "seller"):
        age, limit = f"{who}_age_days", f"new_{who}_days"
        if features[age] is not None and features[age] < thresholds[limit]:
            found.append(_hit(f"degraded_new_{who}", f"A new {who}", age, limit, features, thresholds))
    return tuple(found)


def _hit(
    code: str, what: str, variable: str, limit: str, features: Mapping[str, Any], thresholds: Mapping[str, Any]
) -> Hit:
    return Hit(
        code=code,
        points=0,
        floor=Outcome.REVIEW.value,
        description=f"{what} while the feature store gave no answer",
        observed={variable: features[variable]},
        thresholds={limit: thresholds[limit]},
    )
