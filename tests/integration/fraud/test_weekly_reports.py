"""The report of a week: made once, never another."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from fraud.enums import Outcome
from fraud.models import WeeklyReport
from fraud.services import weekly_reports
from tests.factories.fraud import decision, hit

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 9)
AFTER = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)


def at(day, hour=12):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def made(now=AFTER):
    return weekly_reports.make(week=MONDAY, livemode=False, actor=SYSTEM, now=now)


def test_it_tells_of_its_own_week_beside_the_week_before_and_of_quality_where_labels_are_final():
    decision(at(9, 0), Outcome.REVIEW, hits=[hit("high_value_rule", 200)])
    decision(at(15, 23))
    decision(at(8, 23), Outcome.BLOCK, is_fraud=True)
    decision(at(2, 0), is_fraud=False)
    decision(at(1, 23), Outcome.REVIEW, is_fraud=False)
    weekly_reports.figures.count_recent(now=AFTER)
    numbers = made().numbers
    assert (numbers["decided"]["decisions"], numbers["decided"]["flagged"]) == (2, 1)
    assert (numbers["decided_before"]["decisions"], numbers["decided_before"]["block"]) == (2, 1)
    quality = numbers["quality"]
    assert (quality["since"], quality["until"]) == ("2026-11-02", "2026-11-08")
    assert (quality["flagged"]["caught"], quality["flagged"]["passed"], quality["flagged"]["recall"]) == (1, 1, 1.0)
    assert [rule["code"] for rule in numbers["rules"]] == ["high_value_rule"]


def test_what_becomes_known_later_does_not_change_it():
    decision(at(10), Outcome.REVIEW)
    first = made()
    decision(at(11), Outcome.REVIEW, is_fraud=True)
    again = made(now=AFTER + timedelta(days=30))
    assert (again.report_id, again.numbers["decided"]["decisions"], again.made_at) == (first.report_id, 1, AFTER)
    assert AuditEntry.objects.filter(action="fraud.week.reported").count() == 1
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        WeeklyReport.objects.update(numbers={})
    assert refusal_name(refused.value) == "fraud_weeklyreport_is_append_only"


def test_a_week_is_reported_when_it_is_over():
    with pytest.raises(weekly_reports.WeekNotOver):
        made(now=datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC))
    assert made(now=datetime(2026, 11, 16, tzinfo=UTC)).week == MONDAY


def test_a_week_begins_on_a_monday_in_the_database_too():
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        WeeklyReport.objects.create(
            report_id="fwr_1", livemode=False, week=date(2026, 11, 10), numbers={}, made_at=AFTER
        )
    assert refusal_name(refused.value) == "reported_week_begins_on_a_monday"


def test_the_job_makes_what_is_due_for_each_mode_with_decisions_and_only_once():
    assert weekly_reports.make_due(now=AFTER) == 0
    decision(at(10))
    decision(at(17), livemode=True)
    assert weekly_reports.make_due(now=AFTER) == 1
    assert weekly_reports.make_due(now=AFTER) == 0
    assert WeeklyReport.objects.get().livemode is False


def test_the_command_takes_the_last_week_or_one_by_name(capsys):
    from core import clock

    decision(at(10), livemode=True)
    with clock.use(clock.FixedClock(AFTER)):
        call_command("fraud_report", "--week", "last", "--json")
        assert '"decisions": 1' in capsys.readouterr().out
        call_command("fraud_report", "--week", "2026-W46")
        assert "9 November 2026" in capsys.readouterr().out
        with pytest.raises(CommandError, match="not over"):
            call_command("fraud_report", "--week", "2026-W47")
        with pytest.raises(CommandError, match="2026-W47"):
            call_command("fraud_report", "--week", "soon")
