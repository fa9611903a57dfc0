"""The values a model saw in a stretch of time, variable by variable, in batches by time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from fraud.model.drift import SCORE
from fraud.models import Assessment, ModelVersion

AT_ONCE = 2_000


def read(model: ModelVersion, *, livemode: bool, from_at: datetime, to_at: datetime) -> dict[str, list[Any]]:
    """One list per variable and `score`, all of one length; None where a value was unknown."""
    seen: dict[str, list[Any]] = {SCORE: [], **{name: [] for name in model.variables}}
    for features, score in _judged(model.name, livemode, from_at, to_at):
        seen[SCORE].append(score)
        for name in model.variables:
            value = features.get(name)
            seen[name].append(None if value is None else float(value))
    return seen


def _judged(
    name: str, livemode: bool, from_at: datetime, to_at: datetime
) -> Iterator[tuple[dict[str, Any], int | None]]:
    found = Assessment.objects.filter(
        livemode=livemode, model_version=name, created_at__gte=from_at, created_at__lt=to_at, rescores__isnull=True
    ).order_by("created_at", "id")
    last: tuple[datetime, int] | None = None
    while True:
        rest = found
        if last is not None:
            further = Q(created_at__gt=last[0]) | Q(created_at=last[0], id__gt=last[1])
            rest = found.filter(further, created_at__gte=last[0])
        batch = list(rest.values_list("created_at", "id", "features", "model_score")[:AT_ONCE])
        if not batch:
            return
        for created_at, key, features, score in batch:
            last = created_at, key
            yield features, score
