"""Decisions on real history in a real database: the numbers a reader of the API documentation would check."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from core.database.refusals import refusal_name
from fraud.enums import AttemptOutcome, Outcome, Recommendation, RiskLevel
from fraud.models import Assessment, Observation, RuleSet
from fraud.selectors import history
from fraud.services import assessments, replaying

pytestmark = pytest.mark.django_db

OLD = timedelta(days=20)


def test_the_documented_payment_of_a_new_customer_is_approved_with_125(now, request_of):
    answer = assessments.evaluate(request_of(), now=now)
    assert (answer.score, answer.outcome, answer.recommendation) == (125, Outcome.APPROVE, Recommendation.APPROVE)
    assert answer.risk_level == RiskLevel.LOW
    assert (answer.rule_matches, answer.reason_codes) == ([], ["low_risk"])
    assert answer.model_version == "marketplace_rules_v1"


def test_the_documented_high_risk_example_scores_850_and_is_blocked(now, request_of, paid):
    """Eleven payments within an hour from an address abroad: 125 + 400 + 325."""
    paid(ago=timedelta(minutes=30), times=10, payee_id=None)
    answer = assessments.evaluate(request_of(ip_address="198.51.100.7", billing_country="US"), now=now)
    assert (answer.score, answer.recommendation, answer.risk_level) == (850, "BLOCK", "HIGH")
    assert answer.rule_matches == ["high_velocity_rule", "geographic_anomaly_rule"]
    assert answer.reason_codes == ["high_fraud_score", "rule_high_velocity_rule", "rule_geographic_anomaly_rule"]


@pytest.mark.parametrize(("before", "expected"), [(9, []), (10, ["high_velocity_rule"])])
def test_the_eleventh_payment_within_an_hour_is_too_fast(now, request_of, paid, before, expected):
    paid(ago=timedelta(minutes=59, seconds=59), times=before)
    paid(ago=timedelta(hours=1), times=5)
    assert assessments.evaluate(request_of(), now=now).rule_matches == expected


@pytest.mark.parametrize(("before", "expected"), [(49, []), (50, ["daily_velocity_rule"])])
def test_the_fifty_first_payment_within_a_day_is_too_many(now, request_of, paid, before, expected):
    paid(ago=timedelta(hours=23, minutes=59), times=before)
    paid(ago=timedelta(hours=24), times=5)
    assert assessments.evaluate(request_of(), now=now).rule_matches == expected


def test_refused_attempts_count_as_attempts_but_never_make_a_usual_amount(now, request_of, paid):
    paid(ago=OLD, times=3, amount_minor=900_000, outcome=AttemptOutcome.BLOCKED)
    row = stored(assessments.evaluate(request_of(), now=now))
    assert row.features["customer_payments_30d"] == 3
    assert row.features["customer_paid_30d"] == 0
    assert row.features["customer_median_minor"] is None


def test_one_huge_payment_does_not_make_huge_payments_usual(now, request_of, paid):
    """Median of 20.00, 20.00, 20.00 and 2,000.00 is 20.00; 5 x 20.00 = 100.00 is less than 101.00."""
    paid(ago=OLD, times=3, amount_minor=2_000)
    paid(ago=OLD, times=1, amount_minor=200_000)
    answer = assessments.evaluate(request_of(amount_minor=10_100), now=now)
    assert (answer.rule_matches, answer.score) == (["unusual_pattern_rule"], 350)
    assert assessments.evaluate(request_of(amount_minor=10_000), now=now).rule_matches == []


def test_a_card_a_device_and_an_address_remember_their_other_customers(now, request_of, paid):
    paid(ago=OLD, payer_id="cus_other_1", card_fingerprint="card-a", device_id="phone", ip_address="10.0.0.1")
    paid(ago=OLD, payer_id="cus_other_2", device_id="phone")
    paid(ago=OLD, payer_id="cus_other_3", device_id="phone")
    answer = assessments.evaluate(request_of(card_fingerprint="card-a", device_id="phone"), now=now)
    assert answer.rule_matches == ["shared_device_rule", "shared_card_rule"]
    assert answer.score == 125 + 300 + 150


def test_two_countries_within_a_day_are_an_anomaly_and_the_same_country_is_not(now, request_of, paid):
    paid(ago=timedelta(hours=3), ip_address="198.51.100.7")
    abroad = request_of(ip_address="192.0.2.1", billing_country="US")
    assert assessments.evaluate(abroad, now=now).rule_matches == ["geographic_anomaly_rule"]
    at_home = request_of(ip_address="198.51.100.9", billing_country="GB")
    assert assessments.evaluate(at_home, now=now).rule_matches == []


def test_a_payment_is_never_its_own_history(now, request_of, paid):
    paid(ago=timedelta(0), payment_id="pay_again")
    row = stored(assessments.evaluate(request_of(payment_id="pay_again"), now=now))
    assert row.features["customer_payments_1h"] == 0
    other = stored(assessments.evaluate(request_of(payment_id="pay_other"), now=now))
    assert other.features["customer_payments_1h"] == 1


def test_history_is_read_as_of_the_moment_and_of_its_own_mode(now, request_of, paid):
    paid(ago=timedelta(minutes=-1))
    paid(livemode=True)
    assert stored(assessments.evaluate(request_of(), now=now)).features["customer_payments_30d"] == 0


def test_the_same_payment_told_twice_counts_once(now, request_of, paid):
    paid(payment_id="pay_twice", times=2)
    assert Observation.objects.count() == 1


def test_an_unknown_country_is_not_evaluated_rather_than_suspicious(now, request_of):
    row = stored(assessments.evaluate(request_of(ip_address="192.168.1.100", billing_country="US"), now=now))
    assert row.features["ip_country"] is None
    assert "geographic_anomaly_rule" in row.not_evaluated
    assert row.score == 125


def test_text_that_is_no_address_does_not_stop_a_payment(now, request_of):
    assert assessments.evaluate(request_of(ip_address="not-an-ip'; --"), now=now).score == 125


def test_two_reads_and_one_write_where_the_store_is_not_asked(now, request_of, paid, django_assert_num_queries):
    paid(times=3)
    assessments.evaluate(request_of(), now=now)
    with django_assert_num_queries(3):
        assessments.evaluate(request_of(card_fingerprint="c", device_id="d", ip_address="192.0.2.1"), now=now)


def test_a_decision_is_made_again_from_what_was_stored(now, request_of, paid):
    paid(ago=timedelta(minutes=30), times=11)
    row = stored(assessments.evaluate(request_of(amount_minor=120_000), now=now))
    again = replaying.judge_again(row)
    assert (again.score, again.outcome, list(again.not_evaluated)) == (row.score, row.outcome, row.not_evaluated)
    assert [hit.as_json() for hit in again.hits] == row.hits
    velocity = next(hit for hit in row.hits if hit["code"] == "high_velocity_rule")
    assert (velocity["observed"], velocity["thresholds"]) == ({"customer_payments_1h": 11}, {"payments_per_hour": 10})


def test_the_email_address_is_not_stored(now, request_of):
    row = stored(assessments.evaluate(request_of(email="John.Doe@example.com"), now=now))
    assert "example.com" not in str(row.inputs).lower()
    assert row.inputs["email_hash"] == assessments.email_hash(" john.doe@EXAMPLE.com")


class TestFailure:
    """Whatever breaks, the answer is NO_ADVICE, it is stored, and the payment's own transaction goes on."""

    def test_control_nothing_is_broken(self, now, request_of):
        assert assessments.evaluate(request_of(), now=now).outcome == Outcome.APPROVE

    def test_the_function_is_gone(self, now, request_of):
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION fraud_history RENAME TO fraud_history_away")
        self.assert_no_advice(assessments.evaluate(request_of(), now=now))

    def test_history_takes_too_long(self, now, request_of, monkeypatch):
        slow = history.READ.replace("SELECT * FROM fraud_history", "SELECT pg_sleep(5); SELECT * FROM fraud_history")
        monkeypatch.setattr(history, "READ", slow)
        with transaction.atomic():
            before = current_timeout()
            answer = assessments.evaluate(request_of(), now=now)
            assert current_timeout() == before
        self.assert_no_advice(answer)
        assert 100 <= answer.evaluation_ms < 2000

    def test_the_limit_of_the_read_does_not_outlive_it(self, now, request_of):
        with transaction.atomic():
            before = current_timeout()
            assert assessments.evaluate(request_of(), now=now).score == 125
            assert current_timeout() == before

    def test_a_rule_cannot_be_read(self, now, request_of, monkeypatch):
        def broken(**_: object) -> None:
            raise RuntimeError("no such version")

        monkeypatch.setattr("fraud.selectors.rule_sets.get_compiled", broken)
        self.assert_no_advice(assessments.evaluate(request_of(), now=now))

    def test_no_rules_are_active(self, now, request_of):
        """The database sees to it that some are; where it did not, nobody would be approved."""
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE fraud_ruleset DISABLE TRIGGER USER")
        RuleSet.objects.update(state="RETIRED")
        self.assert_no_advice(assessments.evaluate(request_of(), now=now))

    def test_a_decision_that_cannot_be_stored_is_no_advice(self, now, request_of):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE fraud_assessment RENAME TO fraud_assessment_away")
        answer = assessments.evaluate(request_of(), now=now)
        assert (answer.outcome, answer.score, answer.row_id) == (Outcome.NO_ADVICE, None, None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def test_a_broken_transaction_gets_an_answer_too(self, now, request_of):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            with pytest.raises(DatabaseError):
                cursor.execute("SELECT 1 / 0")
            assert assessments.evaluate(request_of(), now=now).outcome == Outcome.NO_ADVICE
            cursor.execute("SELECT 1")

    @staticmethod
    def assert_no_advice(answer):
        assert (answer.outcome, answer.score, answer.risk_level) == (Outcome.NO_ADVICE, None, None)
        assert answer.recommendation == Recommendation.REVIEW
        assert answer.reason_codes == ["FRAUD_DETECTOR_UNAVAILABLE"]
        row = stored(answer)
        assert (row.outcome, row.score) == (Outcome.NO_ADVICE, None)
        assert row.failure


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ("outcome = 'APPROVE', score = 301", "outcome_is_the_band_of_the_score"),
            ("outcome = 'NO_ADVICE', failure = 'x'", "outcome_is_the_band_of_the_score"),
            ("outcome = 'INVESTIGATE', score = 1001", "score_is_within_0_and_1000"),
            ("review_up_to = 300", "score_bands_are_in_order"),
        ],
    )
    def test_an_outcome_that_is_not_the_band_of_its_score(self, now, request_of, change, constraint):
        stored(assessments.evaluate(request_of(), now=now))
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE fraud_assessment DISABLE TRIGGER ALL")
            cursor.execute(f"UPDATE fraud_assessment SET {change}")
        assert refusal_name(refused.value) == constraint

    def test_a_stored_decision_to_be_changed(self, now, request_of):
        stored(assessments.evaluate(request_of(), now=now))
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Assessment.objects.update(score=1)
        assert refusal_name(refused.value) == "fraud_assessment_is_append_only"

    def test_the_content_of_a_version_to_be_changed(self):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            RuleSet.objects.update(rules=[])
        assert refusal_name(refused.value) == "rule_set_content_is_fixed"


def stored(answer):
    return Assessment.objects.get(pk=answer.row_id, assessment_id=answer.assessment_id)


def current_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]
