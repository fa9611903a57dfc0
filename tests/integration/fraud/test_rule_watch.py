"""A rule that does live what nobody forecast pauses itself, and somebody is called."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.outbox.models import Event
from core.parameters import services as parameters
from fraud.approvals import rules as acts
from fraud.enums import HeldBackReason
from fraud.models import RulePause
from fraud.rules.scoring import Hold
from fraud.rules.watching import Band
from fraud.selectors import hold_backs, rule_sets
from fraud.services import rule_watch
from tests.factories import rules as factory
from tests.factories.rules import ANALYST, LEAD
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_lists import assessed

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=24)
RULES = [factory.rule("odd_rule"), factory.rule("even_rule"), replace(factory.rule("wall_rule"), floor="BLOCK")]


@pytest.fixture
def in_force(now):
    """Three rules with a forecast of 100 to 300 hits in 1,000 payments, watched over the newest 10 payments."""
    with clock.use(clock.FixedClock(LATER)):
        parameters.change(
            name="fraud.watch_payments", value=10, effective_from=NOON, reason="test", actor=LEAD, now=NOON
        )
        bands = {rule.code: Band(100.0, 300.0) for rule in RULES}
        yield factory.published(RULES, bands, now=NOON, later=LATER)


def payments(version, *codes, times=1, **changes):
    for _ in range(times):
        hits = [{"code": code} for code in codes]
        assessed(LATER, **{"rule_set_version": version.version, "hits": hits, **changes})


def alarms():
    return [event.payload for event in Event.objects.filter(name="fraud.alarm_raised").order_by("id")]


def test_inside_its_band_nothing_happens(in_force):
    """3 hits in 10 payments are 300 in 1,000, and the end belongs to the band."""
    payments(in_force, times=7)
    payments(in_force, "odd_rule", "even_rule", "wall_rule", times=3)
    assert rule_watch.watch(now=LATER) == []
    assert alarms() == []


def test_above_its_band_it_pauses_itself_and_calls_somebody(in_force):
    payments(in_force, "even_rule", "wall_rule", times=2)
    payments(in_force, "odd_rule", times=4)
    payments(in_force, times=4)
    assert rule_watch.watch(now=LATER) == ["odd_rule"]
    (pause,) = hold_backs.list_paused()
    assert (pause.code, pause.paused_by) == ("odd_rule", "SYSTEM:holdfast")
    assert pause.reason == "odd_rule is true 400.0 times in 1,000 payments, above the forecast of 100 to 300"
    (alarm,) = alarms()
    assert (alarm["alarm"], alarm["subject"]) == ("fraud.rule_left_its_band", "fraud_rule:odd_rule")
    assert alarm["summary"].endswith("It paused itself.")


def test_below_its_band_too_and_once(in_force):
    """A rule that fell silent is as wrong as one that cries all day."""
    payments(in_force, "even_rule", "wall_rule", times=2)
    payments(in_force, times=8)
    assert rule_watch.watch(now=LATER) == ["odd_rule"]
    assert rule_watch.watch(now=LATER) == []
    assert (RulePause.objects.count(), len(alarms())) == (1, 1)


def test_a_rule_that_blocks_pauses_itself_too_and_what_it_would_have_blocked_is_reviewed(in_force):
    """Gone wild it would block everybody; during an attack nobody is let through for its pause."""
    payments(in_force, "even_rule", "odd_rule", times=2)
    payments(in_force, "wall_rule", times=8)
    assert rule_watch.watch(now=LATER) == ["wall_rule"]
    (pause,) = hold_backs.list_paused()
    held = hold_backs.held_back(
        livemode=False, customer_id="cus_1", card_fingerprint=None, device_id=None, seller_id=None, now=LATER
    )
    assert held == {"wall_rule": Hold(HeldBackReason.STOPPED, pause.pause_id)}
    assert (alarms()[0]["severity"], "held for review" in alarms()[0]["summary"]) == ("P2", True)


def test_too_few_payments_say_nothing(in_force):
    payments(in_force, "odd_rule", times=9)
    assert rule_watch.watch(now=LATER) == []


@pytest.mark.parametrize("changes", [{"rule_set_version": 1}, {"livemode": True}])
def test_payments_of_another_version_or_mode_do_not_count(in_force, changes):
    payments(in_force, "odd_rule", times=10, **changes)
    assert rule_watch.watch(now=LATER) == []


def test_a_decision_made_again_counts_once(in_force):
    for _ in range(10):
        first = assessed(LATER, rule_set_version=1, hits=[])
        payments(in_force, "odd_rule", rescores=first)
    assert rule_watch.watch(now=LATER) == []


def test_a_suppressed_hit_counts_for_the_forecast_knows_nothing_of_it(in_force):
    payments(in_force, "even_rule", "wall_rule", times=2, held_back=[{"code": "odd_rule", "by": "sup_1"}])
    payments(in_force, times=8)
    assert rule_watch.watch(now=LATER) == []


def test_a_resumed_rule_is_measured_anew(in_force):
    payments(in_force, "even_rule", "wall_rule", times=2)
    payments(in_force, times=8)
    rule_watch.watch(now=LATER)
    lead = factory.lead()
    request = acts.ask_resumption(code="odd_rule", reason="the feed is back", actor=ANALYST, now=LATER)
    factory.signed(request, now=LATER + timedelta(minutes=1), by=lead)
    assert rule_watch.watch(now=LATER + timedelta(minutes=5)) == []


def test_a_version_without_a_forecast_is_not_watched(now):
    """The shipped one: nobody has said what it should do here."""
    for _ in range(20):
        assessed(now)
    assert rule_watch.watch(now=now) == []


def test_a_candidate_goes_back_to_shadow(now):
    """Its customers are judged by the version in force again; a person decides what becomes of it."""
    parameters.change(name="fraud.watch_payments", value=10, effective_from=NOON, reason="test", actor=LEAD, now=NOON)
    candidate = factory.shadowed([factory.rule("odd_rule")], now=now)
    factory.backtested(candidate, {"odd_rule": Band(0.0, 100.0)}, now=now)
    lead = factory.lead()
    request = acts.ask_share(version=candidate.version, share=500, reason="5 %", actor=ANALYST, now=now)
    factory.signed(request, now=now, by=lead)
    payments(candidate, "odd_rule", times=10, arm="CANDIDATE")
    assert rule_watch.watch(now=LATER) == ["odd_rule"]
    assert rule_sets.find_candidate().state == "SHADOW"
    assert hold_backs.list_paused() == []
    (alarm,) = alarms()
    assert alarm["subject"] == candidate.subject
    assert alarm["summary"].endswith(f"Version {candidate.version} is back in shadow.")


def test_what_a_version_did_before_it_came_back_is_not_held_against_it(in_force):
    """Rolled back to, it is measured from then on."""
    payments(in_force, "odd_rule", times=10, created_at=NOON)
    assert rule_watch.watch(now=LATER) == []
