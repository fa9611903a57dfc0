"""Spikes in real attempts: found against their own past, told once, and with the payments behind them."""

from datetime import UTC, datetime, timedelta

import pytest

from core.actors import SYSTEM
from core.outbox.models import Event
from core.parameters import services as parameters
from fraud.enums import AttemptOutcome, PatternKind, PatternMeasure
from fraud.models import UnusualPattern
from fraud.selectors import patterns as noticed
from fraud.services import patterns
from tests.factories.fraud import attempt

pytestmark = pytest.mark.django_db
# A Wednesday at noon.
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def attempts(times, *, at=NOON, **facts):
    for number in range(times):
        attempt(at - number * timedelta(seconds=30), **facts)


def alarms():
    return [event.payload for event in Event.objects.filter(name="fraud.alarm_raised").order_by("published_at")]


def test_forty_cards_of_one_bin_within_the_hour_raise_one_alarm():
    attempts(40, card_bin="424242", livemode=True)
    (found,) = patterns.watch(now=NOON)
    assert (found.kind, found.subject, found.seen, found.expected, found.limit) == ("BIN", "424242", 40, 0, 29)
    (alarm,) = alarms()
    assert (alarm["alarm"], alarm["severity"]) == ("fraud.unusual_pattern", "P1")
    assert alarm["subject"] == "live:BIN:ATTEMPTS:424242"
    assert alarm["url"] == f"/admin/fraud/patterns/{found.pattern_id}/"
    assert alarm["summary"] == "First digits of the card 424242: 40 attempts in 60 minutes; 0.0 are usual"


def test_a_busy_sellers_ordinary_noon_is_no_spike_and_the_same_number_at_another_hour_is():
    for back in range(1, 15):
        attempts(40, at=NOON - back * DAY, payee_id="prov_1")
    attempts(45, payee_id="prov_1")
    assert patterns.watch(now=NOON) == []
    attempts(45, at=NOON + 6 * 60 * MINUTE, payee_id="prov_1")
    (found,) = patterns.watch(now=NOON + 6 * 60 * MINUTE)
    assert (found.kind, found.expected) == ("SELLER", 0)


def test_ten_refused_on_one_device_are_a_spike_though_ten_attempts_are_none():
    attempts(9, device_id="dev_1", outcome=AttemptOutcome.DECLINED)
    assert patterns.watch(now=NOON) == []
    attempt(NOON, device_id="dev_1", outcome=AttemptOutcome.BLOCKED, amount_minor=500)
    (found,) = patterns.watch(now=NOON)
    assert (found.kind, found.measure, found.seen, found.amount_minor) == (
        PatternKind.DEVICE,
        PatternMeasure.REFUSED,
        10,
        90_500,
    )


def test_while_it_lasts_it_is_one_pattern_and_after_a_rest_another():
    attempts(40, card_bin="424242")
    attempts(60, at=NOON + 70 * MINUTE, card_bin="424242")
    first = patterns.watch(now=NOON)
    later = patterns.watch(now=NOON + 70 * MINUTE)
    assert [one.pattern_id for one in first] == [one.pattern_id for one in later]
    assert (later[0].peak, len(alarms())) == (60, 1)
    attempts(40, at=NOON + 300 * MINUTE, card_bin="424242")
    (anew,) = patterns.watch(now=NOON + 300 * MINUTE)
    assert anew.pattern_id != first[0].pattern_id
    assert len(alarms()) == 2


def test_an_hour_begins_after_its_first_instant_and_ends_with_its_last():
    attempts(29, card_bin="424242")
    attempt(NOON - timedelta(hours=1), card_bin="424242")
    assert patterns.watch(now=NOON) == []
    attempt(NOON - timedelta(hours=1) + timedelta(microseconds=1), card_bin="424242")
    assert len(patterns.watch(now=NOON)) == 1


def test_the_modes_do_not_add_up():
    attempts(20, card_bin="424242")
    attempts(20, card_bin="424242", livemode=True)
    assert patterns.watch(now=NOON) == []


def test_the_payments_behind_it_are_those_of_its_hours_and_measure():
    attempts(40, card_bin="424242")
    attempts(5, card_bin="555555")
    attempt(NOON - timedelta(hours=2), card_bin="424242")
    attempts(12, device_id="dev_1", outcome=AttemptOutcome.DECLINED)
    attempts(3, device_id="dev_1")
    patterns.watch(now=NOON)
    behind = {one.kind: noticed.payments_of(one).count() for one in UnusualPattern.objects.all()}
    assert behind == {"BIN": 40, "DEVICE": 12}


def test_what_counts_as_many_is_a_dated_number():
    parameters.change(
        name="fraud.pattern_minimum_attempts", value=41, effective_from=NOON, reason="a fair", actor=SYSTEM, now=NOON
    )
    attempts(40, card_bin="424242")
    assert patterns.watch(now=NOON) == []


def test_a_watch_is_two_reads_however_many_subjects(django_assert_num_queries):
    for number in range(6):
        for back in range(1, 4):
            attempts(32, at=NOON - back * DAY, payee_id=f"prov_{number}")
        attempts(32, payee_id=f"prov_{number}")
    patterns.watch(now=NOON - 3 * DAY)
    with django_assert_num_queries(3):
        assert patterns.watch(now=NOON) == []
