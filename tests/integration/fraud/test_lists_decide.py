"""Lists, pauses and suppressions in decisions: what they do to a payment, and that it can be replayed for ever."""

from datetime import timedelta

import pytest

from core import clock
from core.parameters import services as parameters
from fraud.approvals import rules as acts
from fraud.enums import Outcome
from fraud.identities import email_hash
from fraud.models import Assessment
from fraud.selectors import hold_backs, trials
from fraud.selectors import lists as selector
from fraud.services import assessments, lists, pauses, replaying, rule_life, suppressions
from tests.factories import rules as factory
from tests.factories.rules import ANALYST, LEAD

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HIGH = {"amount_minor": 100_000}


@pytest.fixture
def listed(now):
    def make(name, value):
        return lists.add(
            name=name, livemode=False, value=value, reason="x", expires_at=now + DAY, actor=ANALYST, now=now
        )

    return make


@pytest.fixture
def decided(now, request_of):
    """A payment judged: the answer and its row."""

    def make(**changes):
        answer = assessments.evaluate(request_of(**changes), now=now)
        return answer, Assessment.objects.get(pk=answer.row_id)

    return make


@pytest.mark.parametrize(
    ("name", "value", "payment", "code"),
    [
        ("blocked_customers", "cus_abc123def456", {}, "blocked_party_rule"),
        ("blocked_sellers", "prov_xyz789ghi012", {}, "blocked_party_rule"),
        ("blocked_cards", "tok_card1", {"card_fingerprint": "tok_card1"}, "blocked_instrument_rule"),
        ("blocked_devices", "dev-1", {"device_id": "dev-1"}, "blocked_instrument_rule"),
        ("blocked_addresses", "203.0.113.7", {"ip_address": "203.0.113.7"}, "blocked_instrument_rule"),
        ("blocked_emails", "mallory@example.com", {"email": "Mallory@example.com"}, "blocked_instrument_rule"),
    ],
)
def test_whoever_is_on_a_block_list_is_blocked(decided, listed, name, value, payment, code):
    before, _ = decided(**payment)
    assert before.outcome == Outcome.APPROVE
    entry = listed(name, value)
    answer, row = decided(**payment)
    assert (answer.outcome, answer.rule_matches) == (Outcome.BLOCK, [code])
    assert row.thresholds[f"list_{name}"] == [email_hash(value) if "@" in value else value]
    assert selector.count_hits([entry])[entry.entry_id].decisions == 1
    assert selector.decisions_of(entry).get() == row


def test_a_trusted_customer_skips_a_review_and_nothing_worse(now, decided, listed):
    assert decided(**HIGH)[0].outcome == Outcome.REVIEW
    factory.allowed("cus_abc123def456", expires_at=now + DAY, now=now)
    answer, row = decided(**HIGH)
    assert (answer.outcome, answer.score, row.allowed_by) == (Outcome.APPROVE, 300, "trusted_customer_rule")
    listed("blocked_sellers", "prov_xyz789ghi012")
    answer, row = decided(**HIGH)
    assert (answer.outcome, row.allowed_by) == (Outcome.INVESTIGATE, "")


def test_a_decision_is_replayed_after_its_entry_is_over(now, decided, listed):
    entry = listed("blocked_customers", "cus_abc123def456")
    _, row = decided()
    lists.end(entry_id=entry.entry_id, reason="over", actor=ANALYST, now=now)
    assert decided()[0].outcome == Outcome.APPROVE
    again = replaying.judge_again(row)
    assert (again.score, again.outcome) == (row.score, Outcome.BLOCK)
    assert [hit.as_json() for hit in again.hits] == row.hits


def test_a_paused_rule_is_kept_with_what_it_would_have_done(now, decided):
    found = pauses.pause(code="high_value_rule", reason="noise", actor=ANALYST, now=now)
    answer, row = decided(**HIGH)
    assert "high_value_rule" not in answer.rule_matches
    (held,) = row.held_back
    assert (held["code"], held["reason"], held["by"]) == ("high_value_rule", "PAUSED", found.pause_id)
    assert held["observed"] == {"amount_minor": 100_000}


def test_a_suppression_is_for_one_customer_and_shows_what_it_hid(now, decided):
    made = suppressions.add(
        livemode=False, code="high_value_rule", kind="CUSTOMER", value="cus_abc123def456", reason="an agency",
        expires_at=now + DAY, actor=LEAD, now=now,
    )  # fmt: skip
    decided(**HIGH)
    other, _ = decided(payer_id="cus_other", **HIGH)
    assert "high_value_rule" in other.rule_matches
    (line,) = hold_backs.hidden_by([made.suppression_id])[made.suppression_id]
    assert (line.decisions, line.amount_minor, line.currency) == (1, 100_000, "USD")


def test_payments_judged_in_shadow_are_its_trial(now, decided):
    parameters.change(
        name="fraud.shadow_minimum_payments", value=2, effective_from=now, reason="test", actor=LEAD, now=now
    )
    candidate = factory.shadowed([factory.rule(points=900)], now=now)
    answer, row = decided()
    assert answer.outcome == Outcome.APPROVE
    assert (row.shadow["version"], row.shadow["hits"]) == (candidate.version, ["big_rule"])
    assert (trials.of(candidate, now=now).payments, trials.of(candidate, now=now).is_enough) == (1, False)
    decided()
    assert trials.of(candidate, now=now).is_enough


def test_all_the_way_by_three_people_and_back_by_one(now, decided, request_of):
    """Drafted and asked by an analyst, signed by a lead; every customer is judged by it until it is rolled back."""
    later = now + timedelta(hours=24)
    with clock.use(clock.FixedClock(later)):
        version = factory.backtested(factory.shadowed([factory.rule(points=900)], now=now), now=now).rule_set_version
        person = factory.lead()
        factory.signed(
            acts.ask_share(version=version, share=9_999, reason="most", actor=ANALYST, now=later), now=later, by=person
        )
        shared = assessments.evaluate(request_of(), now=later)
        assert (shared.outcome, shared.rule_matches) == (Outcome.INVESTIGATE, ["big_rule"])
        factory.signed(
            acts.ask_publication(version=version, reason="good", actor=ANALYST, now=later), now=later, by=person
        )
        assert assessments.evaluate(request_of(), now=later).rule_matches == ["big_rule"]
        rule_life.roll_back(reason="it blocks everybody", actor=LEAD, now=later)
        assert assessments.evaluate(request_of(), now=later).rule_matches == []
