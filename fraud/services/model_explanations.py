"""The exact contributions to a model score, worked out by a worker where a person asks for them."""

from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.work import services as work
from fraud.model import explain
from fraud.models import Assessment, ModelExplanation
from fraud.selectors import models as selector
from fraud.services.replaying import SOMEBODY_ELSES

WORK = "fraud.explain_exactly"


class NothingToExplain(Refusal):
    code = "NOTHING_TO_EXPLAIN"
    status = 404
    title = "No model of ours judged this"


def order(*, assessment_id: str, actor: Actor, now: datetime) -> None:
    """Have a worker explain this decision. Raises NothingToExplain."""
    _judged(assessment_id)
    with transaction.atomic():
        work.enqueue(kind=WORK, key=assessment_id, payload={}, due_at=now, now=now)
        audit.record(actor=actor, action="fraud.model.explanation_ordered", subject=assessment_id, at=now)


def perform(*, assessment_id: str, now: datetime) -> None:
    """Once; again it changes nothing. Raises NothingToExplain, ModelNotFound."""
    if selector.find_explanation(assessment_id=assessment_id) is not None:
        return
    assessment = _judged(assessment_id)
    model = selector.get(name=str(assessment.model_version))
    moved, bias, raw = explain.exact(model.booster, explain.numbers(model.variables, assessment.features))
    ModelExplanation.objects.bulk_create(
        [
            ModelExplanation(
                assessment_id=assessment_id,
                model=model,
                contributions=dict(zip(model.variables, moved, strict=True)),
                bias=bias,
                raw=raw,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def _judged(assessment_id: str) -> Assessment:
    found = Assessment.objects.filter(assessment_id=assessment_id, model_raw__isnull=False).first()
    if found is None or str(found.model_version).startswith(SOMEBODY_ELSES):
        raise NothingToExplain(f"no model judged {assessment_id[:40]}")
    return found
