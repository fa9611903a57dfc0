"""Worked examples of every shipped rule, and the arithmetic of the score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.parameters import services as parameters
from fraud.enums import RECOMMENDATIONS, RISK_LEVELS, Outcome, Recommendation
from fraud.parameters import RULE_PREFIX, threshold_types
from fraud.rules import scoring
from fraud.rules.catalogue import VARIABLES
from fraud.rules.compiled import compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.scoring import Bands, BandsOutOfOrder
from fraud.rules.shipped import SHIPPED

BANDS = Bands(300, 700, 900)
THRESHOLDS = {
    declaration.name.removeprefix(RULE_PREFIX): declaration.default
    for declaration in parameters.declarations()
    if declaration.name.startswith(RULE_PREFIX)
}
# A customer of 60 days pays 50.00 to a seller of a year, at noon, with everything at home and known.
ORDINARY = {
    **dict.fromkeys(VARIABLES, 0),
    "amount_minor": 5_000,
    "currency": "USD",
    "payment_method": "card",
    "hour_utc": 12,
    "night": False,
    "weekend": False,
    "round_amount": False,
    "customer_paid_30d": 4,
    "customer_payments_30d": 4,
    "customer_average_minor": 4_900.0,
    "customer_median_minor": 5_000.0,
    "customer_largest_minor": 6_000,
    "customer_cards_24h": 1,
    "customer_devices_24h": 1,
    "customer_seconds_since_last": 500_000.0,
    "customer_age_days": 60.0,
    "seller_age_days": 365.0,
    "card_brand": "VISA",
    "card_funding": "CREDIT",
    "issuer_country": "US",
    "ip_country": "US",
    "billing_country": "US",
    "shipping_country": "US",
}
COMPILED = compile_rules(version=1, rules=SHIPPED, threshold_types=threshold_types())


def judged(**changes):
    return scoring.judge(COMPILED, features={**ORDINARY, **changes}, thresholds=THRESHOLDS, base_score=125, bands=BANDS)


def test_an_ordinary_payment_scores_125():
    judgement = judged()
    assert (judgement.score, judgement.outcome, judgement.hits) == (125, Outcome.APPROVE, ())
    assert judgement.not_evaluated == ()


@pytest.mark.parametrize(
    ("changes", "rule", "score", "outcome"),
    [
        ({"amount_minor": 100_000, "customer_median_minor": 90_000.0}, "high_value_rule", 325, "REVIEW"),
        ({"customer_payments_1h": 10}, "high_velocity_rule", 525, "REVIEW"),
        ({"customer_payments_24h": 50}, "daily_velocity_rule", 425, "REVIEW"),
        ({"shipping_country": "KP"}, "geographic_risk_rule", 725, "BLOCK"),
        ({"amount_minor": 25_001}, "unusual_pattern_rule", 350, "REVIEW"),
        (
            {"amount_minor": 75_000, "customer_age_days": 6.9, "customer_paid_30d": 0, "customer_median_minor": None},
            "new_customer_high_value_rule",
            325,
            "REVIEW",
        ),
        ({"amount_minor": 20_001, "card_funding": "PREPAID"}, "prepaid_card_rule", 325, "REVIEW"),
        ({"issuer_country": "GB"}, "bin_country_mismatch_rule", 275, "APPROVE"),
        ({"ip_country": "GB"}, "geographic_anomaly_rule", 450, "REVIEW"),
        ({"customer_other_countries_24h": 1}, "geographic_anomaly_rule", 450, "REVIEW"),
        ({"device_other_customers_30d": 3}, "shared_device_rule", 425, "REVIEW"),
        ({"ip_other_customers_24h": 5}, "shared_address_rule", 275, "APPROVE"),
        (
            {"amount_minor": 75_000, "seller_age_days": 0.0, "customer_median_minor": 70_000.0},
            "new_seller_high_value_rule",
            275,
            "APPROVE",
        ),
        (
            {"amount_minor": 60_000, "night": True, "round_amount": True, "customer_median_minor": 60_000.0},
            "night_round_amount_rule",
            200,
            "APPROVE",
        ),
        ({"customer_declines_24h": 5}, "card_testing_rule", 425, "REVIEW"),
        ({"card_declines_24h": 5}, "card_testing_rule", 425, "REVIEW"),
        ({"customer_cards_24h": 4}, "many_cards_rule", 325, "REVIEW"),
        ({"card_other_customers_30d": 1}, "shared_card_rule", 275, "APPROVE"),
        ({"customer_fraud_reports_90d": 1}, "reported_customer_rule", 325, "REVIEW"),
        ({"customer_age_days": 90.0}, "established_customer_rule", 75, "APPROVE"),
    ],
)
def test_each_rule_by_itself(changes, rule, score, outcome):
    judgement = judged(**changes)
    assert [hit.code for hit in judgement.hits] == [rule]
    assert (judgement.score, judgement.outcome) == (score, outcome)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 99_999, "customer_median_minor": 90_000.0},
        {"customer_payments_1h": 9},
        {"customer_payments_24h": 49},
        {"amount_minor": 25_000},
        {"amount_minor": 9_999, "customer_median_minor": 100.0},
        {"amount_minor": 25_001, "customer_paid_30d": 2},
        {"amount_minor": 74_999, "customer_age_days": 6.9, "customer_paid_30d": 0},
        {"amount_minor": 75_000, "customer_age_days": 7.0, "customer_paid_30d": 0},
        {"amount_minor": 20_000, "card_funding": "PREPAID"},
        {"device_other_customers_30d": 2},
        {"ip_other_customers_24h": 4},
        {"amount_minor": 59_900, "night": True, "round_amount": True, "customer_median_minor": 60_000.0},
        {"customer_declines_24h": 4, "card_declines_24h": 4},
        {"customer_cards_24h": 3},
        {"customer_age_days": 89.9},
        {"customer_age_days": 90.0, "customer_declines_24h": 1},
    ],
)
def test_one_step_before_each_threshold_nothing_happens(changes):
    assert judged(**changes).hits == ()


def test_every_shipped_rule_has_a_worked_example():
    shown = {example[1] for mark in test_each_rule_by_itself.pytestmark for example in mark.args[1]}
    assert shown == {rule.code for rule in SHIPPED}


def test_what_is_not_known_is_named():
    judgement = judged(ip_country=None, customer_other_countries_24h=None, card_funding=None)
    assert set(judgement.not_evaluated) == {"geographic_risk_rule", "geographic_anomaly_rule"}


def test_a_floor_lifts_and_never_lowers():
    assert judged(amount_minor=100_000, customer_age_days=90.0, customer_median_minor=90_000.0).score == 301
    assert judged(customer_payments_1h=10, ip_country="GB").score == 850
    assert judged(billing_country="KP", customer_age_days=90.0).outcome == Outcome.INVESTIGATE


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (0, "APPROVE"),
        (300, "APPROVE"),
        (301, "REVIEW"),
        (700, "REVIEW"),
        (701, "BLOCK"),
        (900, "BLOCK"),
        (901, "INVESTIGATE"),
        (1000, "INVESTIGATE"),
    ],
)
def test_the_four_bands_leave_no_gap(score, outcome):
    assert BANDS.outcome(score) == outcome


@pytest.mark.parametrize("limits", [(700, 300, 900), (300, 300, 900), (300, 700, 1000), (-1, 700, 900)])
def test_bands_that_leave_something_out_do_not_exist(limits):
    with pytest.raises(BandsOutOfOrder):
        Bands(*limits)


def test_no_outcome_but_approve_recommends_approval():
    assert [outcome for outcome, advice in RECOMMENDATIONS.items() if advice == Recommendation.APPROVE] == ["APPROVE"]
    assert set(RECOMMENDATIONS) == set(Outcome)
    assert set(RISK_LEVELS) == set(Outcome) - {Outcome.NO_ADVICE}


@given(
    base=st.integers(0, 1000),
    points=st.lists(
        st.tuples(st.integers(-1000, 1000), st.sampled_from([None, "REVIEW", "BLOCK", "INVESTIGATE"])), max_size=12
    ),
    limits=st.lists(st.integers(0, 999), min_size=3, max_size=3, unique=True).map(sorted),
)
def test_the_score_stays_within_its_scale_and_the_outcome_is_its_band(base, points, limits):
    rules = [Rule(f"rule_{index}", "True", *point, "always") for index, point in enumerate(points)]
    compiled = compile_rules(version=1, rules=rules, threshold_types={})
    bands = Bands(*limits)
    judgement = scoring.judge(compiled, features={}, thresholds={}, base_score=base, bands=bands)
    assert 0 <= judgement.score <= 1000
    assert judgement.outcome == bands.outcome(judgement.score)
    order = ["APPROVE", "REVIEW", "BLOCK", "INVESTIGATE"]
    for _, floor in points:
        assert order.index(judgement.outcome) >= order.index(floor or "APPROVE")
    assert judgement.reason_codes[1:] == [f"rule_{rule.code}" for rule in rules]
