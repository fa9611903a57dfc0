"""The dashboards: numbers that are true, links that lead to exactly what they count, a fixed number of statements."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from fraud.enums import Outcome
from fraud.models import ModelDrift, UnusualPattern
from fraud.selectors import decisions, queue_ages
from fraud.selectors.decisions import DecisionFilters
from fraud.services import figures, models, patterns, weekly_reports
from tests.factories import decisions as built
from tests.factories import staff
from tests.factories.fraud import attempt, decision, hit
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_cases import opened
from tests.plans import nodes, reads_whole_tables, statements

pytestmark = pytest.mark.django_db
OLD = NOON - timedelta(days=10)


@pytest.fixture
def analyst(now):
    return staff.signed_in("FRAUD_ANALYST")


@pytest.fixture
def lead(now):
    return staff.signed_in("FRAUD_LEAD")


@pytest.fixture
def month():
    """A fraud caught, one missed, one genuine payment flagged, six passed, one blocked without a label, one young."""
    decision(OLD, Outcome.REVIEW, is_fraud=True, hits=[hit("high_value_rule", 325)])
    decision(OLD, is_fraud=True)
    decision(OLD, Outcome.REVIEW, is_fraud=False, hits=[hit("high_value_rule", 325)])
    for _ in range(6):
        decision(OLD, is_fraud=False)
    decision(OLD, Outcome.BLOCK, degraded="feature store")
    decision(NOON - timedelta(days=3), Outcome.INVESTIGATE, is_fraud=True, bypass_turn=None)
    figures.count_recent(now=NOON)


def tile(page, label):
    """(value, address) of a tile."""
    found = re.search(
        rf'href="([^"]*)"><span class="label">{label}</span><span class="row"><span class="figure">([^<]*)<', page
    )
    assert found, label
    return found[2], unescape(found[1])


def rows_of(client, address):
    page = client.get(address).content.decode()
    return len(re.findall(r"<tr>\s*<td", page))


class TestFigures:
    def test_ratios_are_named_and_of_final_labels_only(self, analyst, month):
        page = analyst.get("/admin/fraud/analytics/").content.decode()
        assert tile(page, "Precision")[0] == "50.0%"
        assert tile(page, "Recall")[0] == "50.0%"
        assert tile(page, "False positive rate")[0] == "14.29%"
        assert tile(page, "False discovery rate")[0] == "50.0%"
        assert tile(page, "Accuracy")[0] == "77.78%"
        assert tile(page, "Majority class")[0] == "77.78%"
        assert "Younger days have 1 label so far" in page
        assert "1 decision of the final days has no label" in page

    @pytest.mark.parametrize(
        ("label", "number"),
        [("Decisions", 11), ("Flagged", 4), ("Blocked or investigated", 2), ("Degraded", 1), ("Without advice", 0)],
    )
    def test_a_number_leads_to_as_many_decisions(self, analyst, month, label, number):
        page = analyst.get("/admin/fraud/analytics/").content.decode()
        value, address = tile(page, label)
        assert value == str(number)
        assert rows_of(analyst, address) == number

    def test_each_of_the_four_fields_leads_to_its_decisions(self, analyst, month):
        page = analyst.get("/admin/fraud/analytics/").content.decode()
        fields = re.findall(r'<td class="right"><a href="([^"]*)"><span class="num">(\d+)</span></a></td>', page)
        assert [int(number) for _, number in fields] == [1, 1, 1, 6]
        assert [rows_of(analyst, unescape(address)) for address, _ in fields] == [1, 1, 1, 6]

    def test_drift_of_the_champion_leads_to_its_variable(self, analyst, now, monkeypatch):
        """A promotion takes two people and evidence of weeks; here the registered model counts as promoted."""
        days = (now - timedelta(days=49), now - timedelta(days=21), now - timedelta(days=14), now - timedelta(days=7))
        model = models.register(
            built=built.built(), livemode=False, origin="own decisions", window=days, actor=SYSTEM, now=now
        )
        assert "No drift was measured" in analyst.get("/admin/fraud/analytics/").content.decode()
        ModelDrift.objects.create(
            model=model, livemode=False, variable="hour_utc", day=OLD.date(), events=3_000, psi=0.31,
            verdict="CRITICAL", counts=[*model.references["hour_utc"]["counts"], 0],
        )  # fmt: skip
        monkeypatch.setattr("fraud.selectors.models.find_champion", lambda: model)
        page = analyst.get("/admin/fraud/analytics/").content.decode()
        assert "0.310" in page
        assert f"/admin/models/{model.name}/drift/hour_utc/" in page

    def test_a_period_that_ends_before_it_begins_is_told(self, analyst, month):
        page = analyst.get("/admin/fraud/analytics/?since=2026-11-18&until=2026-11-01").content.decode()
        assert "The period ends before it begins." in page

    def test_the_other_mode_is_empty(self, analyst, month):
        session = analyst.session
        session["console.livemode"] = True
        session.save()
        page = analyst.get("/admin/fraud/analytics/").content.decode()
        assert tile(page, "Decisions")[0] == "0"
        assert tile(page, "Precision")[0] == "none yet"

    def test_two_years_take_as_many_statements_as_a_day(self, analyst, month):
        analyst.get("/admin/fraud/analytics/")
        with CaptureQueriesContext(connection) as day:
            analyst.get("/admin/fraud/analytics/?since=2026-11-08&until=2026-11-08")
        with CaptureQueriesContext(connection) as years:
            analyst.get("/admin/fraud/analytics/?since=2025-01-01&until=2026-11-18&by=MONTH")
        assert len(years) == len(day)
        assert not [query for query in years if "fraud_assessment" in query["sql"]]

    def test_the_rows_behind_it_leave_as_a_file(self, lead, month):
        answer = lead.get("/admin/fraud/analytics/?format=csv")
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert lines[0].startswith("Day,Currency,Outcome,Score up to,Decisions,Amount")
        assert len(lines) == 5

    def test_an_analyst_takes_no_file_out(self, analyst, month):
        assert analyst.get("/admin/fraud/analytics/?format=csv").status_code == 403


def test_a_rule_leads_to_the_decisions_in_which_it_spoke(analyst, month):
    page = analyst.get("/admin/fraud/analytics/rules/").content.decode()
    assert "high_value_rule" in page
    address = re.search(r'row-link" href="([^"]*rule=high_value_rule[^"]*)"', page)
    assert address
    assert rows_of(analyst, unescape(address[1])) == 2


def test_the_queue_by_age(analyst):
    for number, ago in enumerate((1, 90, 300, 60 * 30, 60 * 100)):
        opened(f"pay_{number}", now=NOON - timedelta(minutes=ago))
    assert [age.waiting for age in queue_ages.count(livemode=False, now=NOON)] == [1, 1, 1, 1, 1]
    page = analyst.get("/admin/fraud/analytics/reviewing/").content.decode()
    assert "5 cases wait" in page


class TestDecisions:
    def test_what_is_blocked_and_genuine_is_one_click_away(self, analyst):
        decision(OLD, Outcome.BLOCK, is_fraud=False, payment_id="pay_wrongly")
        decision(OLD, Outcome.BLOCK, is_fraud=True, payment_id="pay_rightly")
        page = analyst.get("/admin/fraud/decisions/?outcome=BLOCKED&label=GENUINE").content.decode()
        assert "pay_wrongly" in page
        assert "pay_rightly" not in page

    def test_a_label_that_was_overruled_is_not_what_the_payment_is(self, analyst):
        from fraud.services import labels

        row = decision(OLD, is_fraud=False, strength=80)
        labels.take_chargeback(
            livemode=False, payment_id=row.payment_id, reference="dp", known_at=NOON, actor=SYSTEM, now=NOON
        )
        assert rows_of(analyst, "/admin/fraud/decisions/?label=FRAUD") == 1
        assert rows_of(analyst, "/admin/fraud/decisions/?label=GENUINE") == 0
        assert rows_of(analyst, "/admin/fraud/decisions/?label=UNKNOWN") == 0

    def test_the_list_costs_the_same_however_long_it_is(self, analyst):
        decision(OLD)
        analyst.get("/admin/fraud/decisions/")
        with CaptureQueriesContext(connection) as one:
            analyst.get("/admin/fraud/decisions/")
        for _ in range(20):
            decision(OLD, Outcome.REVIEW, is_fraud=True)
        with CaptureQueriesContext(connection) as many:
            analyst.get("/admin/fraud/decisions/")
        assert len(many) == len(one)

    def test_newest_first_and_by_day_are_read_by_index(self):
        for wanted in (DecisionFilters(), DecisionFilters(since=OLD, before=NOON)):
            found = decisions.search(wanted, livemode=False).order_by("-created_at", "-id")[:51]
            (statement,) = statements(lambda found=found: list(found), "fraud_assessment")
            assert "fraud_assessment" not in reads_whole_tables(statement)

    @pytest.mark.parametrize(
        ("wanted", "index"),
        [
            (DecisionFilters(outcome="BLOCKED"), "assessment_not_approved"),
            (DecisionFilters(outcome="REVIEW", since=OLD), "assessment_not_approved"),
            (DecisionFilters(source="DEGRADED"), "assessment_out_of_order"),
            (DecisionFilters(source="BYPASSED"), "assessment_out_of_order"),
            (DecisionFilters(rule="high_value_rule"), "assessment_with_hits"),
        ],
    )
    def test_what_is_rare_has_an_index_of_its_own(self, wanted, index):
        """Only a partial index that the filter implies may serve: the general one is taken away."""
        found = decisions.search(wanted, livemode=False).order_by("-created_at", "-id")[:51]
        (statement,) = statements(lambda: list(found), "fraud_assessment")
        others = {"assessment_by_time", "assessment_not_approved", "assessment_out_of_order", "assessment_with_hits"}
        with connection.cursor() as cursor:
            for other in sorted(others - {index}):
                cursor.execute(f"DROP INDEX {other}")
        assert index in {node.get("Index Name") for node in nodes(statement)}


class TestPatterns:
    def test_a_pattern_shows_its_attempts_and_what_to_do(self, analyst):
        for number in range(40):
            attempt(NOON - timedelta(seconds=number), card_bin="424242", payer_id=f"cus_{number}")
        patterns.watch(now=NOON)
        listed = analyst.get("/admin/fraud/patterns/").content.decode()
        assert "First digits of the card" in listed
        assert "functools" not in listed
        pattern = UnusualPattern.objects.get()
        page = analyst.get(f"/admin/fraud/patterns/{pattern.pattern_id}/").content.decode()
        assert "40 attempts in 60 minutes" in page
        assert "customers 40" in page
        assert "Acknowledge within 10 minutes, resolve within 4 hours" in page

    def test_another_modes_pattern_is_no_pattern(self, analyst):
        for number in range(40):
            attempt(NOON - timedelta(seconds=number), card_bin="424242", livemode=True)
        patterns.watch(now=NOON)
        address = f"/admin/fraud/patterns/{UnusualPattern.objects.get().pattern_id}/"
        assert analyst.get(address).status_code == 404


def test_a_week_is_shown_as_it_was_reported(analyst, month):
    made = weekly_reports.make(week=OLD.date(), livemode=False, actor=SYSTEM, now=NOON)
    assert str(made.week) in analyst.get("/admin/fraud/weeks/").content.decode()
    page = analyst.get(f"/admin/fraud/weeks/{made.week}/").content.decode()
    assert "What was decided" in page
    for nonsense in ("2026-11-03", "soon"):
        assert analyst.get(f"/admin/fraud/weeks/{nonsense}/").status_code == 404
