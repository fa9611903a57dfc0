"""Review cases: one claim, one decision, and a safe end when nobody comes."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from core.work import services as work
from fraud.enums import CaseDecision, CaseOutcome, CaseState
from fraud.models import ReviewCase
from fraud.services import assessments, cases
from tests.integration.fraud.conftest import NOON

ANN, BOB = Actor("STAFF", "1"), Actor("STAFF", "2")
SEVEN_DAYS = timedelta(days=7)


NEW = cases.NewCase(
    payment_id="pay_1",
    transaction_id="txn_1",
    livemode=False,
    payer_id="cus_1",
    payee_id="prov_1",
    amount_minor=120_000,
    currency="USD",
    score=450,
    why="The amount is high",
    capture_deadline=NOON + SEVEN_DAYS,
)


def opened(payment_id="pay_1", *, deadline=SEVEN_DAYS, score=450, now=NOON):
    case = replace(NEW, payment_id=payment_id, score=score, capture_deadline=NOON + deadline)
    return cases.open(case=case, assessment_row_id=None, now=now)


def decide(case, actor=ANN, decision=CaseDecision.APPROVE, outcome=CaseOutcome.GENUINE, reason="called", now=NOON):
    return cases.decide(case_id=case.case_id, decision=decision, outcome=outcome, reason=reason, actor=actor, now=now)


@pytest.mark.django_db
class TestOneCase:
    def test_opening_twice_is_one_case_with_its_end_known(self):
        first, second = opened(), opened()
        assert first.case_id == second.case_id
        assert first.next_action_at == NOON + SEVEN_DAYS - timedelta(minutes=60)
        assert AuditEntry.objects.filter(action="fraud.case.opened").count() == 1

    def test_why_is_said_in_the_words_of_the_rules_strongest_first(self, request_of, paid):
        paid(ago=timedelta(minutes=5), times=10)
        answer = assessments.evaluate(request_of(amount_minor=100_000), now=NOON)
        case = replace(NEW, why="rule_high_value_rule, rule_high_velocity_rule")
        kept = cases.open(case=case, assessment_row_id=answer.row_id, now=NOON)
        assert kept.why.split("; ")[0] == "The customer pays too often within an hour"
        assert "The amount is high" in kept.why

    def test_an_approval_is_told_to_payments_once(self):
        case = decide(opened())
        assert (case.state, case.decision, case.outcome, case.decided_by) == (
            CaseState.DECIDED,
            CaseDecision.APPROVE,
            CaseOutcome.GENUINE,
            "STAFF:1",
        )
        event = Event.objects.get(name="fraud.case_decided")
        assert (event.payload["decision"], event.payload["payment_id"]) == ("APPROVE", "pay_1")
        assert event.payload["automatic"] is False
        with pytest.raises(cases.UnableToDecide, match="already"):
            decide(case, BOB, CaseDecision.DECLINE)

    def test_a_decision_needs_a_reason_and_agrees_with_its_outcome(self):
        case = opened()
        with pytest.raises(cases.UnableToDecide, match="reason"):
            decide(case, reason="  ")
        with pytest.raises(cases.UnableToDecide, match="never approved"):
            decide(case, outcome=CaseOutcome.CONFIRMED_FRAUD)
        assert ReviewCase.objects.get().state == CaseState.OPEN

    def test_only_the_holder_decides_until_the_claim_lapses(self):
        case = cases.claim(case_id=opened().case_id, actor=ANN, now=NOON)
        with pytest.raises(cases.UnableToDecide, match="another"):
            decide(case, BOB, now=NOON + timedelta(minutes=59))
        with pytest.raises(cases.UnableToClaim, match="another"):
            cases.claim(case_id=case.case_id, actor=BOB, now=NOON + timedelta(minutes=59))
        assert decide(case, BOB, now=NOON + timedelta(minutes=60)).decided_by == "STAFF:2"

    def test_a_holder_renews_or_gives_back(self):
        case = cases.claim(case_id=opened().case_id, actor=ANN, now=NOON)
        later = NOON + timedelta(minutes=50)
        assert cases.claim(case_id=case.case_id, actor=ANN, now=later).claimed_at == later
        with pytest.raises(cases.UnableToClaim):
            cases.release(case_id=case.case_id, actor=BOB, now=later)
        assert cases.release(case_id=case.case_id, actor=ANN, now=later).state == CaseState.OPEN

    def test_a_case_that_is_not_there(self):
        with pytest.raises(cases.CaseNotFound):
            cases.claim(case_id="case_none", actor=ANN, now=NOON)

    def test_next_is_the_greatest_loss_halved_for_every_day_it_has_left(self):
        """1,200.00 at 15 % is 180.00, at 3 % 36.00. A day later counts half: 180, 90, 36, 5.63."""
        opened("pay_much_later", deadline=timedelta(days=10), score=600)
        low = opened("pay_low", deadline=timedelta(days=5), score=310)
        late = opened("pay_late", deadline=timedelta(days=6), score=690)
        high = opened("pay_high", deadline=timedelta(days=5), score=600)
        assert [case.expected_loss_minor for case in (high, low)] == [18_000, 3_600]
        taken = [cases.claim_next(actor=ANN, now=NOON).payment_id for _ in range(4)]
        assert taken == [high.payment_id, late.payment_id, low.payment_id, "pay_much_later"]
        assert cases.claim_next(actor=ANN, now=NOON) is None


@pytest.mark.django_db
class TestNobodyDecides:
    def test_the_case_declines_itself_before_the_authorisation_lapses(self):
        case = opened()
        cases.claim(case_id=case.case_id, actor=ANN, now=NOON)
        work.drain(now=case.next_action_at - timedelta(seconds=1))
        assert ReviewCase.objects.get().state == CaseState.CLAIMED
        work.drain(now=case.next_action_at)
        case = ReviewCase.objects.get()
        assert (case.decision, case.decided_by) == (CaseDecision.DECLINE, "SYSTEM:holdfast")
        assert Event.objects.get(name="fraud.case_decided").payload["automatic"] is True

    def test_a_person_who_is_too_late_is_refused(self):
        case = opened()
        with pytest.raises(cases.UnableToDecide, match="over"):
            decide(case, now=case.next_action_at)

    def test_a_person_who_was_faster_is_left_alone(self):
        case = decide(opened())
        work.drain(now=case.next_action_at)
        assert ReviewCase.objects.get().decision == CaseDecision.APPROVE
        assert Event.objects.filter(name="fraud.case_decided").count() == 1


@pytest.mark.django_db
class TestTheDatabaseRefuses:
    @pytest.mark.parametrize("change", ["decision = 'DECLINE'", "state = 'OPEN'", "decided_by = 'STAFF:9'"])
    def test_a_decided_case_to_be_changed(self, change):
        decide(opened())
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE fraud_reviewcase SET {change}")
        assert refusal_name(refused.value) == "decided_case_is_final"

    def test_half_a_decision(self):
        opened()
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            ReviewCase.objects.update(state=CaseState.DECIDED, decision=CaseDecision.APPROVE, decided_at=NOON)
        assert refusal_name(refused.value) == "case_is_decided_whole_or_not_at_all"


def in_threads(number, act):
    """All start at once; what each returned or raised, in no order."""
    gate, results = threading.Barrier(number), []

    def run(index):
        try:
            gate.wait()
            results.append(act(index))
        except Exception as error:  # noqa: BLE001
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
class TestManyAnalysts:
    def test_twenty_take_the_next_case_and_no_two_get_the_same(self):
        for number in range(20):
            opened(f"pay_{number}")
        taken = in_threads(20, lambda index: cases.claim_next(actor=Actor("STAFF", str(index)), now=NOON))
        assert len({case.case_id for case in taken}) == 20
        assert ReviewCase.objects.values("claimed_by").distinct().count() == 20

    def test_two_decide_at_once_and_one_decision_stands(self):
        case = opened()
        decisions = [CaseDecision.APPROVE, CaseDecision.DECLINE]
        results = in_threads(2, lambda index: decide(case, [ANN, BOB][index], decisions[index]))
        refused = [result for result in results if isinstance(result, cases.UnableToDecide)]
        assert len(refused) == 1
        assert Event.objects.filter(name="fraud.case_decided").count() == 1
        winner = next(result for result in results if isinstance(result, ReviewCase))
        assert ReviewCase.objects.get().decided_by == winner.decided_by
