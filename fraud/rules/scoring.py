"""From verdicts to a score, a band and its words. Pure: the same values give the same decision for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fraud.enums import Outcome
from fraud.rules.compiled import CompiledRules

LOWEST, HIGHEST = 0, 1000


class BandsOutOfOrder(ValueError):
    """The three limits do not rise within 0 and 1000."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Highest score of each band; above `block_up_to` a payment is investigated. 300, 700, 900 as shipped."""

    approve_up_to: int
    review_up_to: int
    block_up_to: int

    def __post_init__(self) -> None:
        if not LOWEST <= self.approve_up_to < self.review_up_to < self.block_up_to < HIGHEST:
            raise BandsOutOfOrder(f"{self.approve_up_to}, {self.review_up_to}, {self.block_up_to}")

    def outcome(self, score: int) -> Outcome:
        if score <= self.approve_up_to:
            return Outcome.APPROVE
        if score <= self.review_up_to:
            return Outcome.REVIEW
        if score <= self.block_up_to:
            return Outcome.BLOCK
        return Outcome.INVESTIGATE

    def lowest_score(self, floor: str | None) -> int:
        """The lowest score of the band a floor names."""
        if floor is None:
            return LOWEST
        return {
            Outcome.REVIEW.value: self.approve_up_to,
            Outcome.BLOCK.value: self.review_up_to,
            Outcome.INVESTIGATE.value: self.block_up_to,
        }[floor] + 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that was true: what it saw and what it was measured against, by name."""

    code: str
    points: int
    floor: str | None
    description: str
    observed: dict[str, Any]
    thresholds: dict[str, Any]

    @property
    def reason_code(self) -> str:
        return f"rule_{self.code}"

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "reason_code": self.reason_code,
            "points": self.points,
            "floor": self.floor,
            "description": self.description,
            "observed": self.observed,
            "thresholds": self.thresholds,
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    score: int
    outcome: Outcome
    hits: tuple[Hit, ...]
    not_evaluated: tuple[str, ...]

    @property
    def reason_codes(self) -> list[str]:
        """The band first, as documented (`low_risk`, `high_fraud_score`), then each rule that was true."""
        return [BAND_REASONS[self.outcome], *(hit.reason_code for hit in self.hits)]


BAND_REASONS = {
    Outcome.APPROVE: "low_risk",
    Outcome.REVIEW: "elevated_fraud_score",
    Outcome.BLOCK: "high_fraud_score",
    Outcome.INVESTIGATE: "critical_fraud_score",
}


def judge(
    compiled: CompiledRules,
    *,
    features: Mapping[str, Any],
    thresholds: Mapping[str, Any],
    base_score: int,
    bands: Bands,
) -> Judgement:
    """Every rule is asked. Points add up within 0 and 1000, then the highest floor lifts the sum into its band."""
    verdicts = compiled.judge({**features, **thresholds})
    hits = tuple(
        Hit(
            code=rule.code,
            points=rule.points,
            floor=rule.floor,
            description=rule.description,
            observed={name: features[name] for name in names if name in features},
            thresholds={name: thresholds[name] for name in names if name in thresholds},
        )
        for rule, names, verdict in zip(compiled.rules, compiled.names, verdicts, strict=True)
        if verdict
    )
    total = min(max(base_score + sum(hit.points for hit in hits), LOWEST), HIGHEST)
    score = max([total, *(bands.lowest_score(hit.floor) for hit in hits)])
    unknown = tuple(rule.code for rule, verdict in zip(compiled.rules, verdicts, strict=True) if verdict is None)
    return Judgement(score=score, outcome=bands.outcome(score), hits=hits, not_evaluated=unknown)
