"""Dated numbers of the fraud decision. Names under `fraud.rules.` may be used in rule expressions."""

from typing import Any

from core.parameters import services as parameters

RULE_PREFIX = "fraud.rules."

_RULE_THRESHOLDS: dict[str, tuple[Any, str, str]] = {
    "high_value_minor": (100_000, "minor units", "A payment of this much or more is reviewed"),
    "payments_per_hour": (10, "payments", "More attempts of one customer within an hour are too fast"),
    "payments_per_day": (50, "payments", "More attempts of one customer within 24 hours are too many"),
    "risk_countries": (["IR", "KP", "MM"], "ISO 3166 codes", "Countries no payment may touch (FATF call for action)"),
    "unusual_multiple": (5, "times", "This many times the customer's median amount is unusual"),
    "unusual_minimum_minor": (10_000, "minor units", "Below this no amount is unusual"),
    "unusual_history": (3, "payments", "So many paid ones make a customer's usual amount known"),
    "new_customer_days": (7, "days", "A customer is new for this long"),
    "new_customer_high_minor": (75_000, "minor units", "This much is high for a new customer"),
    "prepaid_limit_minor": (20_000, "minor units", "More than this on a prepaid card is too much"),
    "device_customers": (3, "customers", "More customers than this on one device in 30 days is too many"),
    "new_seller_days": (7, "days", "A seller is new for this long"),
    "new_seller_high_minor": (75_000, "minor units", "This much is high for a new seller"),
    "night_round_minimum_minor": (60_000, "minor units", "Round amounts at night count from here"),
    "declines_per_day": (5, "attempts", "So many refused attempts in 24 hours look like card testing"),
    "cards_per_day": (3, "cards", "More cards than this of one customer in 24 hours is too many"),
    "ip_customers": (5, "customers", "More customers than this from one address in 24 hours is too many"),
    "established_days": (90, "days", "A customer is established after this long"),
}

for _name, (_default, _unit, _meaning) in _RULE_THRESHOLDS.items():
    parameters.declare(RULE_PREFIX + _name, _default, unit=_unit, meaning=_meaning)

parameters.declare(
    "fraud.base_score", 125, unit="points", meaning="Score of a payment that no rule says anything about"
)
parameters.declare(
    "fraud.approve_up_to", 300, unit="points", meaning="Highest score that is approved", minimum=0, maximum=997
)
parameters.declare(
    "fraud.review_up_to", 700, unit="points", meaning="Highest score that is reviewed", minimum=1, maximum=998
)
parameters.declare(
    "fraud.block_up_to", 900, unit="points", meaning="Highest score that is blocked; above: investigated"
)
parameters.declare(
    "fraud.timeout_ms",
    100,
    unit="milliseconds",
    meaning="Longest read of history before NO_ADVICE",
    minimum=5,
    maximum=5_000,
)
parameters.declare(
    "fraud.history_rows", 256, unit="rows", meaning="Newest rows read per customer, card, address, device"
)
parameters.declare(
    "fraud.claim_minutes",
    60,
    unit="minutes",
    meaning="An untouched claim on a case lapses after this",
    minimum=1,
    maximum=1_440,
)
parameters.declare(
    "fraud.decline_lead_minutes",
    60,
    unit="minutes",
    meaning="An undecided case declines this long before capture ends",
    minimum=0,
    maximum=10_080,
)


def threshold_types() -> dict[str, type]:
    """Name in rule expressions → Python type, for the rule checker."""
    return {name: type(default) for name, (default, _, _) in _RULE_THRESHOLDS.items()}


def thresholds(*, at: Any) -> dict[str, Any]:
    """The values in force at a moment, by the name rules use."""
    return {name: parameters.read(RULE_PREFIX + name, at=at) for name in _RULE_THRESHOLDS}
