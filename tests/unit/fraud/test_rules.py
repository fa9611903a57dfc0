"""Worked examples of every shipped rule, and the arithmetic of the score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.parameters import services as parameters
from fraud.enums import RECOMMENDATIONS, RISK_LEVELS, HeldBackReason, Outcome, Recommendation
from fraud.parameters import RULE_PREFIX, threshold_types
from fraud.rules import scoring
from fraud.rules.catalogue import LIST_PREFIX, VARIABLES
from fraud.rules.compiled import compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.features import IDENTITIES
from fraud.rules.scoring import Bands, BandsOutOfOrder, Hold
from fraud.rules.shipped import SHIPPED
from fraud.rules.shipped_lists import SHIPPED_LISTS

BANDS = Bands(300, 700, 900)
THRESHOLDS = {
    declaration.name.removeprefix(RULE_PREFIX): declaration.default
    for declaration in parameters.declarations()
    if declaration.name.startswith(RULE_PREFIX)
} | {LIST_PREFIX + each.name: [] for each in SHIPPED_LISTS}
# A customer of 60 days pays 50.00 to a seller of a year, at noon, with everything at home and known.
ORDINARY = {
    **dict.fromkeys(VARIABLES, 0),
    **dict.fromkeys(IDENTITIES, "x"),
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


def judged(named=None, **changes):
    """`named` are the lists that name the payment, with what they name it by."""
    return scoring.judge(
        COMPILED,
        features={**ORDINARY, **changes},
        thresholds={**THRESHOLDS, **(named or {})},
        base_score=125,
        bands=BANDS,
    )


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
        ({"named": {"list_blocked_customers": ["x"]}}, "blocked_party_rule", 725, "BLOCK"),
        ({"named": {"list_blocked_sellers": ["x"]}}, "blocked_party_rule", 725, "BLOCK"),
        ({"named": {"list_blocked_cards": ["x"]}}, "blocked_instrument_rule", 725, "BLOCK"),
        ({"named": {"list_blocked_emails": ["x"]}}, "blocked_instrument_rule", 725, "BLOCK"),
        ({"named": {"list_risk_bins": ["x"]}}, "risk_bin_rule", 275, "APPROVE"),
        ({"named": {"list_risk_regions": ["US"]}}, "risk_region_rule", 275, "APPROVE"),
        ({"named": {"list_trusted_customers": ["x"]}}, "trusted_customer_rule", 125, "APPROVE"),
        (
            {"pair_payments_30d": 10, "round_amount": True, "amount_minor": 20_000},
            "seller_collusion_rule",
            350,
            "REVIEW",
        ),
        ({"device_payments_24h": 10, "amount_minor": 1_000}, "device_card_testing_rule", 425, "REVIEW"),
        ({"ip_payments_1h": 15, "amount_minor": 1_000}, "address_card_testing_rule", 425, "REVIEW"),
        ({"customer_seconds_since_last": 59.0, "customer_cards_24h": 2}, "second_card_rule", 250, "APPROVE"),
        ({"customer_devices_24h": 4}, "many_devices_rule", 325, "REVIEW"),
        ({"customer_amount_24h_minor": 2_995_001}, "daily_amount_rule", 275, "APPROVE"),
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
        {"pair_payments_30d": 9, "round_amount": True, "amount_minor": 20_000},
        {"pair_payments_30d": 10, "round_amount": True, "amount_minor": 19_900},
        {"pair_payments_30d": 10, "round_amount": True, "amount_minor": 20_000, "customer_payments_24h": 5},
        {"device_payments_24h": 9, "amount_minor": 1_000},
        {"device_payments_24h": 10, "amount_minor": 1_001},
        {"ip_payments_1h": 14, "amount_minor": 1_000},
        {"ip_payments_1h": 15, "amount_minor": 1_001},
        {"customer_seconds_since_last": 60.0, "customer_cards_24h": 2},
        {"customer_seconds_since_last": 59.0, "customer_cards_24h": 1},
        {"customer_devices_24h": 3},
        {"customer_amount_24h_minor": 2_995_000},
    ],
)
def test_one_step_before_each_threshold_nothing_happens(changes):
    assert judged(**changes).hits == ()


def test_every_shipped_rule_has_a_worked_example():
    shown = {example[1] for mark in test_each_rule_by_itself.pytestmark for example in mark.args[1]}
    # These two are never true alone: their examples are the two tests that follow.
    assert shown | {"account_takeover_rule", "bin_card_testing_rule"} == {rule.code for rule in SHIPPED}


def test_a_known_customer_with_another_device_in_another_country_is_looked_at():
    """325 for the country and 250 for the takeover on 125; a person sees it whatever the score."""
    judgement = judged(amount_minor=50_000, customer_median_minor=40_000.0, customer_devices_24h=2,
                       customer_other_countries_24h=1)  # fmt: skip
    assert [hit.code for hit in judgement.hits] == ["geographic_anomaly_rule", "account_takeover_rule"]
    assert (judgement.score, judgement.opens_case) == (700, ("account_takeover_rule",))
    before = {"amount_minor": 49_999, "customer_devices_24h": 2, "customer_other_countries_24h": 1}
    assert "account_takeover_rule" not in [hit.code for hit in judged(**before).hits]


def test_a_refused_attempt_with_a_card_of_tested_first_digits_counts_more():
    """150 for the first digits and 250 for the refusals on 125."""
    judgement = judged({"list_risk_bins": ["411111"]}, card_bin="411111", card_declines_24h=1)
    assert [hit.code for hit in judgement.hits] == ["risk_bin_rule", "bin_card_testing_rule"]
    assert judgement.score == 525


def test_what_is_not_known_is_named():
    judgement = judged(ip_country=None, customer_other_countries_24h=None, card_funding=None)
    assert set(judgement.not_evaluated) == {
        "geographic_risk_rule",
        "geographic_anomaly_rule",
        "risk_region_rule",
    }


def test_a_floor_lifts_and_never_lowers():
    assert judged(amount_minor=100_000, customer_age_days=90.0, customer_median_minor=90_000.0).score == 301
    assert judged(customer_payments_1h=10, ip_country="GB").score == 850
    assert judged(billing_country="KP", customer_age_days=90.0).outcome == Outcome.INVESTIGATE


TRUSTED = {"list_trusted_customers": ["x"]}


class TestAllowing:
    def test_lowers_a_review_to_the_highest_score_that_is_approved(self):
        """A high amount alone: 325 and the floor of a review."""
        judgement = judged(TRUSTED, amount_minor=100_000, customer_median_minor=90_000.0)
        assert (judgement.score, judgement.outcome) == (300, Outcome.APPROVE)
        assert judgement.allowed_by == "trusted_customer_rule"
        assert [hit.code for hit in judgement.hits] == ["high_value_rule", "trusted_customer_rule"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"shipping_country": "KP"},
            {"customer_payments_1h": 10, "ip_country": "GB"},
            {"billing_country": "KP", "ip_country": "GB"},
        ],
    )
    def test_lowers_nothing_above_a_review(self, changes):
        with_list, without = judged(TRUSTED, **changes), judged(**changes)
        assert (with_list.score, with_list.outcome) == (without.score, without.outcome)
        assert with_list.outcome in (Outcome.BLOCK, Outcome.INVESTIGATE)
        assert with_list.allowed_by == ""

    def test_changes_nothing_where_nothing_was_wrong(self):
        assert (judged(TRUSTED).score, judged(TRUSTED).allowed_by) == (125, "")

    def test_a_floor_from_outside_holds_against_it(self):
        """A decision made without history is reviewed: that this customer behaves as usual cannot be seen."""
        judgement = scoring.judge(
            COMPILED, features=ORDINARY, thresholds={**THRESHOLDS, **TRUSTED}, base_score=125, bands=BANDS,
            floors=["REVIEW"],
        )  # fmt: skip
        assert (judgement.score, judgement.outcome, judgement.allowed_by) == (301, Outcome.REVIEW, "")


class TestHoldingBack:
    def held(self, code, **changes):
        hold = Hold(HeldBackReason.PAUSED, "rps_1")
        return scoring.judge(
            COMPILED, features={**ORDINARY, **changes}, thresholds=THRESHOLDS, base_score=125, bands=BANDS,
            held_back={code: hold},
        )  # fmt: skip

    def test_a_rule_is_asked_and_has_no_effect(self):
        judgement = self.held("high_value_rule", amount_minor=100_000, customer_median_minor=90_000.0)
        assert (judgement.score, judgement.outcome, judgement.hits) == (125, Outcome.APPROVE, ())
        (held,) = judgement.held_back
        assert held.as_json()["reason"] == "PAUSED"
        assert (held.as_json()["by"], held.as_json()["observed"]) == ("rps_1", {"amount_minor": 100_000})

    def test_others_keep_theirs(self):
        judgement = self.held("high_value_rule", amount_minor=100_000, customer_payments_1h=10)
        assert "high_velocity_rule" in [hit.code for hit in judgement.hits]

    def test_a_rule_that_is_not_true_is_not_listed(self):
        assert self.held("high_value_rule").held_back == ()

    def test_what_a_rule_would_have_blocked_that_the_program_stopped_is_reviewed(self):
        """A country that no payment may touch: 125 + 600 is a block, 301 the lowest review, 125 what a pause leaves."""
        from_iran = {**ORDINARY, "ip_country": "IR", "billing_country": "IR", "issuer_country": "IR"}

        def outcome(reason, **more):
            judgement = scoring.judge(
                COMPILED, features=from_iran, thresholds={**THRESHOLDS, **more}, base_score=125, bands=BANDS,
                held_back={"geographic_risk_rule": Hold(reason, "rps_1")},
            )  # fmt: skip
            assert [held.hit.code for held in judgement.held_back] == ["geographic_risk_rule"]
            return judgement.score, judgement.outcome, judgement.allowed_by

        assert outcome(HeldBackReason.PAUSED) == (125, Outcome.APPROVE, "")
        assert outcome(HeldBackReason.STOPPED) == (301, Outcome.REVIEW, "")
        assert outcome(HeldBackReason.STOPPED, **TRUSTED) == (301, Outcome.REVIEW, "")

    def test_what_a_stopped_rule_would_only_have_reviewed_goes_its_way(self):
        judgement = scoring.judge(
            COMPILED, features={**ORDINARY, "amount_minor": 100_000, "customer_median_minor": 90_000.0},
            thresholds=THRESHOLDS, base_score=125, bands=BANDS,
            held_back={"high_value_rule": Hold(HeldBackReason.STOPPED, "rps_1")},
        )  # fmt: skip
        assert judgement.outcome == Outcome.APPROVE

    def test_an_allowance_can_be_held_back_too(self):
        judgement = scoring.judge(
            COMPILED, features={**ORDINARY, "amount_minor": 100_000, "customer_median_minor": 90_000.0},
            thresholds={**THRESHOLDS, **TRUSTED}, base_score=125, bands=BANDS,
            held_back={"trusted_customer_rule": Hold(HeldBackReason.PAUSED, "rps_2")},
        )  # fmt: skip
        assert (judgement.outcome, judgement.allowed_by) == (Outcome.REVIEW, "")


def test_a_hit_says_which_lists_named_the_payment_and_others_say_nothing_of_lists():
    (blocked,) = judged({"list_blocked_customers": ["x"]}).hits
    assert blocked.as_json()["lists"] == ["list_blocked_customers"]
    assert set(judged(ip_country="GB").hits[0].as_json()) == {
        "code", "reason_code", "points", "floor", "description", "observed", "thresholds",
    }  # fmt: skip


def test_a_value_that_an_old_decision_does_not_carry_is_unknown():
    """Version 1 knew nothing of lists: replayed under newer rules they are not evaluated, not wrong."""
    old = {name: value for name, value in ORDINARY.items() if name not in IDENTITIES}
    judgement = scoring.judge(COMPILED, features=old, thresholds={}, base_score=125, bands=BANDS)
    assert "blocked_party_rule" in judgement.not_evaluated


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
