"""Dated numbers of the fraud decision. Names under `fraud.rules.` may be used in rule expressions."""

from typing import Any

from core.parameters import services as parameters
from fraud.enums import ReviewSkill

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
    "takeover_minimum_minor": (50_000, "minor units", "From here a new device and country look like a takeover"),
    "pair_repeats": (10, "payments", "More attempts than this of one customer to one seller in 30 days is collusion"),
    "collusion_minimum_minor": (20_000, "minor units", "Repeated round amounts count from here"),
    "testing_maximum_minor": (1_000, "minor units", "Amounts up to here are used to test cards"),
    "device_payments_per_day": (10, "payments", "More small attempts of one device in 24 hours test cards"),
    "address_payments_per_hour": (15, "payments", "More small attempts of one address in an hour test cards"),
    "repeat_seconds": (60, "seconds", "Another card within this time is a second try"),
    "devices_per_day": (3, "devices", "More devices than this of one customer in 24 hours is too many"),
    "daily_amount_minor": (3_000_000, "minor units", "More than this of one customer within 24 hours is too much"),
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


def rule_thresholds() -> list[tuple[str, tuple[Any, str, str]]]:
    """Name in rule expressions with the shipped value, its unit and meaning."""
    return list(_RULE_THRESHOLDS.items())


def thresholds(*, at: Any) -> dict[str, Any]:
    """The values in force at a moment, by the name rules use."""
    return {name: parameters.read(RULE_PREFIX + name, at=at) for name in _RULE_THRESHOLDS}


parameters.declare(
    "fraud.label_delay_days",
    7,
    unit="days",
    meaning="A payment nobody complained about for this long counts as genuine; until then its label is not final",
    minimum=1,
    maximum=180,
)
parameters.declare(
    "fraud.silence_lookback_days",
    120,
    unit="days",
    meaning="So far before the delay payments without a label are looked for, after a standstill too",
    minimum=1,
    maximum=730,
)
parameters.declare(
    "fraud.report_waits_days", 90, unit="days", meaning="A fraud report waits this long for its payment to be known"
)
parameters.declare(
    "fraud.label_return_codes",
    "R05 R07 R10 R29 R51",
    unit="return codes",
    meaning="A debit that comes back so was not authorised; R11 is not here: it was, in other terms",
)
for _kind, _strength, _meaning in (
    ("report", 100, "Strength of a label from a fraud report"),
    ("chargeback", 100, "Strength of a label from a chargeback for fraud"),
    ("ach_return", 100, "Strength of a label from an ACH return as unauthorised"),
    ("confirmed_fraud", 100, "Strength of a label from a review that confirmed fraud"),
    ("genuine", 80, "Strength of a label from a review that found the payment genuine"),
    ("suspected_fraud", 60, "Strength of a label from a review that suspected fraud"),
    ("silence", 10, "Strength of a label from silence after the delay"),
):
    parameters.declare(
        f"fraud.label_strength.{_kind}", _strength, unit="hundredths", meaning=_meaning, minimum=1, maximum=100
    )


def _band_objection(bands: list[Any]) -> str | None:
    """Each `[highest score, basis points]`, rising in score and never falling in probability, up to 1000."""
    try:
        tops, shares = [int(top) for top, _ in bands], [int(share) for _, share in bands]
    except (TypeError, ValueError):
        return "holds pairs of a score and basis points"
    if not tops or tops != sorted(set(tops)) or tops[-1] != 1000:
        return "rises in score up to 1000"
    if shares != sorted(shares) or shares[0] < 0 or shares[-1] > 10_000:
        return "never falls in probability, from 0 to 10000 basis points"
    return None


def _skill_objection(pairs: list[Any]) -> str | None:
    wrong = [pair for pair in pairs if len(str(pair).split()) != 2 or str(pair).split()[1] not in ReviewSkill.values]
    return f"holds pairs of a rule and a skill; {wrong[0]} is none" if wrong else None


parameters.declare(
    "fraud.loss_by_score",
    [[100, 5], [300, 30], [500, 300], [700, 1500], [900, 7000], [1000, 9100]],
    unit="highest score of the band, basis points",
    meaning="How probable fraud is in each band of the score, until enough payments of the band are labelled",
    check=_band_objection,
)
parameters.declare(
    "fraud.loss_unscored", 1_500, unit="basis points", meaning="How probable fraud is where there is no score",
    maximum=10_000,
)  # fmt: skip
parameters.declare(
    "fraud.loss_minimum_labels",
    200,
    unit="payments",
    meaning="So many labelled payments in a band of the score replace its shipped probability",
    minimum=20,
)
parameters.declare(
    "fraud.loss_label_days", 90, unit="days", meaning="Labels of payments this young say how probable fraud is",
    minimum=7, maximum=730,
)  # fmt: skip
parameters.declare(
    "fraud.queue_half_life_hours",
    24,
    unit="hours",
    meaning="So much nearer to its end, a case counts as much as one of twice the expected loss",
    minimum=1,
    maximum=720,
)
parameters.declare(
    "fraud.unheld_case_hours",
    168,
    unit="hours",
    meaning="A case that holds no payment is due after this",
    minimum=1,
    maximum=2_160,
)
parameters.declare(
    "fraud.claims_per_person", 10, unit="cases", meaning="Most cases one person holds at once", minimum=1, maximum=500
)
parameters.declare(
    "fraud.viewing_minutes", 2, unit="minutes", meaning="Who looked at a case this recently is looking at it", minimum=1
)
parameters.declare(
    "fraud.snooze_longest_hours", 168, unit="hours", meaning="A case sleeps no longer than this", minimum=1
)
parameters.declare(
    "fraud.skill_high_value_minor",
    500_000,
    unit="minor units",
    meaning="A case about this much or more is for those who know high values",
    minimum=1,
)
parameters.declare(
    "fraud.rule_skills",
    [
        "card_testing_rule CARD_TESTING",
        "many_cards_rule CARD_TESTING",
        "geographic_anomaly_rule ACCOUNT_TAKEOVER",
        "new_seller_high_value_rule SELLER",
    ],
    unit="rule and skill",
    meaning="Which rules make a case one for people with a skill",
    check=_skill_objection,
)
parameters.declare(
    "fraud.second_review_share",
    500,
    unit="of 10,000",
    meaning="Decided cases that another analyst judges again without seeing the decision",
    maximum=10_000,
)
parameters.declare(
    "fraud.second_review_lookback_hours",
    48,
    unit="hours",
    meaning="Cases decided this long ago are still drawn for a second review, after a standstill too",
    minimum=1,
    maximum=720,
)
parameters.declare(
    "fraud.risk_reset_warns_days",
    90,
    unit="days",
    meaning="A reset of a customer's risk this young is pointed out before an approval",
    minimum=1,
)
parameters.declare(
    "fraud.list_hours_by_case",
    2_160,
    unit="hours",
    meaning="What a declined case puts on a block list stays there for this long",
    minimum=1,
    maximum=8_760,
)
parameters.declare(
    "fraud.backtest_slice",
    100_000,
    unit="decisions",
    meaning="So many a backtest judges before it keeps what it has and lets other work pass",
    minimum=100,
    maximum=500_000,
)
parameters.declare(
    "fraud.backtest_days", 30, unit="days", meaning="Window of a backtest unless another is asked for", minimum=1
)
parameters.declare(
    "fraud.backtest_longest_days", 400, unit="days", meaning="Longest window of a backtest", minimum=1, maximum=4_000
)
parameters.declare(
    "fraud.forecast_deviations",
    4.0,
    unit="standard deviations",
    meaning="So far from its mean the rate of a rule may lie within its forecast band",
    minimum=1,
    maximum=20,
)
parameters.declare(
    "fraud.score_bins",
    [100, 200, 300, 500, 700, 900, 1000],
    unit="points",
    meaning="Upper limits of the bins in which scores are counted",
    check=lambda bins: None if bins == sorted(set(bins)) and bins[-1:] == [1000] else "rises to 1000",
)
parameters.declare(
    "fraud.figures_wait_minutes",
    5,
    unit="minutes",
    meaning="Labels of this long are taken together before their day is counted again",
    minimum=0,
    maximum=1_440,
)
for _name, _default, _unit, _meaning, _maximum in (
    ("window_minutes", 60, "minutes", "Attempts of this long are counted together to find spikes", 1_440),
    ("days", 28, "days", "Spikes are measured against the same hour of comparable days this far back", 120),
    ("minimum_attempts", 30, "attempts", "Fewer attempts than this are no spike, however unusual", 1_000_000),
    ("minimum_refused", 10, "attempts", "Fewer held, blocked, declined or failed attempts are no spike", 1_000_000),
    ("quiet_minutes", 180, "minutes", "A pattern that was usual for this long and returns is a new one", 10_080),
):
    parameters.declare(f"fraud.pattern_{_name}", _default, unit=_unit, meaning=_meaning, minimum=1, maximum=_maximum)
parameters.declare(
    "fraud.pattern_multiple", 3.0, unit="times", meaning="A spike is at least this many times what is usual", minimum=1
)
parameters.declare(
    "fraud.pattern_deviations", 4.0, unit="standard deviations", meaning="A spike is this far above what is usual"
)
parameters.declare(
    "fraud.false_positive_target", 0.02, unit="share", meaning="Highest share of genuine payments that may be flagged"
)
parameters.declare(
    "fraud.false_discovery_alarm",
    0.3,
    unit="share",
    meaning="A problem above: genuine among the flagged",
)
parameters.declare(
    "fraud.shadow_minimum_payments",
    1_000,
    unit="payments",
    meaning="Judged in shadow, so many are enough to publish a version of the rules",
    minimum=0,
    maximum=1_000_000,
)
parameters.declare(
    "fraud.shadow_minimum_hours",
    24,
    unit="hours",
    meaning="Or so long in shadow is",
    minimum=0,
    maximum=8_760,
)
parameters.declare(
    "fraud.list_entry_days",
    365,
    unit="days",
    meaning="Longest life of an entry of a list that blocks or warns",
    minimum=1,
    maximum=3_650,
)
parameters.declare(
    "fraud.allow_entry_days",
    90,
    unit="days",
    meaning="Longest life of an entry of an allow list",
    minimum=1,
    maximum=365,
)
parameters.declare(
    "fraud.suppression_days",
    30,
    unit="days",
    meaning="Longest time a rule is suppressed for somebody",
    minimum=1,
    maximum=365,
)
parameters.declare(
    "fraud.watch_payments",
    1_000,
    unit="payments",
    meaning="Newest payments of a version that a rule's live rate is taken from, and the fewest that say anything",
    minimum=10,
    maximum=20_000,
)

parameters.declare(
    "fraud.feature_timeout_ms",
    10,
    unit="milliseconds",
    meaning="Longest wait for the feature store, which is not asked twice",
    minimum=1,
    maximum=1_000,
)
parameters.declare(
    "fraud.feature_memory_hours",
    48,
    unit="hours",
    meaning="So long the feature store knows a payment again that it was told of",
    minimum=1,
    maximum=720,
)
parameters.declare(
    "fraud.feature_days",
    400,
    unit="days",
    meaning="So long the feature store keeps a customer or seller without a payment",
    minimum=90,
    maximum=3_650,
)
parameters.declare(
    "fraud.breaker_failure_percent",
    50,
    unit="percent",
    meaning="So many of the last calls without an answer, and the feature store is left alone",
    minimum=1,
    maximum=100,
)
parameters.declare(
    "fraud.breaker_calls",
    20,
    unit="calls",
    meaning="How many calls to the feature store are looked at together",
    minimum=2,
    maximum=1_000,
)
parameters.declare(
    "fraud.breaker_open_seconds",
    30,
    unit="seconds",
    meaning="So long the feature store is left alone before one call tries again",
    minimum=1,
    maximum=600,
)
parameters.declare(
    "fraud.degraded_floor_minor",
    100_000,
    unit="minor units",
    meaning="A payment of this much or more is reviewed where the feature store gave no answer",
)
parameters.declare(
    "fraud.bypass_score",
    100,
    unit="points",
    meaning="Score of a payment that is approved unscored under the bypass",
    maximum=300,
)
for _name, _value, _unit, _says, _most in (
    ("train_days", 28, "days", "A model learns from so many days before those it is measured on", 400),
    ("validation_days", 7, "days", "A model is measured on so many fully labelled days it has not seen", 90),
    ("training_frauds", 100, "payments", "With fewer known frauds to learn from there is no model", 100_000),
    ("validation_frauds", 20, "payments", "With fewer known frauds to be measured on there is no model", 100_000),
    ("drift_events", 1_000, "payments", "On a day with fewer nothing is said about drift", 1_000_000),
    ("drift_warn_thousandths", 100, "thousandths", "A stability index above this is a warning", 10_000),
    ("drift_critical_thousandths", 250, "thousandths", "A stability index above this is critical", 10_000),
    ("comparison_days", 7, "days", "Challenger and champion are compared on at least so many labelled days", 90),
    ("comparison_frauds", 30, "payments", "And on at least so many known frauds", 100_000),
    ("comparison_draws", 200, "draws", "So often the days are drawn anew to see what is chance", 10_000),
    ("comparison_fresh_days", 3, "days", "A comparison older than this is no evidence for a promotion", 90),
    (
        "recall_loss_thousandths",
        20,
        "thousandths",
        "So much recall at 1 % false positives a challenger may lose",
        1_000,
    ),
    (
        "band_shift_percent",
        20,
        "percent",
        "So far a challenger may move the share of genuine payments in a band",
        1_000,
    ),
    ("model_reasons", 5, "variables", "So many variables that raised a model's score most are kept with it", 20),
):
    parameters.declare(f"fraud.{_name}", _value, unit=_unit, meaning=_says, minimum=1, maximum=_most)
