"""A stored decision made again: the same values, the same versions, the same words, or the first that differs."""

from dataclasses import dataclass
from typing import Any

from core.parameters import services as parameters
from fraud.enums import HeldBackReason, Outcome
from fraud.model import live
from fraud.model.live import ModelNotFound
from fraud.model.scorer import NotOurSource
from fraud.models import Assessment
from fraud.rules import verdicts
from fraud.rules.scoring import Bands, Hold, Judgement
from fraud.selectors import rule_sets
from fraud.selectors.rule_sets import RuleSetNotFound

SOMEBODY_ELSES = "amazon:"


@dataclass(frozen=True, slots=True)
class Replay:
    """`differs` is the first field that came out otherwise, empty where none did; `stored` and `again` its values."""

    assessment_id: str
    differs: str = ""
    stored: Any = None
    again: Any = None
    note: str = ""

    @property
    def is_equal(self) -> bool:
        return not self.differs


def replay(assessment: Assessment) -> Replay:
    """Bit for bit. A decision without a judgement (no advice, the bypass) has nothing to make again, which is said."""
    if assessment.outcome == Outcome.NO_ADVICE:
        return Replay(assessment.assessment_id, note=f"no advice was given: {assessment.failure}")
    if assessment.bypass_turn is not None:
        return Replay(assessment.assessment_id, note=f"approved unseen under turn {assessment.bypass_turn}")
    try:
        again_by_name = {**_scored(assessment), **_words(judge_again(assessment))}
    except RuleSetNotFound as gone:
        return Replay(assessment.assessment_id, "rule_set_version", assessment.rule_set_version, str(gone))
    except (ModelNotFound, NotOurSource) as gone:
        return Replay(assessment.assessment_id, "model_version", assessment.model_version, str(gone))
    for name, again in again_by_name.items():
        stored = getattr(assessment, name)
        if stored != again:
            return Replay(assessment.assessment_id, name, stored, again)
    return Replay(assessment.assessment_id)


def judge_again(assessment: Assessment) -> Judgement:
    """The judgement from stored values and versions. Raises RuleSetNotFound where its rules are gone."""
    if assessment.rule_set_version is None:
        raise RuleSetNotFound("the decision was made without rules")
    rule_set = rule_sets.get(version=assessment.rule_set_version)
    bands = Bands(assessment.approve_up_to, assessment.review_up_to, assessment.block_up_to)
    return verdicts.judge(
        rule_sets.get_compiled(version=rule_set.version, digest=rule_set.digest),
        features=assessment.features,
        thresholds=assessment.thresholds,
        base_score=assessment.base_score,
        bands=bands,
        held_back={held["code"]: Hold(HeldBackReason(held["reason"]), held["by"]) for held in assessment.held_back},
    )


def _scored(assessment: Assessment) -> dict[str, Any]:
    """What our own model says of the stored variables; somebody else's detector cannot be asked again."""
    name = assessment.model_version
    if name is None or name.startswith(SOMEBODY_ELSES):
        return {}
    reasons = parameters.read("fraud.model_reasons", at=assessment.created_at)
    scored = live.score(name, assessment.features, reasons=reasons)
    return {
        "model_raw": scored.raw,
        "model_score": scored.score,
        "base_score": scored.score,
        "contributions": scored.contributions,
    }


def _words(judgement: Judgement) -> dict[str, Any]:
    """Everything a judgement leaves on the row."""
    return {
        "score": judgement.score,
        "outcome": judgement.outcome.value,
        "hits": [hit.as_json() for hit in judgement.hits],
        "not_evaluated": list(judgement.not_evaluated),
        "reason_codes": judgement.reason_codes,
        "held_back": [held.as_json() for held in judgement.held_back],
        "allowed_by": judgement.allowed_by,
    }
