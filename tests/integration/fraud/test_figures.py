"""Days counted from real decisions: what each number means, and that counting again gives the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.work import services as work
from core.work.models import WorkItem
from fraud.enums import CaseCause, CaseDecision, CaseOutcome, Granularity, Outcome
from fraud.models import DailyAnalyst, DailyRule, DailyScores, FigureDay, ReviewCase
from fraud.ratios import Confusion
from fraud.selectors import analytics
from fraud.selectors.analytics import Period
from fraud.services import cases, figures, second_reviews
from tests.factories.fraud import decision, hit
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_cases import ANN, BOB, decide, opened
from tests.integration.fraud.test_queue import set_parameter

pytestmark = pytest.mark.django_db
OLD = NOON - timedelta(days=10)
OLD_DAY = OLD.date()


def counted(day=OLD_DAY, livemode=False, now=NOON):
    figures.count_day(day=day, livemode=livemode, now=now)


def read(since=OLD_DAY, until=OLD_DAY, livemode=False, now=NOON):
    return analytics.get(Period(since, until, livemode), now=now)


class TestScores:
    def test_a_day_by_outcome_and_bin(self):
        for score in (0, 100, 101, 300):
            decision(OLD, score=score)
        for score in (301, 500, 501, 700):
            decision(OLD, Outcome.REVIEW, score=score)
        decision(OLD, Outcome.BLOCK, score=900)
        decision(OLD, Outcome.INVESTIGATE, score=1000)
        decision(OLD, Outcome.NO_ADVICE)
        counted()
        assert [(str(outcome), up_to, number) for outcome, up_to, number, _, _ in analytics.by_bin(read())] == [
            ("APPROVE", 100, 2),
            ("APPROVE", 200, 1),
            ("APPROVE", 300, 1),
            ("REVIEW", 500, 2),
            ("REVIEW", 700, 2),
            ("BLOCK", 900, 1),
            ("INVESTIGATE", 1000, 1),
            ("NO_ADVICE", None, 1),
        ]

    def test_labels_fall_into_the_four_fields_and_no_advice_into_none(self):
        decision(OLD, Outcome.BLOCK, is_fraud=True)
        decision(OLD, Outcome.REVIEW, is_fraud=True)
        decision(OLD, Outcome.REVIEW, is_fraud=False)
        decision(OLD, is_fraud=True)
        for _ in range(3):
            decision(OLD, is_fraud=False)
        decision(OLD, Outcome.NO_ADVICE, is_fraud=True)
        decision(OLD)
        counted()
        totals = read().totals
        assert totals.matured == Confusion(caught=2, disturbed=1, missed=1, passed=3)
        assert totals.stopped == Confusion(caught=1, disturbed=0, missed=2, passed=4)
        assert (totals.decisions, totals.flagged, totals.unlabelled, totals.immature) == (9, 3, 1, 0)

    def test_the_strongest_label_counts(self):
        row = decision(OLD, Outcome.REVIEW, is_fraud=False, strength=80)
        from fraud.services import labels

        labels.take_chargeback(
            livemode=False, payment_id=row.payment_id, reference="dp_1", known_at=NOON, actor=ANN, now=NOON
        )
        counted()
        assert read().totals.matured == Confusion(1, 0, 0, 0)
        counted(now=NOON - timedelta(seconds=1))
        assert read().totals.matured == Confusion(0, 1, 0, 0)

    def test_young_days_are_kept_apart(self):
        """Delay 7 days: at noon of the 18th the last day that is final is the 10th."""
        assert analytics.last_matured_day(NOON) == date(2026, 11, 10)
        for day in (10, 11):
            decision(datetime(2026, 11, day, 23, tzinfo=UTC), Outcome.REVIEW, is_fraud=True)
            counted(date(2026, 11, day))
        found = read(date(2026, 11, 10), date(2026, 11, 11))
        assert (found.totals.matured.caught, found.totals.immature, found.matured_until) == (1, 1, date(2026, 11, 10))
        assert read(date(2026, 11, 11), date(2026, 11, 11)).matured_until is None

    def test_a_decision_made_again_after_a_bypass_decided_nothing(self):
        first = decision(OLD, score=100, bypass_turn=7)
        decision(OLD, Outcome.BLOCK, rescores=first)
        decision(OLD, Outcome.REVIEW, degraded="feature store")
        counted()
        totals = read().totals
        assert (totals.decisions, totals.bypassed, totals.degraded, totals.blocked) == (2, 1, 1, 0)

    def test_modes_and_days_are_apart_to_the_microsecond(self):
        day = datetime(2026, 11, 8, tzinfo=UTC)
        decision(day)
        decision(day - timedelta(microseconds=1))
        decision(day + timedelta(days=1))
        decision(day, livemode=True)
        counted(day.date())
        assert read(day.date(), day.date()).totals.decisions == 1
        assert read(day.date(), day.date(), livemode=True).totals.decisions == 0

    def test_counting_again_changes_nothing_and_forgets_nothing(self):
        decision(OLD, Outcome.REVIEW, hits=[hit("high_value_rule", 200)])
        counted()
        before = [list(model.objects.order_by("pk").values()) for model in (DailyScores, DailyRule, DailyAnalyst)]
        counted()
        after = [list(model.objects.order_by("pk").values()) for model in (DailyScores, DailyRule, DailyAnalyst)]
        assert [[row | {"id": 0} for row in rows] for rows in after] == [
            [row | {"id": 0} for row in rows] for rows in before
        ]
        assert FigureDay.objects.count() == 1


class TestRules:
    def test_a_hit_is_alone_where_nothing_else_kept_the_payment_from_approval(self):
        """Base 125, approved up to 300. 200 alone: 325, without it 125. With 150 beside it: 475, without it 275."""
        decision(OLD, Outcome.REVIEW, score=325, hits=[hit("high_value_rule", 200)], is_fraud=True)
        decision(OLD, Outcome.REVIEW, score=475, hits=[hit("high_value_rule", 200), hit("night_rule", 150)])
        decision(OLD, Outcome.REVIEW, score=525, hits=[hit("high_value_rule", 200), hit("many_cards_rule", 200)])
        counted()
        lines = {line.code: line for line in analytics.list_rules(read().period, now=NOON)}
        assert {code: (line.hits, line.alone, line.alone_fraud) for code, line in lines.items()} == {
            "high_value_rule": (3, 2, 1),
            "night_rule": (1, 0, 0),
            "many_cards_rule": (1, 0, 0),
        }

    def test_a_floor_is_never_lifted_by_points_alone(self):
        both = [hit("country_rule", 0, "BLOCK"), hit("high_value_rule", 200)]
        decision(OLD, Outcome.BLOCK, score=701, hits=both)
        decision(OLD, Outcome.BLOCK, score=701, hits=[hit("country_rule", 0, "BLOCK")])
        counted()
        lines = {line.code: line.alone for line in analytics.list_rules(read().period, now=NOON)}
        assert lines == {"country_rule": 1, "high_value_rule": 0}

    def test_an_approved_hit_is_not_alone_and_its_precision_counts_labels_only(self):
        decision(OLD, score=225, hits=[hit("round_rule", 100)], is_fraud=False)
        decision(OLD, score=225, hits=[hit("round_rule", 100)], is_fraud=True, amount_minor=7_000)
        decision(OLD, score=225, hits=[hit("round_rule", 100)])
        counted()
        (line,) = analytics.list_rules(read().period, now=NOON)
        assert (line.hits, line.alone, line.precision) == (3, 0, 0.5)
        assert (line.amounts, line.fraud_amounts) == ({"USD": 27_000}, {"USD": 7_000})

    def test_what_was_held_back_is_counted_apart(self):
        decision(OLD, score=125, held_back=[{"code": "night_rule", "reason": "paused"}])
        counted()
        (line,) = analytics.list_rules(read().period, now=NOON)
        assert (line.hits, line.held_back) == (0, 1)

    def test_labels_of_young_days_say_nothing_about_a_rule_yet(self):
        young = NOON - timedelta(days=2)
        decision(young, Outcome.REVIEW, hits=[hit("high_value_rule", 200)], is_fraud=True)
        counted(young.date())
        (line,) = analytics.list_rules(Period(young.date(), young.date(), livemode=False), now=NOON)
        assert (line.hits, line.fraud, line.precision) == (1, 0, None)


class TestAnalysts:
    def test_decisions_and_the_time_each_took(self, now):
        for payment_id, who, minutes in (("pay_1", ANN, 4), ("pay_2", ANN, 8), ("pay_3", BOB, 1)):
            case = opened(payment_id)
            cases.claim(case_id=case.case_id, actor=who, now=NOON)
            decide(case, who, now=NOON + timedelta(minutes=minutes))
        decide(opened("pay_4"), ANN, CaseDecision.DECLINE, CaseOutcome.CONFIRMED_FRAUD, now=NOON)
        counted(NOON.date())
        lines = analytics.list_analysts(Period(NOON.date(), NOON.date(), livemode=False))
        assert [
            (line.analyst, line.approved, line.declined, line.found_fraud, line.seconds_each) for line in lines
        ] == [
            ("STAFF:1", 2, 1, 1, 360.0),
            ("STAFF:2", 1, 0, 0, 60.0),
        ]

    def test_judging_a_case_again_is_no_decision_about_a_payment(self, now):
        decide(opened("pay_1"), ANN, now=NOON)
        set_parameter("fraud.second_review_share", 10_000)
        second_reviews.draw(now=NOON)
        decide(ReviewCase.objects.get(cause=CaseCause.SECOND_REVIEW), BOB, now=NOON)
        counted(NOON.date())
        assert list(DailyAnalyst.objects.values_list("analyst", "approved")) == [("STAFF:1", 1)]


class TestWhen:
    def test_a_label_has_its_day_counted_again_once_for_many(self):
        decision(OLD, Outcome.REVIEW, is_fraud=True)
        decision(OLD, Outcome.REVIEW, is_fraud=True)
        (order,) = WorkItem.objects.filter(kind=figures.DAY_WORK)
        assert order.key == f"test:{OLD_DAY}"
        work.drain(now=NOON)
        assert read().totals.matured.caught == 2

    def test_days_that_were_missed_are_made_up_for(self):
        decision(OLD)
        assert figures.count_recent(now=NOON) == 11
        assert figures.count_recent(now=NOON) == 2
        assert read(OLD_DAY, NOON.date()).totals.decisions == 1

    def test_the_command_counts_a_span_anew(self, now, capsys):
        decision(OLD)
        DailyScores.objects.create(
            livemode=False, day=OLD_DAY, currency="USD", outcome="BLOCK", score_up_to=900, decisions=9, amount_minor=1,
            degraded=0, bypassed=0, fraud=0, fraud_minor=0, genuine=0, genuine_minor=0,
        )  # fmt: skip
        call_command("rebuild_fraud_figures", "--from", str(OLD_DAY), "--to", str(OLD_DAY))
        assert read().totals.outcomes[Outcome.BLOCK] == 0
        assert read().totals.decisions == 1

    def test_a_period_is_read_with_as_many_statements_as_a_day(self, django_assert_num_queries):
        for back in range(5):
            decision(OLD - timedelta(days=back))
        figures.count_recent(now=NOON)
        with CaptureQueriesContext(connection) as one:
            read()
        with django_assert_num_queries(len(one)):
            read(OLD_DAY - timedelta(days=60), NOON.date())


def test_weeks_begin_on_monday_and_empty_ones_are_there():
    decision(OLD)
    counted()
    found = read(date(2026, 10, 30), date(2026, 11, 18))
    weeks = analytics.slices(found, Granularity.WEEK, now=NOON)
    assert [(str(one.since), str(one.until), one.totals.decisions) for one in weeks] == [
        ("2026-10-30", "2026-11-01", 0),
        ("2026-11-02", "2026-11-08", 1),
        ("2026-11-09", "2026-11-15", 0),
        ("2026-11-16", "2026-11-18", 0),
    ]
    months = analytics.slices(found, Granularity.MONTH, now=NOON)
    assert [str(one.since) for one in months] == ["2026-10-30", "2026-11-01"]
