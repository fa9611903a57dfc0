"""The queue: who is served what, who gives it up and when it comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import CaseBoost, CaseCause, CaseDecision, CaseLevel, CaseOutcome, CaseState, LabelSource
from fraud.models import CaseHit, Label, ReviewCase
from fraud.selectors import cases as queue
from fraud.services import assessments, case_notes, case_pace, case_worth, cases, labels, reviewers
from tests import plans
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_cases import ANN, BOB, in_threads, opened

LEAD = Actor("STAFF", "lead@holdfast.example")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def raised(cause=CaseCause.RULE, payment_id="pay_1", now=NOON, **changes):
    fields = {
        "payer_id": "cus_1", "payee_id": "prov_1", "livemode": False, "amount_minor": 100_000, "currency": "USD",
        "score": 600, "why": "A rule asks", "assessment_row_id": None, "opened_by": SYSTEM,
    }  # fmt: skip
    return cases.raise_for(cause=cause, payment_id=payment_id, now=now, **(fields | changes))


def set_parameter(name, value):
    since = NOON - HOUR
    parameters.change(name=name, value=value, effective_from=since, reason="test", actor=SYSTEM, now=since)


@pytest.mark.django_db
class TestCausesAndHits:
    def test_payments_of_one_customer_are_hits_on_the_case_that_waits(self):
        """1,000.00 at 15 % is 150.00; with 500.00 more and the higher score 1,500.00 at 70 %: 1,050.00."""
        first = raised()
        assert first.expected_loss_minor == 15_000
        second = raised(payment_id="pay_2", amount_minor=50_000, score=850, why="Another rule asks", now=NOON + HOUR)
        assert (second.pk, second.hits, second.score, second.expected_loss_minor) == (first.pk, 2, 850, 105_000)
        assert second.last_hit_at == NOON + HOUR
        assert second.due_at == first.due_at == NOON + 7 * DAY
        assert second.priority > first.priority
        assert [hit.why for hit in queue.list_hits(second)] == ["Another rule asks"]

    def test_a_score_only_rises(self):
        raised(score=850)
        assert raised(payment_id="pay_2", score=310).score == 850

    def test_the_same_payment_told_twice_is_one_hit(self):
        raised()
        assert raised().hits == 1
        assert raised(payment_id="pay_2").hits == raised(payment_id="pay_2").hits == 2

    def test_what_one_assessment_found_is_found_once_even_after_the_decision(self, request_of):
        row = assessments.evaluate(request_of(payment_id="pay_1"), now=NOON).row_id
        case = raised(assessment_row_id=row)
        cases.decide(
            case_id=case.case_id, decision=CaseDecision.DECLINE, outcome=CaseOutcome.UNDETERMINED, reason="no",
            actor=ANN, now=NOON,
        )  # fmt: skip
        assert raised(assessment_row_id=row).pk == case.pk
        assert raised(payment_id="pay_9").pk != case.pk

    def test_causes_have_cases_of_their_own_and_a_hold_has_its(self):
        held = opened("pay_1")
        by_rule, by_person = raised(), raised(CaseCause.PERSON, why="Ann wonders")
        assert len({held.pk, by_rule.pk, by_person.pk}) == 3
        assert (by_person.subject, by_rule.subject) == ("payment:pay_1", "party:cus_1")
        assert raised(CaseCause.PERSON, why="Ben wonders too").hits == 2
        with pytest.raises(ValueError, match="payments open"):
            raised(CaseCause.OUTCOME)

    def test_without_a_hold_nothing_is_captured_or_voided_and_the_answer_is_a_label(self, paid):
        paid(payment_id="pay_1")
        case = raised(CaseCause.PERSON)
        assert (case.capture_deadline, case.next_action_at) == (None, None)
        assert cases.decline_overdue(case_id=case.case_id, now=NOON + 30 * DAY) is None
        cases.decide(
            case_id=case.case_id, decision=CaseDecision.DECLINE, outcome=CaseOutcome.CONFIRMED_FRAUD,
            reason="called", actor=ANN, now=NOON + 30 * DAY,
        )  # fmt: skip
        assert not Event.objects.filter(name="fraud.case_decided").exists()
        assert Event.objects.get(name="fraud.case_concluded").payload["outcome"] == "CONFIRMED_FRAUD"

    def test_the_database_keeps_one_waiting_case_per_subject_and_cause(self):
        case = raised()
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            ReviewCase.objects.create(
                case_id="case_2", livemode=False, cause=CaseCause.RULE, subject=case.subject, payer_id="cus_1",
                amount_minor=1, currency="USD", why="x", opened_at=NOON, due_at=NOON,
            )  # fmt: skip
        assert refusal_name(refused.value) == "one_case_waits_per_subject_and_cause"


@pytest.mark.django_db
class TestRules:
    @pytest.fixture
    def colluding(self, request_of, paid):
        """Round amounts to one seller again and again, over weeks."""
        paid(ago=timedelta(days=10), times=20)
        return request_of(amount_minor=100_000, payment_id="pay_1")

    def test_a_rule_that_asks_for_a_person_has_its_case_though_nothing_is_held(self, colluding):
        answer = assessments.evaluate(replace(colluding, billing_country="KP"), now=NOON)
        assert answer.outcome == "INVESTIGATE"
        work.drain(now=NOON)
        case = ReviewCase.objects.get()
        assert (case.cause, case.payment_id, case.is_held) == (CaseCause.RULE, "pay_1", False)
        assert case.why == "The customer pays one seller again and again over weeks, in round amounts"

    def test_a_held_payment_has_the_case_of_its_hold_and_no_other(self, colluding):
        answer = assessments.evaluate(colluding, now=NOON)
        assert (answer.outcome, "seller_collusion_rule" in answer.rule_matches) == ("REVIEW", True)
        work.drain(now=NOON)
        assert not ReviewCase.objects.exists()


@pytest.mark.django_db
class TestClaims:
    def test_nobody_holds_more_than_one_may(self):
        set_parameter("fraud.claims_per_person", 2)
        for number in range(3):
            opened(f"pay_{number}")
        first = cases.claim_next(actor=ANN, now=NOON)
        cases.claim_next(actor=ANN, now=NOON)
        with pytest.raises(cases.UnableToClaim, match="2 cases"):
            cases.claim_next(actor=ANN, now=NOON)
        assert cases.claim(case_id=first.case_id, actor=ANN, now=NOON).pk == first.pk
        other = ReviewCase.objects.get(claimed_by="")
        with pytest.raises(cases.UnableToClaim, match="2 cases"):
            cases.claim(case_id=other.case_id, actor=ANN, now=NOON)
        assert cases.claim_next(actor=ANN, now=NOON + HOUR).pk, "lapsed claims leave room"

    def test_all_is_given_back_in_one_go_and_only_ones_own(self):
        mine, other = opened("pay_1"), opened("pay_2")
        cases.claim(case_id=mine.case_id, actor=ANN, now=NOON)
        cases.claim(case_id=other.case_id, actor=BOB, now=NOON)
        assert cases.release_all(actor=ANN, livemode=False, now=NOON) == 1
        assert set(ReviewCase.objects.values_list("claimed_by", flat=True)) == {"", "STAFF:2"}

    def test_a_case_that_needs_a_skill_goes_to_who_has_it(self):
        """1,200.00 needs nothing; 6,000.00 is a high value."""
        opened("pay_small", deadline=timedelta(days=9))
        big = cases.open(
            case=replace(_new(), payment_id="pay_big", amount_minor=600_000), assessment_row_id=None, now=NOON
        )
        assert big.skills == ["HIGH_VALUE"]
        assert cases.claim_next(actor=BOB, now=NOON).pk == big.pk, "nobody has the skill: it restricts nothing"
        cases.release(case_id=big.case_id, actor=BOB, now=NOON)
        reviewers.set_skills(person=ANN, skills=["HIGH_VALUE"], actor=LEAD, now=NOON)
        assert cases.claim_next(actor=BOB, now=NOON).payment_id == "pay_small"
        assert cases.claim_next(actor=BOB, now=NOON) is None
        assert cases.claim_next(actor=ANN, now=NOON).pk == big.pk

    def test_skills_are_derived_from_rules(self, request_of, paid):
        paid(ago=HOUR, times=5, outcome="DECLINED")
        row = assessments.evaluate(request_of(amount_minor=100_000), now=NOON)
        needed = cases.open(case=_new(), assessment_row_id=row.row_id, now=NOON).skills
        assert ("CARD_TESTING" in needed, "HIGH_VALUE" in needed) == (True, False)

    def test_skills_are_set_whole_and_recorded_once(self):
        assert reviewers.set_skills(person=ANN, skills=["SELLER", "HIGH_VALUE"], actor=LEAD, now=NOON)
        reviewers.set_skills(person=ANN, skills=["HIGH_VALUE", "SELLER"], actor=LEAD, now=NOON)
        assert reviewers.set_skills(person=ANN, skills=["SELLER"], actor=LEAD, now=NOON) == ["SELLER"]
        assert AuditEntry.objects.filter(action="fraud.reviewer.skills_set").count() == 2
        with pytest.raises(reviewers.UnknownSkill):
            reviewers.set_skills(person=ANN, skills=["JUGGLING"], actor=LEAD, now=NOON)

    def test_who_looks_is_seen_by_others_for_a_while(self):
        case = opened()
        for person in (ANN, BOB):
            case_notes.look(case=case, actor=person, now=NOON)
        assert [viewer.person for viewer in queue.list_viewers(case, but=ANN, now=NOON)] == ["STAFF:2"]
        assert queue.list_viewers(case, but=ANN, now=NOON + HOUR) == []
        case_notes.look(case=case, actor=BOB, now=NOON + HOUR)
        assert len(queue.list_viewers(case, but=ANN, now=NOON + HOUR)) == 1
        assert queue.list_viewers(case, but=ANN, now=NOON + 2 * HOUR) == []


@pytest.mark.django_db
class TestPace:
    def test_a_snoozed_case_is_served_to_nobody_and_returns_to_the_top_marked(self):
        case, other = opened("pay_1", score=850), opened("pay_2")
        cases.claim(case_id=case.case_id, actor=ANN, now=NOON)
        case_pace.snooze(case_id=case.case_id, until=NOON + HOUR, reason="calls back", actor=ANN, now=NOON)
        assert cases.claim_next(actor=BOB, now=NOON).pk == other.pk
        assert cases.claim_next(actor=BOB, now=NOON) is None
        work.drain(now=NOON + HOUR)
        case = ReviewCase.objects.get(pk=case.pk)
        assert (case.snoozed_until, case.boost, case.rank) == (None, CaseBoost.RETURNED, 1)
        assert cases.claim_next(actor=BOB, now=NOON + HOUR).pk == case.pk

    def test_a_returned_case_stands_before_a_greater_loss(self):
        greater, less = opened("pay_1", score=850), opened("pay_2", score=310)
        case_pace.snooze(case_id=less.case_id, until=NOON + HOUR, reason="later", actor=ANN, now=NOON)
        work.drain(now=NOON + HOUR)
        assert [row.pk for row in queue.all_waiting(livemode=False).order_by("-rank", "-priority")] == [
            less.pk,
            greater.pk,
        ]

    @pytest.mark.parametrize(
        ("until", "reason", "says"),
        [
            (NOON, "later", "at most"),
            (NOON + 8 * DAY, "later", "at most"),
            (NOON + 2 * DAY, "later", "declined itself"),
            (NOON + HOUR, " ", "why"),
        ],
    )
    def test_a_snooze_that_would_lose_the_case_is_refused(self, until, reason, says):
        case = opened(deadline=timedelta(days=2))
        with pytest.raises(case_pace.UnableToMove, match=says):
            case_pace.snooze(case_id=case.case_id, until=until, reason=reason, actor=ANN, now=NOON)

    def test_a_case_put_off_twice_returns_at_the_second_time(self):
        case = opened()
        case_pace.snooze(case_id=case.case_id, until=NOON + HOUR, reason="later", actor=ANN, now=NOON)
        case_pace.snooze(case_id=case.case_id, until=NOON + 3 * HOUR, reason="later", actor=ANN, now=NOON)
        assert case_pace.wake(case_id=case.case_id, now=NOON + HOUR) is None
        assert case_pace.wake(case_id=case.case_id, now=NOON + 3 * HOUR).boost == CaseBoost.RETURNED

    def test_a_sleeping_case_still_declines_itself(self):
        case = opened(deadline=DAY)
        case_pace.snooze(case_id=case.case_id, until=NOON + HOUR, reason="later", actor=ANN, now=NOON)
        assert cases.decline_overdue(case_id=case.case_id, now=NOON + DAY).decision == CaseDecision.DECLINE

    def test_who_escalates_loses_the_case_for_good(self):
        case = opened()
        cases.claim(case_id=case.case_id, actor=ANN, now=NOON)
        case = case_pace.escalate(case_id=case.case_id, reason="too big for me", actor=ANN, now=NOON)
        assert (case.level, case.state, case.boost) == (CaseLevel.LEAD, CaseState.OPEN, CaseBoost.ESCALATED)
        assert cases.claim_next(actor=ANN, now=NOON) is None
        assert cases.claim_next(actor=BOB, now=NOON) is None
        with pytest.raises(cases.UnableToClaim, match="gave this case up"):
            cases.claim(case_id=case.case_id, actor=ANN, as_lead=True, now=NOON)
        with pytest.raises(cases.UnableToDecide, match="escalated"):
            _decline(case, BOB)
        assert cases.claim_next(actor=LEAD, as_lead=True, now=NOON).pk == case.pk
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            ReviewCase.objects.filter(pk=case.pk).update(claimed_by=str(ANN))
        assert refusal_name(refused.value) == "case_is_not_held_by_who_may_not"

    def test_a_lead_gives_a_case_to_one_person_out_of_anothers_hands(self):
        case, greater = opened("pay_1", score=310), opened("pay_2", score=850)
        cases.claim(case_id=case.case_id, actor=ANN, now=NOON)
        case_pace.assign(case_id=case.case_id, to=BOB, reason="knows the seller", actor=LEAD, now=NOON)
        assert cases.claim_next(actor=ANN, now=NOON).pk == greater.pk
        with pytest.raises(cases.UnableToClaim, match="assigned"):
            cases.claim(case_id=case.case_id, actor=ANN, now=NOON)
        assert cases.claim_next(actor=BOB, now=NOON).pk == case.pk

    def test_an_escalated_case_is_not_given_back_to_who_gave_it_up(self):
        case = case_pace.escalate(case_id=opened().case_id, reason="too big", actor=ANN, now=NOON)
        with pytest.raises(case_pace.UnableToMove, match="not for this person"):
            case_pace.assign(case_id=case.case_id, to=ANN, reason="back", actor=LEAD, now=NOON)

    def test_another_does_not_move_what_somebody_holds_and_nobody_moves_what_is_decided(self):
        case = opened()
        cases.claim(case_id=case.case_id, actor=ANN, now=NOON)
        with pytest.raises(case_pace.UnableToMove, match="another analyst"):
            case_pace.escalate(case_id=case.case_id, reason="mine", actor=BOB, now=NOON)
        _decline(case, ANN)
        with pytest.raises(case_pace.UnableToMove, match="decided"):
            case_pace.raise_up(case_id=case.case_id, reason="first", actor=LEAD, now=NOON)

    def test_every_move_is_in_the_record(self):
        case = opened()
        case_pace.raise_up(case_id=case.case_id, reason="the bank called", actor=LEAD, now=NOON)
        case_pace.snooze(case_id=case.case_id, until=NOON + HOUR, reason="waits", actor=ANN, now=NOON)
        case_pace.wake(case_id=case.case_id, now=NOON + HOUR)
        case_pace.assign(case_id=case.case_id, to=BOB, reason="knows", actor=LEAD, now=NOON + HOUR)
        case_pace.escalate(case_id=case.case_id, reason="too big", actor=BOB, now=NOON + HOUR)
        actions = AuditEntry.objects.filter(subject=case.case_id).values_list("action", flat=True)
        assert {action.rpartition(".")[2] for action in actions} == {
            "opened", "raised", "snoozed", "returned", "assigned", "escalated",
        }  # fmt: skip


@pytest.mark.django_db
class TestNotesAndOrder:
    def test_notes_stay(self):
        case = opened()
        note = case_notes.add(case_id=case.case_id, text=" The number is a mobile ", actor=ANN, now=NOON)
        assert [kept.text for kept in queue.list_notes(case)] == ["The number is a mobile"]
        with pytest.raises(DatabaseError), transaction.atomic():
            type(note).objects.filter(pk=note.pk).update(text="other")
        with pytest.raises(case_notes.InvalidNote):
            case_notes.add(case_id=case.case_id, text=" ", actor=ANN, now=NOON)
        with pytest.raises(cases.CaseNotFound):
            case_notes.add(case_id="case_none", text="x", actor=ANN, now=NOON)

    def test_a_new_half_life_moves_the_queue(self):
        """180.00 in six days against 36.00 in five: greater loss first at a week's half-life, the nearer at an hour."""
        late, near = opened("pay_1", deadline=6 * DAY, score=600), opened("pay_2", deadline=5 * DAY, score=310)
        assert _order() == [late.pk, near.pk]
        set_parameter("fraud.queue_half_life_hours", 1)
        assert case_worth.reprice(now=NOON) == 2
        assert _order() == [near.pk, late.pk]
        assert case_worth.reprice(now=NOON) == 0

    def test_further_hits_keep_their_loss_when_the_queue_is_priced_again(self):
        raised()
        case = raised(payment_id="pay_2", amount_minor=50_000, score=850)
        case_worth.reprice(now=NOON)
        assert ReviewCase.objects.get(pk=case.pk).expected_loss_minor == 105_000

    def test_enough_labels_replace_the_shipped_probability(self, request_of, paid):
        """Twenty payments of the lowest band, five of them fraud: 25 % instead of 0.3 %."""
        set_parameter("fraud.loss_minimum_labels", 20)
        for number in range(20):
            payment_id = f"pay_l{number}"
            paid(payment_id=payment_id, payer_id=f"cus_{number}", ago=2 * DAY)
            assert assessments.evaluate(
                request_of(payment_id=payment_id, payer_id=f"cus_{number}"), now=NOON - 2 * DAY
            ).score in range(101, 301)
            labels.record(
                livemode=False, payment_id=payment_id, is_fraud=number < 5, strength=100, source=LabelSource.REPORT,
                reference=f"r{number}", known_at=NOON - DAY, actor=SYSTEM, now=NOON,
            )  # fmt: skip
        case = opened(score=250)
        assert case.expected_loss_minor == 360
        case_worth.reprice(now=NOON)
        assert ReviewCase.objects.get(pk=case.pk).expected_loss_minor == 30_000
        assert Label.objects.count() == 20


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_eight_analysts_work_through_two_hundred_cases_and_each_is_served_once(self):
        for number in range(200):
            opened(f"pay_{number}", score=300 + number)

        def work_through(index):
            served = []
            while case := cases.claim_next(actor=Actor("STAFF", f"analyst{index}"), now=NOON):
                served.append(case.payment_id)
                _decline(case, Actor("STAFF", f"analyst{index}"))
            return served

        served = in_threads(8, work_through)
        everything = [payment_id for each in served for payment_id in each]
        assert len(everything) == 200
        assert set(everything) == {f"pay_{number}" for number in range(200)}
        assert AuditEntry.objects.filter(action="fraud.case.claimed").count() == 200
        assert Event.objects.filter(name="fraud.case_decided").count() == 200

    def test_one_person_in_four_windows_holds_no_more_than_one_may(self):
        set_parameter("fraud.claims_per_person", 3)
        for number in range(20):
            opened(f"pay_{number}")
        in_threads(8, lambda _: cases.claim_next(actor=ANN, now=NOON))
        assert ReviewCase.objects.filter(claimed_by=str(ANN)).count() == 3

    def test_hits_told_at_once_are_one_case_with_all_of_them(self):
        results = in_threads(6, lambda index: raised(payment_id=f"pay_{index}"))
        assert len({case.pk for case in results}) == 1
        assert ReviewCase.objects.get().hits == 6
        assert CaseHit.objects.count() == 5


def _new():
    return cases.NewCase(
        payment_id="pay_n", transaction_id="txn_1", livemode=False, payer_id="cus_1", payee_id="prov_1",
        amount_minor=120_000, currency="USD", score=450, why="The amount is high",
        capture_deadline=NOON + timedelta(days=7),
    )  # fmt: skip


def _decline(case, actor):
    return cases.decide(
        case_id=case.case_id, decision=CaseDecision.DECLINE, outcome=CaseOutcome.SUSPECTED_FRAUD, reason="looks wrong",
        actor=actor, now=NOON,
    )  # fmt: skip


def _order():
    return list(queue.all_waiting(livemode=False).order_by("-rank", "-priority", "-id").values_list("pk", flat=True))


@pytest.mark.django_db
def test_the_page_and_the_next_case_are_read_by_the_index_of_the_queue():
    def page():
        list(queue.all_waiting(livemode=False).order_by("-rank", "-priority", "-id")[:51])

    def next_case():
        cases.claim_next(actor=ANN, livemode=False, now=NOON)

    for act in (page, next_case):
        ordered = [text for text in plans.statements(act, "fraud_reviewcase") if "ORDER BY" in text]
        assert [node["Index Name"] for node in plans.nodes(ordered[0]) if "Index Name" in node] == ["case_queue"]
