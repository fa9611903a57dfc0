"""The life of a model: registered, tried in shadow, promoted by two people, rolled back, retired."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.enums import ModelState
from fraud.model.building import Built, SourceDiffers, curve_as_json
from fraud.model.live import ModelNotFound
from fraud.models import ModelComparison, ModelVersion
from fraud.selectors import models as selector

TRIED = (ModelState.CANDIDATE, ModelState.CHALLENGER)


class UnableToMoveModel(Refusal):
    code = "MODEL_CANNOT_MOVE"
    status = 409
    title = "The model cannot go there"


class NotYetBetter(Refusal):
    code = "MODEL_NOT_YET_BETTER"
    status = 409
    title = "The model was not shown to be better"


def register(
    *,
    built: Built,
    livemode: bool,
    origin: str,
    window: tuple[datetime, datetime, datetime, datetime],
    actor: Actor,
    now: datetime,
) -> ModelVersion:
    """Keep a model as a candidate. `window` is learned from, to, measured from, to. The same model again is that model.

    Raises SourceDiffers for one whose text was not proved.
    """
    if not built.parity.passed(len(built.variables)):
        raise SourceDiffers(f"by {built.parity.difference:g} on {built.parity.rows} rows")
    with transaction.atomic():
        same = ModelVersion.objects.filter(sha256=built.sha256, to_at=window[3]).first()
        if same is not None:
            return same
        model = ModelVersion.objects.create(
            name=ids.prefixed("model", now),
            livemode=livemode,
            origin=origin,
            created_by=str(actor),
            created_at=now,
            **_content(built),
            **dict(zip(("from_at", "trained_to", "validated_from", "to_at"), window, strict=True)),
        )
        _record("registered", model, actor, now, sha256=model.sha256, payments=model.payments, frauds=model.frauds)
    return model


def challenge(*, name: str, actor: Actor, now: datetime) -> ModelVersion:
    """Let a candidate score beside the champion, without effect. Raises ModelNotFound, UnableToMoveModel."""
    with transaction.atomic():
        model = _locked(name)
        _require(model, ModelState.CANDIDATE)
        if other := selector.find_challenger():
            raise UnableToMoveModel(f"{other.name} is the challenger; withdraw it first")
        _move(model, ModelState.CHALLENGER, "challenged", actor, now)
    return model


def withdraw(*, name: str, actor: Actor, now: datetime) -> ModelVersion:
    """Take a challenger out of the shadow. Raises ModelNotFound, UnableToMoveModel."""
    with transaction.atomic():
        model = _locked(name)
        _require(model, ModelState.CHALLENGER)
        _move(model, ModelState.CANDIDATE, "withdrawn", actor, now)
    return model


def promote_signed(*, name: str, approval_id: str, reason: str, actor: Actor, now: datetime) -> ModelVersion:
    """Judge by this model from now on. Raises ModelNotFound, UnableToMoveModel, NotYetBetter."""
    with transaction.atomic():
        model = _locked(name)
        require_promotable(model, now=now)
        _crown(model, "promoted", approval_id, reason, actor, now)
    return model


def roll_back_signed(*, name: str, approval_id: str, reason: str, actor: Actor, now: datetime) -> ModelVersion:
    """Judge by the model before again. Raises ModelNotFound, UnableToMoveModel."""
    with transaction.atomic():
        model = _locked(name)
        require_predecessor(model)
        _crown(model, "rolled_back", approval_id, reason, actor, now)
    return model


def require_promotable(model: ModelVersion, *, now: datetime) -> ModelComparison | None:
    """The comparison a promotion rests on; None where there is no champion to compare with.

    Raises UnableToMoveModel for a model that cannot be promoted, NotYetBetter without a fresh comparison that passed.
    """
    _require(model, *TRIED)
    champion = selector.find_champion()
    if champion is None:
        return None
    _require(model, ModelState.CHALLENGER)
    found = selector.find_comparison(champion=champion, challenger=model, livemode=model.livemode)
    days = parameters.read("fraud.comparison_fresh_days", at=now)
    if found is None or not selector.is_fresh(found, since=now - timedelta(days=days)):
        raise NotYetBetter(f"it was not compared with {champion.name} within {days} days")
    if not found.passed:
        failed = ", ".join(str(check["name"]) for check in found.checks if not check["passed"])
        raise NotYetBetter(f"not held: {failed}")
    return found


def require_predecessor(model: ModelVersion) -> ModelVersion:
    """The champion that this model would replace again. Raises UnableToMoveModel."""
    champion = selector.find_champion()
    if champion is None or champion.replaces_id != model.pk or model.state != ModelState.RETIRED:
        raise UnableToMoveModel(f"{model.name} is not the model that the champion replaced")
    return champion


def _crown(model: ModelVersion, verb: str, approval_id: str, reason: str, actor: Actor, now: datetime) -> None:
    before = ModelVersion.objects.select_for_update().filter(state=ModelState.CHAMPION).first()
    if before is not None:
        _move(before, ModelState.RETIRED, "retired", actor, now)
    model.state, model.approval_id, model.replaces, model.champion_at = ModelState.CHAMPION, approval_id, before, now
    model.save(update_fields=["state", "approval_id", "replaces", "champion_at"])
    _record(verb, model, actor, now, approval=approval_id, reason=reason, replaces=before.name if before else None)


def _move(model: ModelVersion, state: ModelState, verb: str, actor: Actor, now: datetime) -> None:
    model.state = state
    model.save(update_fields=["state"])
    _record(verb, model, actor, now)


def _record(verb: str, model: ModelVersion, actor: Actor, now: datetime, **details: str | int | None) -> None:
    audit.record(actor=actor, action=f"fraud.model.{verb}", subject=model.name, at=now, details=details)


def _locked(name: str) -> ModelVersion:
    model = ModelVersion.objects.select_for_update().filter(name=name).first()
    if model is None:
        raise ModelNotFound(f"no model is named {name[:40]}")
    return model


def _require(model: ModelVersion, *states: ModelState) -> None:
    if model.state not in states:
        wanted = " or ".join(state.lower() for state in states)
        raise UnableToMoveModel(f"{model.name} is {model.state.lower()}, not {wanted}")


def _content(built: Built) -> dict[str, object]:
    return {
        "variables": list(built.variables),
        "source": built.source,
        "sha256": built.sha256,
        "booster": built.booster,
        "parameters": dict(built.parameters),
        "parity_rows": built.parity.rows,
        "parity_columns": built.parity.columns,
        "parity_difference": built.parity.difference,
        "curve": curve_as_json(built.curve),
        "line": asdict(built.line),
        "metrics": dict(built.metrics),
        "importance": dict(built.importance),
        "references": dict(built.references),
        "payments": built.payments,
        "frauds": built.frauds,
    }
