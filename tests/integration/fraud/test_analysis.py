"""The commands of the runbooks: windows of decisions, against a baseline, their errors, a change of rules."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from core import clock
from fraud.enums import AttemptOutcome, Outcome
from tests.factories.fraud import attempt, decision, hit
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def run(now, capsys):
    """The answer as JSON, of test data."""

    def ask(*words):
        call_command("fraud_analysis", *words, "--test", "--json")
        return json.loads(capsys.readouterr().out)

    return ask


def test_the_decisions_of_an_hour(run):
    decision(NOON - HOUR, Outcome.REVIEW, hits=[hit("high_value_rule", 325)])
    decision(NOON - timedelta(minutes=1), hits=[hit("night_rule", 50)])
    decision(NOON - timedelta(minutes=1), Outcome.NO_ADVICE)
    decision(NOON - HOUR - timedelta(microseconds=1))
    decision(NOON - timedelta(minutes=1), livemode=True)
    found = run("decisions", "--since", "1h")
    assert {row["outcome"]: row["decisions"] for row in found["outcomes"]} == {
        "APPROVE": 1,
        "REVIEW": 1,
        "NO_ADVICE": 1,
    }
    assert found["flagged"] == 1
    assert found["rules"] == [
        {"rule": "high_value_rule", "hits": 1, "flagged": 1},
        {"rule": "night_rule", "hits": 1, "flagged": 0},
    ]


def test_errors_of_final_labels_and_early_ones_apart(run):
    old = NOON - 10 * DAY
    decision(old, Outcome.REVIEW, is_fraud=True)
    decision(old, Outcome.BLOCK, is_fraud=False)
    decision(old, is_fraud=True)
    decision(old, is_fraud=False)
    decision(old)
    decision(NOON - 2 * DAY, Outcome.REVIEW, is_fraud=False)
    found = run("errors", "--since", "30d")
    final = found["final"]
    assert (final["false_positive_rate"], final["false_negative_rate"], final["unlabelled"]) == (0.5, 0.5, 1)
    assert (found["early"]["disturbed"], found["early"]["false_negative_rate"]) == (1, None)


def test_an_hour_against_the_week_before_it(run):
    """Seven days of 24 attempts each on one device: one an hour. Now twelve: twelve times as many."""
    for hour in range(7 * 24):
        attempt(NOON - HOUR - (hour + 0.5) * HOUR, device_id="dev_1")
    for minute in range(12):
        attempt(NOON - timedelta(minutes=minute + 1), device_id="dev_1", outcome=AttemptOutcome.DECLINED)
    found = run("patterns", "--current", "1h", "--baseline", "7d")
    device = next(row for row in found["subjects"] if row["kind"] == "DEVICE")
    assert (device["subject"], device["attempts"], device["refused"]) == ("dev_1", 12, 12)
    assert (device["expected"], device["times"]) == (pytest.approx(1.0), pytest.approx(12.0))
    assert found["subjects"][0] == device


def test_a_rule_before_and_after_it_was_changed(run):
    for minutes in (-90, -30):
        decision(NOON - 3 * HOUR + timedelta(minutes=minutes), hits=[hit("high_value_rule", 50)])
    for minutes in (1, 30, 90):
        decision(NOON - 3 * HOUR + timedelta(minutes=minutes), Outcome.REVIEW, hits=[hit("high_value_rule", 325)])
    at = (NOON - 3 * HOUR).isoformat()
    found = run("rule-impact", "--at", at, "--duration", "2h", "--rule", "high_value_rule")
    assert found["rules"] == [
        {
            "rule": "high_value_rule", "hits_before": 2, "hits_after": 3, "flagged_before": 0, "flagged_after": 3,
            "hourly_before": 1.0, "hourly_after": 1.5,
        }
    ]  # fmt: skip
    assert (found["flagged_share_before"], found["flagged_share_after"]) == (0.0, 1.0)


def test_it_is_readable_too(now, capsys):
    decision(NOON - HOUR, Outcome.REVIEW, hits=[hit("high_value_rule", 325)], livemode=True)
    for words in (["decisions"], ["errors"], ["patterns"], ["rule-impact", "--at", "2026-11-18T11:00:00Z"]):
        call_command("fraud_analysis", *words)
    shown = capsys.readouterr().out
    assert "high_value_rule" in shown
    assert "REVIEW" in shown


@pytest.mark.parametrize(
    "words",
    [["decisions", "--since", "soon"], ["rule-impact", "--at", "yesterday"], ["rule-impact", "--at", "2031-01-01"]],
)
def test_what_is_no_time_is_refused(words):
    with clock.use(clock.FixedClock(NOON)), pytest.raises(CommandError):
        call_command("fraud_analysis", *words)
