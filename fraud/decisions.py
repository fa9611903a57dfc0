"""The values of a fraud decision: what is asked, what is found, what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fraud.enums import Arm, FeatureSource, Outcome, Recommendation, RiskLevel
from fraud.rules.scoring import Bands, Judgement


@dataclass(frozen=True, slots=True)
class AssessmentRequest:
    """What is known of a payment before it is tried. Never a card number, never a security code.

    `card_fingerprint` is anything stable per card that is not its number, `card_bin` its first six digits;
    countries are ISO 3166 alpha-2; `payer_since` and `payee_since` are when the parties were registered.
    `ip_address` is the customer's own, not that of the marketplace's server. `email_hash` is what is left of `email` in
    a stored decision that is asked again.
    """

    livemode: bool
    payer_id: str
    amount_minor: int
    currency: str
    payee_id: str | None = None
    payment_id: str | None = None
    transaction_id: str | None = None
    payment_method: str = "card"
    card_fingerprint: str | None = None
    card_bin: str | None = None
    card_brand: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    device_id: str | None = None
    email: str | None = None
    email_hash: str | None = None
    billing_country: str | None = None
    shipping_country: str | None = None
    payer_since: datetime | None = None
    payee_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer. `score` is 0 to 1000 or None with NO_ADVICE; `rule_matches` are codes of the rules that were true.

    `row_id` is the stored row's key, None only where even storing failed.
    """

    assessment_id: str
    row_id: int | None
    score: int | None
    outcome: Outcome
    recommendation: Recommendation
    risk_level: RiskLevel | None
    reason_codes: list[str]
    rule_matches: list[str]
    model_version: str
    evaluation_ms: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says: its version, its own answer, the score 0 to 1000 made of it, and what contributed."""

    version: str
    raw: float
    score: int
    contributions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A judgement and everything that made it; judgement None is no advice, for the reason in `failure`.

    `degraded` says why the history did not come from the feature store, empty where it did. `base_score` is what the
    rules started from. `bypass_turn` is the turn of the switch under which nothing was judged, `rescores` the key of
    the decision that this one makes up for.
    """

    judgement: Judgement | None
    failure: str
    features: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    rule_set_version: int | None
    base_score: int
    bands: Bands
    source: FeatureSource = FeatureSource.NONE
    degraded: str = ""
    model: Opinion | None = None
    challenger: Opinion | None = None
    shadow: Mapping[str, Any] | None = None
    arm: Arm | str = ""
    bypass_turn: int | None = None
    held_back: tuple[Mapping[str, Any], ...] = field(default=())
    allowed_by: str = ""
