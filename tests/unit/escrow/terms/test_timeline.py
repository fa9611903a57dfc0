"""The hours of terms as moments, and when conditions are met together."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from escrow.terms import timeline
from tests.unit.escrow.terms.examples import FUNDED, condition, terms, waiting

ALL = "/releaseConditions/allConditionsMet"


def shown(changes: dict[str, Any] | None = None, funded_at: datetime = FUNDED) -> list[str]:
    return [f"{due.at:%m-%d %H:%M} {due.kind} {due.key}".rstrip() for due in timeline.timers(terms(changes), funded_at)]


def test_the_documented_example_from_funding_to_refund() -> None:
    """Funded on 15 January 2024 at 10:30: 168 hours are a week, 336 two, 720 thirty days."""
    assert shown() == [
        "01-22 10:30 DISPUTE_WINDOW_END",
        "01-22 10:30 CONDITION_TIMEOUT cond_service_completion",
        "01-26 10:30 WARNING AUTO_RELEASE:72",
        "01-28 10:30 WARNING AUTO_RELEASE:24",
        "01-29 10:30 AUTO_RELEASE",
        "02-11 10:30 WARNING AUTO_REFUND:72",
        "02-13 10:30 WARNING AUTO_REFUND:24",
        "02-14 10:30 AUTO_REFUND",
    ]


def test_what_is_not_agreed_has_no_timer() -> None:
    assert shown(
        {
            "/escrowConditions": [condition("a")],
            "/timeoutPolicy/autoReleaseAfterHours": None,
            "/timeoutPolicy/autoRefundAfterHours": 48,
            "/disputePolicy/allowDisputes": False,
        }
    ) == ["01-16 10:30 WARNING AUTO_REFUND:24", "01-17 10:30 AUTO_REFUND"]


def test_a_warning_as_long_as_the_way_to_an_end_is_not_given_for_it() -> None:
    warned = [line for line in shown({"/timeoutPolicy/warningNotificationHours": [336]}) if "WARNING" in line]
    assert warned == ["01-31 10:30 WARNING AUTO_REFUND:336"]


def test_in_one_hour_the_refund_comes_before_the_condition_and_the_condition_before_the_release() -> None:
    hours = ("/timeoutPolicy/autoReleaseAfterHours", "/timeoutPolicy/autoRefundAfterHours")
    assert [line[12:] for line in shown(dict.fromkeys(hours, 168))][-4:] == [
        "DISPUTE_WINDOW_END", "AUTO_REFUND", "CONDITION_TIMEOUT cond_service_completion", "AUTO_RELEASE",
    ]  # fmt: skip


def test_an_hour_is_an_hour_on_the_day_the_clocks_change() -> None:
    """In New York 10 March 2024 has 23 hours."""
    new_york = datetime(2024, 3, 9, 12, tzinfo=ZoneInfo("America/New_York"))
    [due] = [each for each in timeline.timers(terms(), new_york) if each.kind == "CONDITION_TIMEOUT"]
    assert due.at - new_york.astimezone(ZoneInfo("UTC")) == timedelta(hours=168)
    assert due.at.astimezone(new_york.tzinfo).hour == 13


@pytest.mark.parametrize(
    ("together", "states", "met", "alive"),
    [
        (True, {}, False, True),
        (True, {"a": "MET"}, False, True),
        (True, {"a": "MET", "b": "MET"}, True, True),
        (True, {"a": "MET", "b": "LAPSED"}, False, False),
        (False, {}, False, True),
        (False, {"a": "MET"}, True, True),
        (False, {"b": "MET", "a": "LAPSED"}, True, True),
        (False, {"a": "LAPSED"}, False, True),
        (False, {"a": "LAPSED", "b": "LAPSED"}, False, False),
    ],
)
def test_conditions_together(together: bool, states: dict[str, str], met: bool, alive: bool) -> None:
    agreed = terms({ALL: together, "/escrowConditions": [condition("a"), condition("b")]})
    assert timeline.satisfied(agreed, states) is met
    assert timeline.can_still_be_met(agreed, states) is alive


@pytest.mark.parametrize("together", [True, False])
def test_without_conditions_they_are_met_from_the_start(together: bool) -> None:
    agreed = terms({ALL: together, "/escrowConditions": []})
    assert timeline.satisfied(agreed, {})
    assert timeline.can_still_be_met(agreed, {})


@pytest.mark.parametrize(
    ("hours", "states", "expected"),
    [
        (0, {}, True),
        (167.999, {}, True),
        (168, {}, False),
        (1, {"a": "MET"}, False),
        (1, {"a": "LAPSED"}, False),
    ],
)
def test_a_condition_may_be_satisfied_before_its_hour_and_not_in_it(
    hours: float, states: dict[str, str], expected: bool
) -> None:
    agreed = terms({"/escrowConditions": [condition("a", timeoutHours=168)]})
    now = FUNDED + timedelta(hours=hours)
    may = timeline.may_be_satisfied(agreed, agreed.conditions[0], states, funded_at=FUNDED, now=now)
    assert may is expected


def test_after_the_hour_of_the_refund_nobody_makes_up_for_what_was_not_met() -> None:
    """The timer may be late; the payer's money is not the payee's for that."""
    agreed = terms({ALL: False, "/escrowConditions": [condition("a"), condition("b"), waiting("c", 9)]})
    a, _, wait = agreed.conditions

    def may(each: Any, states: dict[str, str], hours: int) -> bool:
        now = FUNDED + timedelta(hours=hours)
        return timeline.may_be_satisfied(agreed, each, states, funded_at=FUNDED, now=now)

    assert may(a, {}, 719)
    assert not may(a, {}, 720)
    assert may(a, {"b": "MET"}, 720), "one was enough, and in time"
    assert not may(wait, {}, 1), "time passes by itself"
