"""What of the models is signed: which one judges."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.actors import Actor
from core.approvals import Content, Execution
from core.approvals.models import ApprovalRequest
from core.approvals.services import ask
from core.audit.chain import JSON
from fraud.models import ModelComparison, ModelVersion
from fraud.selectors import models as selector
from fraud.services import models

ONE_SIGNS: Mapping[str, JSON] = {
    "expiresHours": 24,
    "rules": [{"name": "always", "when": {}, "require": {"permission": "fraud.promote_model", "count": 1}}],
}


class PromoteModel(approvals.Action):
    """The subject is the model. The evidence is its comparison with the champion, whole: another one voids."""

    name: ClassVar[str] = "fraud.promote_model"
    title: ClassVar[str] = "Let a model judge payments"
    ask_permission: ClassVar[str] = "fraud.train_model"
    policy: ClassVar[Mapping[str, JSON]] = ONE_SIGNS

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises ModelNotFound, UnableToMoveModel, NotYetBetter."""
        model = selector.get(name=subject)
        compared = models.require_promotable(model, now=now)
        instead = f" instead of {compared.champion.name}" if compared else ", the first one"
        return Content(
            summary=f"Let {model.name} judge payments{instead}",
            version=_covered(model),
            evidence=_comparison(compared) if compared else _validation(model),
            facts={"isFirst": compared is None, "livemode": model.livemode},
            people=_author(model),
            url=reverse("admin:model", args=[model.name]),
        )

    def effect(self, execution: Execution) -> None:
        models.promote_signed(
            name=execution.subject,
            approval_id=execution.request_id,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class RollBackModel(approvals.Action):
    """The subject is the model that the champion replaced."""

    name: ClassVar[str] = "fraud.roll_back_model"
    title: ClassVar[str] = "Let the model before judge again"
    ask_permission: ClassVar[str] = "fraud.train_model"
    policy: ClassVar[Mapping[str, JSON]] = ONE_SIGNS

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises ModelNotFound, UnableToMoveModel."""
        model = selector.get(name=subject)
        champion = models.require_predecessor(model)
        return Content(
            summary=f"Let {model.name} judge payments again instead of {champion.name}",
            version={**_covered(model), "champion": champion.name},
            facts={"livemode": model.livemode},
            url=reverse("admin:model", args=[model.name]),
        )

    def effect(self, execution: Execution) -> None:
        models.roll_back_signed(
            name=execution.subject,
            approval_id=execution.request_id,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


def ask_promotion(*, name: str, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Raises ModelNotFound, UnableToMoveModel, NotYetBetter, and the refusals of `core.approvals.services.ask`."""
    return ask(action=PromoteModel.name, subject=name, given={}, reason=reason, actor=actor, now=now)


def ask_roll_back(*, name: str, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Raises ModelNotFound, UnableToMoveModel, and the refusals of `core.approvals.services.ask`."""
    return ask(action=RollBackModel.name, subject=name, given={}, reason=reason, actor=actor, now=now)


def _covered(model: ModelVersion) -> Mapping[str, JSON]:
    return {"model": model.name, "sha256": model.sha256, "state": model.state}


def _comparison(compared: ModelComparison) -> Mapping[str, JSON]:
    found = {str(check["name"]): str(check["found"]) for check in compared.checks}
    return {"comparison": compared.comparison_id, "payments": compared.payments, "frauds": compared.frauds, **found}


def _validation(model: ModelVersion) -> Mapping[str, JSON]:
    """Numbers as text: what is signed is whole numbers and text."""
    names = ("payments", "frauds", "average_precision", "auc", "recall_at_1_fpr")
    return {name: f"{model.metrics[name]:.4g}" for name in names}


def _author(model: ModelVersion) -> frozenset[str]:
    kind, _, identity = model.created_by.partition(":")
    return frozenset({identity}) if kind == "STAFF" else frozenset()


approvals.register(PromoteModel())
approvals.register(RollBackModel())
