"""Rules that are asked and have no effect: pauses for everybody, suppressions for one, and what they hid."""

from datetime import timedelta

import pytest
from django.db import Error, transaction

from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from fraud.approvals import rules as acts
from fraud.enums import HeldBackReason, LabelSource
from fraud.models import Label, RulePause, Suppression
from fraud.rules.scoring import Hold
from fraud.selectors import hold_backs
from fraud.services import pauses, suppressions
from tests.factories import rules as factory
from tests.factories.rules import ANALYST, LEAD
from tests.integration.fraud.test_lists import assessed

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def held(now, *, livemode=False, customer_id="cus_a", card=None, device=None, seller=None):
    return hold_backs.held_back(
        livemode=livemode, customer_id=customer_id, card_fingerprint=card, device_id=device, seller_id=seller, now=now
    )


@pytest.fixture
def suppress(now):
    def make(code="high_value_rule", kind="CUSTOMER", value="cus_a", *, days=7, livemode=False, **more):
        return suppressions.add(
            livemode=livemode, code=code, kind=kind, value=value, reason="a travel agency", actor=LEAD, now=now,
            expires_at=now + days * DAY, **more,
        )  # fmt: skip

    return make


class TestPause:
    def test_takes_one_person_and_holds_for_everybody(self, now):
        found = pauses.pause(code="high_value_rule", reason="holds half the sellers", actor=ANALYST, now=now)
        assert held(now) == {"high_value_rule": Hold(HeldBackReason.PAUSED, found.pause_id)}
        assert AuditEntry.objects.get(action="fraud.rule.paused").subject == "fraud_rule:high_value_rule"

    def test_paused_again_it_stays_as_it_was_paused_first(self, now):
        first = pauses.pause(code="high_value_rule", reason="first", actor=ANALYST, now=now)
        assert pauses.pause(code="high_value_rule", reason="second", actor=LEAD, now=now) == first
        assert AuditEntry.objects.filter(action="fraud.rule.paused").count() == 1

    def test_what_is_no_rule_is_not_paused(self, now):
        with pytest.raises(pauses.UnableToPause, match="no rule in force"):
            pauses.pause(code="no_such_rule", reason="x", actor=ANALYST, now=now)

    def test_is_ended_by_a_signature_only(self, now):
        pauses.pause(code="high_value_rule", reason="x", actor=ANALYST, now=now)
        lead = factory.lead()
        request = acts.ask_resumption(code="high_value_rule", reason="mended", actor=ANALYST, now=now)
        assert held(now)
        factory.signed(request, now=now, by=lead)
        assert held(now) == {}
        with pytest.raises(pauses.RuleNotPaused):
            acts.ask_resumption(code="high_value_rule", reason="again", actor=ANALYST, now=now)

    def test_holds_in_the_next_version_too(self, now):
        """Publishing other rules is no way to resume one."""
        pauses.pause(code="high_value_rule", reason="x", actor=ANALYST, now=now)
        covered = acts._covered(factory.shadowed(now=now))
        assert covered["paused"] == ["high_value_rule"]

    def test_the_database_ends_none_without_a_signature(self, now):
        found = pauses.pause(code="high_value_rule", reason="x", actor=ANALYST, now=now)
        rows = RulePause.objects.filter(pk=found.pk)
        for change, name in [
            ({"resumed_at": now, "resumed_by": "x", "approval_id": "apr_x"}, "act_is_approved"),
            ({"code": "other_rule"}, "rule_pause_only_ends"),
        ]:
            with pytest.raises(Error) as refused, transaction.atomic():
                rows.update(**change)
            assert refusal_name(refused.value) == name
        with pytest.raises(Error) as refused, transaction.atomic():
            rows.delete()
        assert refusal_name(refused.value) == "rule_pause_only_ends"


class TestSuppression:
    @pytest.mark.parametrize(
        ("kind", "value", "payment"),
        [
            ("CUSTOMER", "cus_a", {"customer_id": "cus_a"}),
            ("CARD", "tok_card1", {"card": "tok_card1"}),
            ("DEVICE", "dev-1", {"device": "dev-1"}),
            ("SELLER", "prov_1", {"seller": "prov_1"}),
        ],
    )
    def test_is_for_one_rule_and_one_entity(self, now, suppress, kind, value, payment):
        made = suppress(kind=kind, value=value)
        expected = {"high_value_rule": Hold(HeldBackReason.SUPPRESSED, made.suppression_id)}
        assert held(now, **{"customer_id": "cus_other", **payment}) == expected
        assert held(now, customer_id="cus_other") == {}
        assert held(now, livemode=True, **{"customer_id": "cus_other", **payment}) == {}

    def test_ends_by_itself(self, now, suppress):
        suppress(days=7)
        assert held(now + 7 * DAY - timedelta(seconds=1))
        assert held(now + 7 * DAY) == {}

    def test_is_ended_early_for_a_reason_and_once(self, now, suppress):
        made = suppress()
        suppressions.end(suppression_id=made.suppression_id, reason="no longer", actor=LEAD, now=now)
        assert held(now) == {}
        with pytest.raises(suppressions.SuppressionIsOver):
            suppressions.end(suppression_id=made.suppression_id, reason="again", actor=LEAD, now=now)

    def test_a_pause_is_named_before_it(self, now, suppress):
        suppress()
        found = pauses.pause(code="high_value_rule", reason="x", actor=ANALYST, now=now)
        assert held(now)["high_value_rule"] == Hold(HeldBackReason.PAUSED, found.pause_id)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"code": "no_such_rule"}, "/code"),
            ({"kind": "IP"}, "/kind"),
            ({"kind": "CARD", "value": "4111111111111111"}, "/value"),
            ({"days": 31}, "/expires_at"),
            ({"days": 0}, "/expires_at"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_the_field(self, suppress, changes, field):
        with pytest.raises(suppressions.InvalidSuppression) as refused:
            suppress(**changes)
        assert refused.value.errors[0].pointer == field

    @pytest.mark.parametrize("code", ["geographic_risk_rule", "blocked_party_rule", "blocked_instrument_rule"])
    def test_a_block_has_no_exception_that_one_person_makes(self, suppress, code):
        with pytest.raises(suppressions.InvalidSuppression, match="stands for everybody"):
            suppress(code)

    def test_the_database_lets_it_end_and_nothing_else(self, now, suppress):
        made = suppress()
        for change in ({"expires_at": now + 300 * DAY}, {"value": "cus_b"}, {"code": "card_testing_rule"}):
            with pytest.raises(Error) as refused, transaction.atomic():
                Suppression.objects.filter(pk=made.pk).update(**change)
            assert refusal_name(refused.value) == "suppression_only_ends"


def test_what_was_hidden_is_counted_with_its_money_and_what_it_turned_out_to_be(now, suppress):
    """Three payments of 50.00 passed because the rule was silent: one was fraud, one genuine, one nobody knows."""
    made = suppress()
    hidden = [{"code": "high_value_rule", "reason": "SUPPRESSED", "by": made.suppression_id}]
    for number, is_fraud in enumerate([True, False, None]):
        assessed(now, hits=[], held_back=hidden, payment_id=f"pay_{number}", score=125, outcome="APPROVE")
        if is_fraud is not None:
            Label.objects.create(
                label_id=f"lbl_{number}", livemode=False, payment_id=f"pay_{number}", payer_id="cus_a",
                amount_minor=5_000, currency="USD", is_fraud=is_fraud, strength=90, source=LabelSource.REPORT,
                reference="r", event_at=now, known_at=now, recorded_by="x",
            )  # fmt: skip
    assessed(now, hits=[], held_back=[{"code": "high_value_rule", "reason": "PAUSED", "by": "rps_other"}])
    (line,) = hold_backs.hidden_by([made.suppression_id])[made.suppression_id]
    assert line == (3, 15_000, "USD", 1, 1, 5_000)
