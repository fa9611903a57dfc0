"""Decisions: what the page warns of, what is blocked with it, what compliance gets, and the second look."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from compliance.models import Referral
from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from fraud.enums import CaseCause, CaseDecision, CaseOutcome, CaseState, LabelSource
from fraud.models import ListEntry, ReviewCase, SecondReview
from fraud.selectors import agreement, links, objections, profiles
from fraud.selectors import cases as queue
from fraud.services import (
    assessments,
    case_blocks,
    cases,
    labels,
    reports,
    risk_resets,
    second_reviews,
)
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_cases import ANN, BOB, opened
from tests.integration.fraud.test_queue import LEAD, set_parameter

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def decide(case, decision=CaseDecision.APPROVE, outcome=CaseOutcome.GENUINE, actor=ANN, now=NOON, **more):
    return cases.decide(
        case_id=case.case_id, decision=decision, outcome=outcome, reason="called", actor=actor, now=now, **more
    )


def codes(case):
    return [objection.code for objection in objections.list_for_case(case, now=NOON)]


def fraud(payment_id):
    labels.record(
        livemode=False, payment_id=payment_id, is_fraud=True, strength=100, source=LabelSource.REPORT,
        reference=f"r-{payment_id}", known_at=NOON, actor=SYSTEM, now=NOON,
    )  # fmt: skip


class TestWarnings:
    @pytest.fixture
    def case(self, paid):
        """A held payment whose device another customer has used, and was found out."""
        paid(payment_id="pay_1", payer_id="cus_1", device_id="dev_1", ip_address="192.0.2.7", outcome="HELD")
        paid(payment_id="pay_other", payer_id="cus_other", device_id="dev_1", ago=DAY)
        return opened("pay_1")

    def test_nothing_speaks_against_a_stranger_at_the_same_device(self, case):
        assert codes(case) == []
        assert decide(case).decision == CaseDecision.APPROVE

    def test_an_approval_over_a_link_to_known_fraud_is_refused_until_it_was_read(self, case):
        fraud("pay_other")
        assert codes(case) == ["LINKED_FRAUD"]
        with pytest.raises(cases.UnsafeToApprove, match="Shares device with 1 other customer known for fraud"):
            decide(case)
        with pytest.raises(cases.UnsafeToApprove):
            decide(case, acknowledged=["REPORTED_CUSTOMER"])
        assert ReviewCase.objects.get(pk=case.pk).state == CaseState.OPEN
        assert decide(case, acknowledged=["LINKED_FRAUD"]).decision == CaseDecision.APPROVE

    def test_declining_asks_for_no_acknowledgement(self, case):
        fraud("pay_other")
        assert decide(case, CaseDecision.DECLINE, CaseOutcome.SUSPECTED_FRAUD).decision == CaseDecision.DECLINE

    def test_a_payment_speaks_not_against_itself_but_another_of_the_customer_does(self, case, paid):
        fraud("pay_1")
        assert codes(case) == []
        paid(payment_id="pay_2", payer_id="cus_1", ago=2 * DAY)
        fraud("pay_2")
        assert codes(case) == ["CUSTOMER_FRAUD"]

    def test_reports_speak_until_the_risk_is_reset_and_then_the_reset_does(self, case):
        reports.report(
            transaction_id="txn_9", customer_id="cus_1", fraud_type="payment_fraud", details="", livemode=False,
            actor=SYSTEM, now=NOON - DAY,
        )  # fmt: skip
        assert codes(case) == ["REPORTED_CUSTOMER"]
        risk_resets.reset(party_id="cus_1", livemode=False, reason="a mix-up of names", actor=LEAD, now=NOON)
        (objection,) = objections.list_for_case(case, now=NOON)
        assert (objection.code, "a mix-up of names" in objection.text) == ("RISK_RESET", True)
        assert [found.code for found in objections.list_for_case(case, now=NOON + 90 * DAY)] == []

    def test_a_list_that_named_the_payment_speaks_and_one_that_trusts_does_not(self, case, request_of):
        answer = assessments.evaluate(request_of(payment_id="pay_1"), now=NOON)
        case.assessment = type(case).assessment.field.related_model.objects.get(pk=answer.row_id)
        case.assessment.thresholds |= {"list_blocked_devices": ["dev_1"], "list_trusted_customers": ["cus_1"]}
        assert [(found.code, found.text) for found in objections.list_for_case(case, now=NOON)] == [
            ("LIST_HIT", "Named by a list: blocked devices")
        ]


class TestBlocking:
    @pytest.fixture
    def case(self, paid):
        paid(
            payment_id="pay_1", payer_id="cus_1", device_id="dev_1", ip_address="192.0.2.7", outcome="HELD",
            card_fingerprint="card_fp_1",
        )  # fmt: skip
        return opened("pay_1")

    def block(self, case, *names, decision=CaseDecision.DECLINE):
        return case_blocks.decide_and_block(
            case_id=case.case_id, decision=decision, outcome=CaseOutcome.SUSPECTED_FRAUD, reason="stolen",
            acknowledged=[], blocked=names, hand_over=False, as_lead=False, actor=ANN, now=NOON,
        )  # fmt: skip

    def test_what_was_ticked_goes_on_its_list_for_ninety_days(self, case):
        self.block(case, "card", "device", "address", "customer")
        entries = {entry.list.name: entry for entry in ListEntry.objects.select_related("list")}
        assert {name: entry.value for name, entry in entries.items()} == {
            "blocked_cards": "card_fp_1",
            "blocked_devices": "dev_1",
            "blocked_addresses": "192.0.2.7",
            "blocked_customers": "cus_1",
        }
        assert {entry.expires_at for entry in entries.values()} == {NOON + 90 * DAY}
        assert case.case_id in entries["blocked_cards"].reason

    def test_an_approval_blocks_nothing_and_neither_happens(self, case):
        with pytest.raises(cases.UnableToDecide, match="neither blocked nor frozen"):
            self.block(case, "card", decision=CaseDecision.APPROVE)
        assert not ListEntry.objects.exists()
        assert ReviewCase.objects.get(pk=case.pk).state == CaseState.OPEN

    def test_what_is_not_known_is_not_offered(self, case, paid):
        seen = links.find_observation(case)
        assert set(case_blocks.blockable(case, seen)) == {"customer", "card", "device", "address"}
        assert case_blocks.blockable(case, None) == {"customer": "cus_1"}


class TestHandingOver:
    def test_compliance_goes_on_and_nothing_but_their_referral_says_so(self):
        case = decide(opened(), CaseDecision.DECLINE, CaseOutcome.SUSPECTED_FRAUD, hand_over=True)
        referral = Referral.objects.get()
        assert (referral.subject_id, referral.party_ids) == (case.case_id, ["cus_1", "prov_1"])
        told = [*AuditEntry.objects.filter(subject=case.case_id), *Event.objects.all()]
        assert not [
            row for row in told if "referral" in str(vars(row)).lower() or referral.referral_id in str(vars(row))
        ]

    def test_nothing_is_handed_over_and_approved(self):
        with pytest.raises(cases.UnableToDecide, match="not approved"):
            decide(opened(), hand_over=True)
        assert not Referral.objects.exists()


class TestLate:
    def test_an_approval_after_the_deadline_is_a_clear_refusal(self):
        case = opened(deadline=DAY)
        with pytest.raises(cases.UnableToDecide, match="the time to decide is over; the payment is being voided"):
            decide(case, now=NOON + 2 * DAY)


class TestSecondReview:
    @pytest.fixture
    def second(self):
        """Every decided case is drawn."""
        set_parameter("fraud.second_review_share", 10_000)
        first = decide(opened())
        assert second_reviews.draw(now=NOON) == 1
        case = ReviewCase.objects.get(cause=CaseCause.SECOND_REVIEW)
        assert case.payment_id == first.payment_id
        return case

    def test_the_share_is_drawn_once_and_not_what_decided_itself(self, second):
        assert second_reviews.draw(now=NOON) == 0
        cases.decline_overdue(case_id=opened("pay_2", deadline=DAY).case_id, now=NOON + DAY)
        assert second_reviews.draw(now=NOON + DAY) == 0
        assert second_reviews.draw(now=NOON + 30 * DAY) == 0

    def test_one_in_twenty_is_drawn_as_shipped(self):
        """By the id, so nobody can steer it: of 400 ids about 20."""
        drawn = [number for number in range(400) if second_reviews._bucket(f"case_{number}") < 500]
        assert 10 <= len(drawn) <= 32
        assert drawn == [number for number in range(400) if second_reviews._bucket(f"case_{number}") < 500]

    def test_the_first_analyst_is_not_served_their_own_case_again(self, second):
        assert cases.claim_next(actor=ANN, now=NOON) is None
        with pytest.raises(cases.UnableToClaim, match="your own decision"):
            cases.claim(case_id=second.case_id, actor=ANN, as_lead=True, now=NOON)
        assert cases.claim_next(actor=BOB, now=NOON).pk == second.pk

    def test_agreement_moves_no_money_and_makes_no_label(self, second):
        before = Event.objects.count()
        decide(second, actor=BOB)
        assert Event.objects.count() == before
        assert SecondReview.objects.get().agrees is True
        (rate,) = agreement.rates(livemode=False, since=NOON - DAY, by="first_by")
        assert (rate.name, rate.reviewed, rate.agreement, rate.overturn) == (str(ANN), 1, "100 %", "0 %")

    def test_suspected_and_confirmed_agree_and_genuine_differs(self):
        set_parameter("fraud.second_review_share", 10_000)
        decide(opened(), CaseDecision.DECLINE, CaseOutcome.SUSPECTED_FRAUD)
        second_reviews.draw(now=NOON)
        case = ReviewCase.objects.get(cause=CaseCause.SECOND_REVIEW)
        decide(case, CaseDecision.DECLINE, CaseOutcome.CONFIRMED_FRAUD, actor=BOB)
        assert SecondReview.objects.get().agrees is True

    def test_a_difference_is_settled_once_by_a_third(self, second):
        decide(second, CaseDecision.DECLINE, CaseOutcome.SUSPECTED_FRAUD, actor=BOB)
        (difference,) = agreement.list_differences(livemode=False)
        for own in (ANN, BOB):
            with pytest.raises(second_reviews.UnableToSettle, match="your own"):
                settle(difference, own)
        settle(difference, LEAD)
        assert agreement.list_differences(livemode=False) == []
        (rate,) = agreement.rates(livemode=False, since=NOON - DAY, by="first__outcome")
        assert (rate.name, rate.agreement, rate.overturn) == ("GENUINE", "0 %", "100 %")
        with pytest.raises(second_reviews.UnableToSettle, match="settled"):
            settle(difference, LEAD)

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ({"second_by": str(ANN)}, "second_review_is_by_another"),
            ({"agrees": True}, "second_review_is_concluded_whole_or_not_at_all"),
            ({"first_by": "STAFF:9"}, "second_review_is_final"),
        ],
    )
    def test_the_database_refuses_a_second_review_that_is_none(self, second, change, name):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            SecondReview.objects.update(**change)
        assert refusal_name(refused.value) == name

    def test_the_other_cases_of_a_blind_reader_do_not_hold_the_first(self, second):
        assert queue.list_of_customer(case=second) == []
        decide(second, actor=BOB)
        assert [case.cause for case in queue.list_of_customer(case=ReviewCase.objects.get(pk=second.pk))] == ["OUTCOME"]


def settle(difference, actor):
    return second_reviews.settle(
        case_id=difference.first.case_id, outcome=CaseOutcome.SUSPECTED_FRAUD, reason="the card was stolen",
        actor=actor, now=NOON,
    )  # fmt: skip


class TestNeighboursAndProfiles:
    def test_who_shares_what_with_those_known_for_fraud_first(self, paid):
        paid(payment_id="pay_1", payer_id="cus_1", device_id="dev_1", ip_address="192.0.2.7", email_hash="e" * 64)
        for number in range(8):
            paid(payment_id=f"pay_d{number}", payer_id=f"cus_d{number}", device_id="dev_1", ago=(number + 1) * DAY)
        paid(payment_id="pay_e", payer_id="cus_e", email_hash="e" * 64, ago=DAY)
        fraud("pay_d7")
        seen = links.find_observation(opened("pay_1"))
        found = {link.kind: link for link in links.list_for(seen, as_of=NOON)}
        assert set(found) == {"Device", "IP address", "E-mail"}
        assert [other.party_id for other in found["Device"].customers][:2] == ["cus_d7", "cus_d0"]
        assert (len(found["Device"].customers), found["Device"].more) == (6, 2)
        assert [other.party_id for other in found["E-mail"].customers] == ["cus_e"]
        assert found["IP address"].customers == []

    def test_neighbours_cost_a_statement_for_each_thing(self, paid, django_assert_num_queries):
        paid(payment_id="pay_1", payer_id="cus_1", device_id="dev_1", ip_address="192.0.2.7")
        for number in range(30):
            paid(payment_id=f"pay_d{number}", payer_id=f"cus_d{number}", device_id="dev_1", ago=DAY)
        seen = links.find_observation(opened("pay_1"))
        with django_assert_num_queries(4):
            links.list_for(seen, as_of=NOON)

    def test_what_is_usual_comes_from_paid_payments(self, paid):
        """10, 20, 30, 40 and 50 dollars paid: half of them from 20 to 40."""
        for amount in (1_000, 2_000, 3_000, 4_000, 5_000):
            paid(amount_minor=amount, ago=DAY, device_id="dev_1", ip_address="192.0.2.7")
        paid(amount_minor=900_000, outcome="BLOCKED", device_id="dev_2")
        usual = profiles.read(party_id="cus_abc123def456", livemode=False, as_of=NOON)
        assert (usual.payments, usual.paid, usual.quartiles, usual.largest_minor) == (
            6,
            5,
            (2_000, 3_000, 4_000),
            5_000,
        )
        assert [(share.value, share.payments) for share in usual.devices] == [("dev_1", 5), ("dev_2", 1)]
        assert (usual.hours[12], usual.hours[11]) == (5, 1)
        seller = profiles.read(party_id="prov_xyz789ghi012", livemode=False, as_of=NOON)
        assert [(share.value, share.payments) for share in seller.counterparts] == [("cus_abc123def456", 6)]

    def test_a_reset_takes_reports_out_of_the_next_score_and_not_out_of_the_last(self, request_of):
        """A report adds 200 and asks for a review; cleared, the payment is the documented 125."""
        reports.report(
            transaction_id="txn_9", customer_id="cus_abc123def456", fraud_type="payment_fraud", details="",
            livemode=False, actor=SYSTEM, now=NOON - DAY,
        )  # fmt: skip
        before = assessments.evaluate(request_of(payment_id="pay_1"), now=NOON)
        risk_resets.reset(party_id="cus_abc123def456", livemode=False, reason="a mix-up", actor=LEAD, now=NOON)
        after = assessments.evaluate(request_of(payment_id="pay_2"), now=NOON)
        assert (before.outcome, "reported_customer_rule" in before.rule_matches) == ("REVIEW", True)
        assert (after.score, after.outcome) == (125, "APPROVE")
        reports.report(
            transaction_id="txn_10", customer_id="cus_abc123def456", fraud_type="payment_fraud", details="",
            livemode=False, actor=SYSTEM, now=NOON + DAY,
        )  # fmt: skip
        again = assessments.evaluate(request_of(payment_id="pay_3"), now=NOON + 2 * DAY)
        assert "reported_customer_rule" in again.rule_matches

    def test_a_reset_says_why(self):
        with pytest.raises(risk_resets.UnableToReset):
            risk_resets.reset(party_id="cus_1", livemode=False, reason=" ", actor=Actor("STAFF", "x"), now=NOON)
