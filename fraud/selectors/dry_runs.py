"""Rules on one stored decision: what each would have said, and what all of them would have made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import Refusal
from fraud import explanations
from fraud.models import Assessment
from fraud.parameters import threshold_types, thresholds
from fraud.rules import scoring
from fraud.rules.compiled import compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.scoring import Bands, Judgement
from fraud.selectors import rule_sets


class NothingToJudge(Refusal):
    code = "NO_STORED_DECISION"
    status = 404
    title = "No stored decision with a score"


@dataclass(frozen=True, slots=True)
class Said:
    """One rule on this payment. `verdict` is None where a value is missing; `values` are name and value as read."""

    code: str
    description: str
    points: int
    floor: str | None
    verdict: bool | None
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """`assessment` is what was decided then; `active` and `edited` judge its values under today's thresholds."""

    assessment: Assessment
    active: Judgement
    active_version: int
    edited: Judgement
    said: list[Said]


def run(*, payment_id: str, livemode: bool, rules: Sequence[Rule], bands: Bands, now: datetime) -> DryRun:
    """Raises NothingToJudge for a payment without a scored decision, fraud.rules.language.RuleError."""
    decided = Assessment.objects.filter(payment_id=payment_id, livemode=livemode, score__isnull=False)
    assessment = decided.order_by("-id").first()
    if assessment is None:
        raise NothingToJudge(f"no stored decision of {payment_id or 'this payment'} has a score")
    in_force = {**assessment.thresholds, **thresholds(at=now)}
    edited = compile_rules(version=0, rules=rules, threshold_types=threshold_types())
    active_set = rule_sets.get_active()
    active = rule_sets.get_compiled(version=active_set.version, digest=active_set.digest)
    judgements = [
        scoring.judge(
            version,
            features=assessment.features,
            thresholds=in_force,
            base_score=assessment.base_score,
            bands=bands,
        )
        for version in (active, edited)
    ]
    values = {**assessment.features, **in_force}
    said = [
        Said(
            rule.code,
            rule.description,
            rule.points,
            rule.floor,
            verdict,
            tuple((name, explanations.shown(name, values.get(name), assessment.currency)) for name in names),
        )
        for rule, names, verdict in zip(edited.rules, edited.names, edited.judge(values), strict=True)
    ]
    # What was true first, then what lacked a value.
    said.sort(key=lambda each: (not each.verdict, each.verdict is not None))
    return DryRun(assessment, judgements[0], active_set.version, judgements[1], said)
