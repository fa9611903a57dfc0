"""Models, what was asked for, and what is known of each since."""

from datetime import date, datetime

from django.db.models import Max, QuerySet

from fraud.enums import DriftVerdict, ModelState
from fraud.model.live import ModelNotFound
from fraud.models import ModelComparison, ModelDrift, ModelExplanation, ModelTraining, ModelVersion

SHOWN = 20
LARGE = ("source", "booster", "curve", "references", "importance")


def get(*, name: str) -> ModelVersion:
    """Raises ModelNotFound."""
    found = ModelVersion.objects.filter(name=name).first()
    if found is None:
        raise ModelNotFound(f"no model is named {name[:40]}")
    return found


def find_champion() -> ModelVersion | None:
    return ModelVersion.objects.filter(state=ModelState.CHAMPION).first()


def find_challenger() -> ModelVersion | None:
    return ModelVersion.objects.filter(state=ModelState.CHALLENGER).first()


def all_models() -> QuerySet[ModelVersion]:
    """Without their texts, which are long."""
    return ModelVersion.objects.defer(*LARGE)


def list_trainings(*, livemode: bool) -> list[ModelTraining]:
    """The newest ones, with the name of what came of each."""
    found = ModelTraining.objects.filter(livemode=livemode).select_related("model").order_by("-id")
    return list(found.defer(*(f"model__{name}" for name in LARGE))[:SHOWN])


def find_comparison(*, champion: ModelVersion, challenger: ModelVersion, livemode: bool) -> ModelComparison | None:
    """The newest of the two."""
    found = ModelComparison.objects.filter(champion=champion, challenger=challenger, livemode=livemode)
    return found.order_by("-id").first()


def list_comparisons(model: ModelVersion, *, livemode: bool) -> list[ModelComparison]:
    found = ModelComparison.objects.filter(challenger=model, livemode=livemode).select_related("champion")
    return list(found.defer(*(f"champion__{name}" for name in LARGE)).order_by("-id")[:SHOWN])


def find_drift_day(model: ModelVersion, *, livemode: bool) -> date | None:
    """The last day that was looked at."""
    last: date | None = ModelDrift.objects.filter(model=model, livemode=livemode).aggregate(last=Max("day"))["last"]
    return last


def list_drift(model: ModelVersion, *, livemode: bool, day: date) -> list[ModelDrift]:
    """Score and variables of a day, what moved furthest first."""
    found = ModelDrift.objects.filter(model=model, livemode=livemode, day=day)
    return sorted(found, key=lambda row: (-(row.psi or 0.0), row.variable))


def list_drift_of(model: ModelVersion, *, variable: str, livemode: bool, until: date) -> list[ModelDrift]:
    """The last days of one variable, the oldest first."""
    found = ModelDrift.objects.filter(model=model, livemode=livemode, variable=variable, day__lte=until)
    return list(reversed(found.order_by("-day")[:60]))


def count_drifting(model: ModelVersion, *, livemode: bool, day: date) -> int:
    found = ModelDrift.objects.filter(model=model, livemode=livemode, day=day)
    return found.filter(verdict__in=[DriftVerdict.WARN, DriftVerdict.CRITICAL]).count()


def find_explanation(*, assessment_id: str) -> ModelExplanation | None:
    return ModelExplanation.objects.filter(assessment_id=assessment_id).select_related("model").first()


def is_fresh(comparison: ModelComparison, *, since: datetime) -> bool:
    return comparison.created_at >= since
