"""Why a payment scored what it scored, in words and numbers a person can check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.money import Currency, Money
from core.parameters import services as parameters
from fraud.models import Assessment
from fraud.parameters import RULE_PREFIX
from fraud.rules.catalogue import VARIABLES

# A history read from the database because nobody asked the store is whole.
UNREMARKABLE = frozenset({"NOT_ASKED"})


@dataclass(frozen=True, slots=True)
class Measured:
    """One value a rule looked at, or one it was measured against."""

    meaning: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """One rule that was true. `points` are signed; `floor` is the band it lifts the payment into."""

    code: str
    description: str
    points: str
    floor: str
    observed: list[Measured]
    thresholds: list[Measured]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one variable added to the model's score, in log-odds, signed."""

    meaning: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """From the base score to the final one. `not_evaluated` lacked a value; `held_back` were true without effect.

    `candidate` says in a sentence what rules in shadow would have made of it.
    """

    base_score: int
    lines: list[Line]
    total: int
    score: int | None
    not_evaluated: list[str]
    version: str
    failure: str
    model_version: str = ""
    contributions: Sequence[Contribution] = ()
    held_back: Sequence[str] = ()
    candidate: str = ""
    allowed_by: str = ""
    degraded: str = ""
    assessment_id: str = ""

    @property
    def remark(self) -> str:
        """Why the score is not the sum: a floor lifted it, or the scale ended."""
        if self.score is None or self.score == self.total:
            return ""
        return (
            f"lifted from {self.total}" if self.score > self.total else f"the scale ends here; the sum is {self.total}"
        )


def explain(assessment: Assessment) -> Explanation:
    currency = assessment.currency
    return Explanation(
        base_score=assessment.base_score,
        lines=[_line(hit, currency) for hit in assessment.hits],
        total=assessment.base_score + sum(hit["points"] for hit in assessment.hits),
        score=assessment.score,
        not_evaluated=list(assessment.not_evaluated),
        version=f"rules version {assessment.rule_set_version}" if assessment.rule_set_version else "",
        failure=assessment.failure,
        model_version=assessment.model_version or "",
        contributions=[_contribution(item, currency) for item in assessment.contributions],
        held_back=[_held_back(item) for item in assessment.held_back],
        candidate=_candidate(assessment.shadow),
        allowed_by=assessment.allowed_by,
        degraded="" if assessment.degraded in UNREMARKABLE else assessment.degraded.replace("_", " ").lower(),
        assessment_id=assessment.assessment_id,
    )


def usual(assessment: Assessment) -> list[tuple[str, str, str]]:
    """This payment beside what is usual: what, here, usually or elsewhere."""
    features, currency = assessment.features, assessment.currency
    if not features:
        return []

    def shown(name: str) -> str:
        return _value(name, features.get(name), currency)

    return [
        ("Amount", shown("amount_minor"), f"usually {shown('customer_median_minor')}"),
        ("Largest in 30 days", shown("customer_largest_minor"), f"in {shown('customer_paid_30d')} paid payments"),
        ("Attempts", f"{shown('customer_payments_1h')} in an hour", f"{shown('customer_payments_24h')} in a day"),
        ("Refused", f"{shown('customer_declines_24h')} in a day", f"card: {shown('card_declines_24h')}"),
        ("Known for", shown("customer_age_days"), f"seller: {shown('seller_age_days')}"),
        ("Country", f"address {shown('ip_country')}", f"card {shown('issuer_country')}"),
        ("Billing", shown("billing_country"), f"shipping {shown('shipping_country')}"),
        ("Others on this device", shown("device_other_customers_30d"), f"card: {shown('card_other_customers_30d')}"),
    ]


def _contribution(item: dict[str, Any], currency: str) -> Contribution:
    name = item["variable"]
    meaning = VARIABLES[name].meaning if name in VARIABLES else name
    effect = f"{item['contribution']:+.2f}".replace("-", "\N{MINUS SIGN}")
    return Contribution(meaning, _value(name, item["value"], currency), effect)


def _held_back(item: dict[str, Any]) -> str:
    """The rule, and why it had no effect where that is kept."""
    why = str(item.get("reason", "")).replace("_", " ").lower()
    said = item.get("description") or item["code"]
    return f"{said} ({why})" if why else str(said)


def _candidate(shadow: dict[str, Any] | None) -> str:
    if not shadow:
        return ""
    hits = f", by {', '.join(shadow['hits'])}" if shadow.get("hits") else ""
    outcome = str(shadow["outcome"]).replace("_", " ").lower()
    return f"Rules version {shadow['version']} in shadow would have said {shadow['score']}, {outcome}{hits}."


def _line(hit: dict[str, Any], currency: str) -> Line:
    meanings = {item.name: item.meaning for item in parameters.declarations()}
    return Line(
        code=hit["code"],
        description=hit["description"],
        points=f"{hit['points']:+d}".replace("-", "\N{MINUS SIGN}"),
        floor=hit["floor"] or "",
        observed=[
            Measured(VARIABLES[name].meaning if name in VARIABLES else name, _value(name, value, currency))
            for name, value in hit["observed"].items()
        ],
        thresholds=[
            Measured(meanings.get(RULE_PREFIX + name, name), _value(name, value, currency))
            for name, value in hit["thresholds"].items()
        ],
    )


def _value(name: str, value: Any, currency: str) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_minor"):
        return str(Money(round(value), Currency[currency]))
    if name.endswith("_km"):
        return f"{value:,} km"
    if name.endswith("_days"):
        return f"{timedelta(days=value).days} days"
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown(name: str, value: Any, currency: str) -> str:
    """The value of a variable or threshold as people read it: money with its currency, days as days."""
    return _value(name, value, currency)
