"""From verdicts to a score, a band and its words. Pure: the same values give the same decision for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fraud.enums import HeldBackReason, Outcome
from fraud.rules.catalogue import LIST_PREFIX
from fraud.rules.compiled import CompiledRules
from fraud.rules.definitions import Rule

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
    allows: bool = False
    opens_case: bool = False

    @property
    def reason_code(self) -> str:
        return f"rule_{self.code}"

    @property
    def lists(self) -> list[str]:
        """The lists of which an entry names the payment."""
        return [name for name, value in self.thresholds.items() if name.startswith(LIST_PREFIX) and value]

    def as_json(self) -> dict[str, Any]:
        """What is said only of some rules is left out of the others: decisions of all times look alike."""
        return {
            "code": self.code,
            "reason_code": self.reason_code,
            "points": self.points,
            "floor": self.floor,
            "description": self.description,
            "observed": self.observed,
            "thresholds": self.thresholds,
            **({"allows": True} if self.allows else {}),
            **({"opens_case": True} if self.opens_case else {}),
            **({"lists": self.lists} if self.lists else {}),
        }


class Hold(NamedTuple):
    """Why a rule has no effect on this payment, and the pause (`rps_…`) or suppression (`sup_…`) that says so."""

    reason: HeldBackReason
    by: str


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A rule that was true and had no effect."""

    hit: Hit
    hold: Hold

    def as_json(self) -> dict[str, Any]:
        return {**self.hit.as_json(), "reason": self.hold.reason.value, "by": self.hold.by}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`hits` had effect, `held_back` had none; `allowed_by` is the rule that let a review past, empty if none did."""

    score: int
    outcome: Outcome
    hits: tuple[Hit, ...]
    not_evaluated: tuple[str, ...]
    held_back: tuple[HeldBack, ...] = ()
    allowed_by: str = ""

    @property
    def opens_case(self) -> tuple[str, ...]:
        """Rules that ask for a person whatever the score."""
        return tuple(hit.code for hit in self.hits if hit.opens_case)

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
    held_back: Mapping[str, Hold] | None = None,
    floors: Sequence[str] = (),
) -> Judgement:
    """Every rule is asked. Points add up within 0 and 1000, then the highest floor lifts the sum into its band.

    A rule that allows then lowers a review to the highest score that is approved, and nothing above a review. `floors`
    come from outside the rules (a degraded decision) and hold against that too. `held_back` are rules that are asked
    and have no effect, by code; only what one that the program stopped would have blocked is still reviewed: a rule
    that went wild lets nobody be approved unseen, and blocks nobody.
    """
    verdicts = compiled.judge({**features, **thresholds})
    hits: list[Hit] = []
    held: list[HeldBack] = []
    for rule, names, verdict in zip(compiled.rules, compiled.names, verdicts, strict=True):
        if verdict:
            hit = _hit(rule, names, features, thresholds)
            if held_back and (hold := held_back.get(rule.code)):
                held.append(HeldBack(hit, hold))
            else:
                hits.append(hit)
    score = _score(hits, base_score, bands)
    stopped = [each.hit for each in held if each.hold.reason is HeldBackReason.STOPPED]
    if stopped and bands.outcome(_score([*hits, *stopped], base_score, bands)) in (Outcome.BLOCK, Outcome.INVESTIGATE):
        floors = [*floors, Outcome.REVIEW.value]
    allowed_by = next((hit.code for hit in hits if hit.allows), "") if bands.outcome(score) is Outcome.REVIEW else ""
    if allowed_by:
        score = bands.approve_up_to
    score = max([score, *map(bands.lowest_score, floors)])
    if bands.outcome(score) is not Outcome.APPROVE:
        allowed_by = ""
    unknown = tuple(rule.code for rule, verdict in zip(compiled.rules, verdicts, strict=True) if verdict is None)
    return Judgement(score, bands.outcome(score), tuple(hits), unknown, tuple(held), allowed_by)


def _score(hits: Sequence[Hit], base_score: int, bands: Bands) -> int:
    total = min(max(base_score + sum(hit.points for hit in hits), LOWEST), HIGHEST)
    return max([total, *(bands.lowest_score(hit.floor) for hit in hits)])


def _hit(rule: Rule, names: Sequence[str], features: Mapping[str, Any], thresholds: Mapping[str, Any]) -> Hit:
    return Hit(
        code=rule.code,
        points=rule.points,
        floor=rule.floor,
        description=rule.description,
        observed={name: features[name] for name in names if name in features},
        thresholds={name: thresholds[name] for name in names if name in thresholds},
        allows=rule.allows,
        opens_case=rule.opens_case,
    )
