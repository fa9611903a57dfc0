"""What a payment was: who said so, how sure they are, and since when it is known."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.parameters import services as parameters
from core.work.models import State
from fraud.enums import AttemptOutcome, CaseDecision, CaseOutcome, LabelSource
from fraud.models import Label
from fraud.selectors import labels as known
from fraud.services import cases, labels, reports
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_cases import ANN, decide, opened

BANK = Actor("SYSTEM", "ach")
DAY = timedelta(days=1)


def label(payment_id="pay_1", *, is_fraud=True, strength=100, source=LabelSource.CHARGEBACK, **changes):
    said = {"reference": "dp_1", "known_at": NOON, "actor": SYSTEM, "now": NOON, "livemode": False}
    return labels.record(payment_id=payment_id, is_fraud=is_fraud, strength=strength, source=source, **said | changes)


def counts(payment_id="pay_1", as_of=NOON):
    """Fraud, genuine, or None where nobody knows."""
    found = known.known([payment_id], as_of=as_of).get(payment_id)
    return None if found is None else "fraud" if found.is_fraud else "genuine"


@pytest.mark.django_db
class TestOneLabel:
    def test_it_carries_the_facts_of_its_payment_and_is_told_once(self, paid):
        paid(payment_id="pay_1", ago=3 * DAY, amount_minor=12_345, payer_id="cus_1", payee_id="prov_1")
        first, second = label(), label()
        assert first.label_id == second.label_id
        assert (first.payer_id, first.payee_id, first.amount_minor, first.event_at) == (
            "cus_1",
            "prov_1",
            12_345,
            NOON - 3 * DAY,
        )
        (event,) = Event.objects.filter(name="fraud.payment_labelled")
        assert (event.payload["payment_id"], event.payload["is_fraud"]) == ("pay_1", True)
        assert AuditEntry.objects.filter(action="fraud.payment.labelled", subject="pay_1").count() == 1

    def test_nothing_is_known_about_a_payment_nobody_attempted_or_attempted_in_the_other_mode(self, paid):
        paid(payment_id="pay_1")
        with pytest.raises(labels.PaymentNotObserved):
            label("pay_2")
        with pytest.raises(labels.PaymentNotObserved):
            label(livemode=True)

    def test_it_is_known_after_the_payment_and_not_in_the_future(self, paid):
        paid(payment_id="pay_1", ago=DAY)
        with pytest.raises(labels.UnableToLabel):
            label(known_at=NOON - DAY - timedelta(seconds=1))
        with pytest.raises(labels.UnableToLabel):
            label(known_at=NOON + timedelta(seconds=1))
        assert label(known_at=NOON - DAY).known_at == NOON - DAY

    def test_it_stays_as_it_was_said(self, paid):
        paid(payment_id="pay_1")
        label()
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Label.objects.update(is_fraud=False)
        assert refusal_name(refused.value) == "fraud_label_is_append_only"


@pytest.mark.django_db
class TestWhichLabelCounts:
    def test_the_strongest_counts_and_among_equals_the_newest(self, paid):
        paid(payment_id="pay_1", ago=10 * DAY)
        label(is_fraud=False, strength=10, source=LabelSource.SILENCE, reference="", known_at=NOON - 3 * DAY)
        assert counts() == "genuine"
        label(is_fraud=True, strength=60, source=LabelSource.DECISION, reference="case_1", known_at=NOON - 2 * DAY)
        assert counts() == "fraud"
        label(is_fraud=False, strength=60, source=LabelSource.DECISION, reference="case_2", known_at=NOON - DAY)
        assert counts() == "genuine"
        label(is_fraud=True, strength=100)
        assert counts() == "fraud"

    def test_looking_back_sees_only_what_was_known_then(self, paid):
        paid(payment_id="pay_1", ago=10 * DAY)
        label(is_fraud=False, strength=10, source=LabelSource.SILENCE, reference="", known_at=NOON - 3 * DAY)
        label(is_fraud=True, known_at=NOON - DAY)
        assert [counts(as_of=NOON - back * DAY) for back in (4, 3, 2, 1, 0)] == [
            None,
            "genuine",
            "genuine",
            "fraud",
            "fraud",
        ]

    def test_many_payments_are_one_read(self, paid, django_assert_num_queries):
        for number in range(20):
            paid(payment_id=f"pay_{number}")
            label(f"pay_{number}")
        with django_assert_num_queries(1):
            assert len(known.known([f"pay_{number}" for number in range(30)], as_of=NOON)) == 20


def tell(transaction_id="txn_1", *, fraud_type="payment_fraud", now=NOON):
    return reports.report(
        transaction_id=transaction_id, customer_id="cus_1", fraud_type=fraud_type, details="", livemode=False,
        actor=SYSTEM, now=now,
    )  # fmt: skip


@pytest.mark.django_db
class TestReports:
    def test_a_report_names_a_transaction_and_labels_its_payment(self, paid):
        paid(payment_id="pay_1", transaction_id="txn_1", ago=2 * DAY)
        told = tell()
        outbox.drain(now=NOON + timedelta(seconds=3))
        kept = Label.objects.get()
        assert (kept.payment_id, kept.is_fraud, kept.strength, kept.source, kept.reference, kept.known_at) == (
            "pay_1",
            True,
            100,
            "REPORT",
            told.report_id,
            NOON,
        )

    def test_a_report_that_came_first_waits_and_its_label_is_known_when_the_payment_is(self, paid):
        tell(now=NOON - DAY)
        outbox.drain(now=NOON - DAY)
        assert labels.take_waiting_reports(now=NOON - DAY) == 0
        paid(payment_id="pay_1", transaction_id="txn_1", ago=timedelta(hours=1))
        assert labels.take_waiting_reports(now=NOON) == 1
        assert Label.objects.get().known_at == NOON
        assert labels.take_waiting_reports(now=NOON) == 0

    def test_two_kinds_of_report_are_two_labels_of_one_payment(self, paid):
        paid(payment_id="pay_1", transaction_id="txn_1")
        tell()
        tell(fraud_type="account_takeover")
        outbox.drain(now=NOON)
        assert Label.objects.count() == 2

    def test_a_report_is_not_waited_for_without_end(self, paid):
        tell(now=NOON - 91 * DAY)
        paid(payment_id="pay_1", transaction_id="txn_1")
        assert labels.take_waiting_reports(now=NOON) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("decision", "outcome", "is_fraud", "strength"),
    [
        (CaseDecision.DECLINE, CaseOutcome.CONFIRMED_FRAUD, True, 100),
        (CaseDecision.DECLINE, CaseOutcome.SUSPECTED_FRAUD, True, 60),
        (CaseDecision.APPROVE, CaseOutcome.GENUINE, False, 80),
    ],
)
def test_what_a_review_found_is_a_label_as_strong_as_it_is_sure(paid, decision, outcome, is_fraud, strength):
    paid(payment_id="pay_1")
    case = decide(opened(), decision=decision, outcome=outcome)
    outbox.drain(now=NOON)
    kept = Label.objects.get()
    assert (kept.is_fraud, kept.strength, kept.source, kept.reference) == (
        is_fraud,
        strength,
        "DECISION",
        case.case_id,
    )


@pytest.mark.django_db
def test_what_could_not_be_determined_labels_nothing(paid):
    paid(payment_id="pay_1")
    decide(opened(), ANN, CaseDecision.DECLINE, CaseOutcome.UNDETERMINED)
    outbox.drain(now=NOON)
    assert not Label.objects.exists()
    assert Delivery.objects.get(handler="fraud.handlers.on_case_decided").state == State.DONE


@pytest.mark.django_db
def test_disputes_and_unauthorised_returns_are_fraud_for_certain(paid):
    paid(payment_id="pay_1", ago=40 * DAY)
    paid(payment_id="pay_2", ago=40 * DAY, payment_method="ach")
    said = {"livemode": False, "known_at": NOON, "now": NOON}
    disputed = labels.take_chargeback(payment_id="pay_1", reference="dp_1", actor=SYSTEM, **said)
    assert labels.take_ach_return(payment_id="pay_2", code="R01", reference="item_0", actor=BANK, **said) is None
    returned = labels.take_ach_return(payment_id="pay_2", code="R10", reference="item_1", actor=BANK, **said)
    assert (disputed.source, disputed.strength, disputed.is_fraud) == ("CHARGEBACK", 100, True)
    assert (returned.source, returned.strength, returned.recorded_by) == ("ACH_RETURN", 100, "SYSTEM:ach")


@pytest.mark.django_db
class TestSilence:
    def test_after_seven_days_what_went_through_in_silence_is_weakly_genuine(self, paid):
        paid(payment_id="pay_old", ago=7 * DAY)
        paid(payment_id="pay_young", ago=7 * DAY - timedelta(seconds=1))
        assert labels.take_silence(now=NOON) == 1
        kept = Label.objects.get()
        assert (kept.payment_id, kept.is_fraud, kept.strength, kept.source) == ("pay_old", False, 10, "SILENCE")
        assert labels.take_silence(now=NOON) == 0

    def test_a_complaint_that_comes_later_is_stronger(self, paid):
        paid(payment_id="pay_1", ago=8 * DAY)
        labels.take_silence(now=NOON - DAY)
        label()
        assert (counts(as_of=NOON - DAY), counts()) == ("genuine", "fraud")

    def test_what_somebody_spoke_about_is_not_silent(self, paid):
        paid(payment_id="pay_1", ago=8 * DAY)
        label()
        assert labels.take_silence(now=NOON) == 0

    @pytest.mark.parametrize("outcome", [AttemptOutcome.BLOCKED, AttemptOutcome.DECLINED, AttemptOutcome.FAILED])
    def test_the_silence_of_a_payment_that_never_happened_says_nothing(self, paid, outcome):
        paid(payment_id="pay_1", ago=8 * DAY, outcome=outcome)
        assert labels.take_silence(now=NOON) == 0

    def test_a_held_payment_is_silent_only_where_a_person_let_it_through(self, paid):
        for payment_id in ("pay_1", "pay_2"):
            paid(payment_id=payment_id, ago=8 * DAY, outcome=AttemptOutcome.HELD)
            opened(payment_id, now=NOON - 8 * DAY)
        for payment_id, decision in (("pay_1", CaseDecision.APPROVE), ("pay_2", CaseDecision.DECLINE)):
            case = cases.ReviewCase.objects.get(payment_id=payment_id)
            decide(case, decision=decision, outcome=CaseOutcome.UNDETERMINED)
        assert labels.take_silence(now=NOON) == 1
        assert Label.objects.get().payment_id == "pay_1"

    def test_more_than_one_batch_is_taken_and_each_payment_told(self, paid, monkeypatch):
        monkeypatch.setattr(labels, "SILENT_AT_ONCE", 3)
        paid(ago=8 * DAY, times=8)
        assert labels.take_silence(now=NOON) == 8
        assert Event.objects.filter(name="fraud.payment_labelled").count() == 8
        assert AuditEntry.objects.filter(action="fraud.silence.taken").count() == 3

    def test_the_delay_is_a_dated_number(self, paid):
        paid(payment_id="pay_1", ago=8 * DAY)
        parameters.change(
            name="fraud.label_delay_days", value=9, effective_from=NOON, reason="slower banks", actor=SYSTEM, now=NOON
        )
        assert labels.take_silence(now=NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_dispute_told_by_four_at_once_is_one_label(paid):
    with transaction.atomic():
        paid(payment_id="pay_1")
    ready = threading.Barrier(4)
    made = []

    def tell_it():
        ready.wait()
        made.append(label().label_id)
        connection.close()

    threads = [threading.Thread(target=tell_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert Event.objects.filter(name="fraud.payment_labelled").count() == 1
