"""Chargebacks as facts of the network: booked once, told to escrow, fraud and whoever listens, ended once."""

from datetime import timedelta

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox import services as outbox
from core.outbox.models import Event
from core.parameters import services as parameters
from fraud.models import Label
from ops.models import Incident
from payments import door, states
from payments.enums import ChargebackState
from payments.models import Chargeback, Payment, Refund
from payments.selectors.chargebacks import ChargebackNotFound
from payments.selectors.payments import PaymentNotFound
from payments.services import chargeback_answers, chargebacks, refunds
from payments.services.chargeback_answers import UnableToContest
from payments.services.chargebacks import ChargebackEnded
from payments.services.refunds import RefundOrder
from tests.factories.chargebacks import charge_back, decide, notice
from tests.factories.doors import RecordedDoor
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

SAID = "Delivered on 2 March, the customer signed for it. See refund policy."


def paid(number: str = "4242424242424242", **different: object) -> Payment:
    return Payment.objects.get(public_id=pay(number, **different).body["paymentId"])


def refund(payment: Payment, amount: int | None = None) -> Refund:
    order = RefundOrder(payment.public_id, amount, "")
    refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
    return Refund.objects.latest("id")


def contest(chargeback: Chargeback, said: str = SAID, now: object = NOW) -> Chargeback:
    return chargeback_answers.contest(
        chargeback_id=chargeback.public_id, evidence=said, livemode=False, actor=BACKEND, now=now
    )  # type: ignore[arg-type]


def accept(chargeback: Chargeback) -> Chargeback:
    return chargeback_answers.accept(chargeback_id=chargeback.public_id, livemode=False, actor=BACKEND, now=NOW)


class TestOpening:
    def test_the_same_notice_is_the_same_chargeback(self) -> None:
        payment = paid()
        told = notice(payment)
        first = chargebacks.open_(told, actor=SYSTEM, now=NOW)
        assert chargebacks.open_(told, actor=SYSTEM, now=NOW).pk == first.pk
        decide(first, "LOST")
        assert chargebacks.open_(told, actor=SYSTEM, now=NOW).state == "LOST"
        assert Chargeback.objects.count() == 1
        assert AuditEntry.objects.filter(action="payments.chargeback.opened").count() == 1

    def test_a_reference_names_one_chargeback(self) -> None:
        first = charge_back(paid(), 10_000)
        other = paid()
        for amount, payment in ((10_001, first.payment), (10_000, other)):
            with pytest.raises(chargebacks.ChargebackKnownOtherwise):
                charge_back(payment, amount, network_reference=first.network_reference)

    @pytest.mark.parametrize(
        "different", [{"amount_minor": 50_001}, {"amount_minor": 0}, {"currency": "EUR"}, {"gateway": "other"}]
    )
    def test_a_payment_is_charged_back_by_its_own_gateway_for_no_more_than_it_took(
        self, different: dict[str, object]
    ) -> None:
        with pytest.raises(chargebacks.ChargebackNotOfPayment):
            chargebacks.open_(notice(paid(), **different), actor=SYSTEM, now=NOW)  # type: ignore[arg-type]

    def test_what_was_not_captured_is_not_charged_back(self) -> None:
        for payment in (paid("4000000000000002"), paid(amount_minor=100_000)):
            with pytest.raises(chargebacks.ChargebackNotOfPayment):
                charge_back(payment)

    def test_one_at_a_time(self) -> None:
        payment = paid()
        first = charge_back(payment, 10_000)
        with pytest.raises(chargebacks.ChargebackAlreadyOpen):
            charge_back(payment, 10_000)
        decide(first, "LOST")
        assert charge_back(payment, 40_000).beyond_minor == 0

    def test_a_second_one_after_a_lost_one_takes_too_much_and_the_payer_owes_it(self) -> None:
        payment = paid()
        decide(charge_back(payment), "LOST")
        assert charge_back(payment, 20_000).beyond_minor == 20_000

    def test_another_mode_has_no_such_payment(self) -> None:
        with pytest.raises(PaymentNotFound):
            chargebacks.open_(notice(paid()), actor=SYSTEM, now=NOW, livemode=True)

    def test_the_time_to_answer_is_a_dated_parameter(self) -> None:
        assert charge_back(paid()).respond_by == NOW + timedelta(days=20)
        parameters.change(
            name="payments.chargeback_response_days", value=7, effective_from=NOW + timedelta(days=1),
            reason="The new acquirer gives a week.", actor=BACKEND, now=NOW,
        )  # fmt: skip
        parameters.forget_cache()
        later = NOW + timedelta(days=2)
        assert charge_back(paid(), opened_at=later, now=later).respond_by == later + timedelta(days=7)

    def test_a_dispute_of_fraud_labels_the_payment_and_one_about_goods_does_not(self) -> None:
        fraud, goods = charge_back(paid(), reason_code="10.4"), charge_back(paid(), reason_code="13.1")
        assert (fraud.kind, goods.kind) == ("FRAUD", "NOT_RECEIVED")
        label = Label.objects.get(source="CHARGEBACK")
        assert (label.payment_id, label.is_fraud, label.reference) == (fraud.payment.public_id, True, fraud.public_id)

    def test_escrow_is_asked_what_it_holds_and_told_what_was_taken(self) -> None:
        told = RecordedDoor()
        door.install(told)
        chargeback = charge_back(paid())
        decide(chargeback, "WON")
        assert told.asked == [
            ("take_back", 46_000, chargeback.public_id),
            ("taken", 46_000, chargeback.public_id),
            ("restore", 46_000, chargeback.public_id),
        ]

    def test_whoever_listens_hears_who_bears_it(self) -> None:
        payment = paid()
        refund(payment, 10_000)
        chargeback = charge_back(payment)
        decide(chargeback, "WON")
        opened, closed = (told(name) for name in ("payments.chargeback_opened", "payments.chargeback_closed"))
        assert (opened["payment_id"], opened["escrow_id"]) == (payment.public_id, payment.escrow_id)
        assert (opened["payee_id"], opened["payer_id"]) == ("prov_xyz789ghi012", "cus_abc123def456")
        parts = {name: opened[f"{name}_minor"] for name in ("amount", "fee", "held", "late", "beyond")}
        assert parts == {"amount": 50_000, "fee": 3_200, "held": 36_800, "late": 0, "beyond": 10_000}
        assert (closed["outcome"], closed["held_minor"]) == ("WON", 36_800)


def told(name: str) -> dict[str, object]:
    return dict(Event.objects.get(name=name).payload)


class TestEnding:
    def test_the_same_end_again_changes_nothing_and_another_is_refused(self) -> None:
        chargeback = charge_back(paid())
        decide(chargeback, "WON")
        decide(chargeback, "WON")
        with pytest.raises(ChargebackEnded):
            decide(chargeback, "LOST")
        assert AuditEntry.objects.filter(action="payments.chargeback.won").count() == 1

    def test_accepted_and_then_lost_is_the_same_end(self) -> None:
        chargeback = accept(charge_back(paid()))
        assert decide(chargeback, "LOST").state == "ACCEPTED"
        with pytest.raises(ChargebackEnded):
            accept(chargeback)

    def test_nobody_knows_a_chargeback_that_is_not_there(self) -> None:
        with pytest.raises(ChargebackNotFound):
            chargebacks.close(chargeback_id="cb_none", outcome=ChargebackState.WON, actor=SYSTEM, now=NOW)


class TestAnswering:
    def test_evidence_is_sent_once_and_kept_without_card_numbers(self) -> None:
        chargeback = contest(charge_back(paid()), f"{SAID} Card 4242424242424242.")
        assert SAID in chargeback.evidence
        assert "4242424242424242" not in chargeback.evidence
        with pytest.raises(UnableToContest, match="sent once"):
            contest(chargeback)
        with pytest.raises(UnableToContest, match="network decides"):
            accept(chargeback)

    def test_not_without_a_word_and_not_after_its_time(self) -> None:
        chargeback = charge_back(paid())
        with pytest.raises(UnableToContest):
            contest(chargeback, "   ")
        with pytest.raises(UnableToContest, match="over"):
            contest(chargeback, now=chargeback.respond_by)
        contest(chargeback, now=chargeback.respond_by - timedelta(microseconds=1))

    def test_not_what_has_ended(self) -> None:
        chargeback = decide(charge_back(paid()), "LOST")
        with pytest.raises(ChargebackEnded):
            contest(chargeback)


class TestRefundsBeside:
    def test_a_refund_refused_after_the_chargeback_pays_for_it(self) -> None:
        """100.00 were on their way back when the network took 500.00: too many, until the refund is refused."""
        payment = paid("4000000000006090", booking_id="")
        refund_later = _left_pending(payment, 10_000)
        chargeback = charge_back(payment)
        assert chargeback.beyond_minor == 10_000
        refunds.resume(refund_id=refund_later.public_id, now=NOW)
        refund_later.refresh_from_db()
        assert (refund_later.status, refund_later.stranded) == ("FAILED", False)
        assert refund_later.chargeback_id == chargeback.pk

    def test_a_stranded_refund_larger_than_what_is_owed_waits_for_the_end_of_the_chargeback(self) -> None:
        """400.00 are stranded, then the network takes 200.00, of which 100.00 had not gone back."""
        payment = paid("4000000000006124")
        stranded = refund(payment, 40_000)
        chargeback = charge_back(payment, 20_000)
        assert (chargeback.disputed_minor, chargeback.beyond_minor) == (10_000, 10_000)
        with pytest.raises(refunds.RefundBehindChargeback):
            refunds.retry_stranded(refund_id=stranded.public_id, livemode=False, actor=BACKEND, now=NOW)
        decide(chargeback, "WON")
        retried = refunds.retry_stranded(refund_id=stranded.public_id, livemode=False, actor=BACKEND, now=NOW)
        assert retried.status == "PENDING"

    def test_a_refund_paid_by_a_chargeback_is_not_sent_again(self) -> None:
        payment = paid("4000000000006124")
        stranded = refund(payment)
        charge_back(payment)
        again = refunds.retry_stranded(refund_id=stranded.public_id, livemode=False, actor=BACKEND, now=NOW)
        assert (again.status, again.tries) == ("FAILED", 1)

    def test_a_won_chargeback_calls_somebody_for_the_refund_it_had_paid(self) -> None:
        payment = paid("4000000000006124")
        refund(payment)
        decide(charge_back(payment), "WON")
        outbox.drain(now=NOW)
        assert Incident.objects.get(alarm="payments.refund_stranded").hits == 2


def _left_pending(payment: Payment, amount: int) -> Refund:
    """A refund whose process died before the network was asked."""

    class Dies(BaseException):
        pass

    def die(name: str) -> None:
        if name == "refunds.accepted":
            raise Dies

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Dies):
        patched.setattr("core.work.failpoints.reach", die)
        refund(payment, amount)
    return Refund.objects.get()


class TestDatabase:
    @pytest.mark.parametrize(
        ("changes", "constraint"),
        [
            ({"amount_minor": 1}, "chargeback_terms_do_not_change"),
            ({"late_minor": 46_000, "held_minor": 0}, "chargeback_terms_do_not_change"),
            ({"state": "LOST"}, "chargeback_is_closed_whole_or_not_at_all"),
            ({"state": "WON", "closed_at": NOW, "closed_by": "x"}, "only_a_won_chargeback_gives_back"),
            ({"contested_at": NOW, "contested_by": "x"}, "chargeback_is_contested_with_evidence"),
        ],
    )
    def test_what_was_taken_stays(self, changes: dict[str, object], constraint: str) -> None:
        charge_back(paid())
        assert refused(**changes) == constraint

    def test_the_moves_are_those_of_the_table(self) -> None:
        for state in ChargebackState:
            assert states.CHARGEBACK_MOVES.get(state, frozenset()) == (
                set(ChargebackState) - {ChargebackState.OPEN} if state == ChargebackState.OPEN else frozenset()
            )
        decide(charge_back(paid()), "LOST")
        assert refused(state="ACCEPTED") == "chargeback_ends_once"
        assert refused(state="OPEN", closed_at=None, closed_by="") == "chargeback_ends_once"

    def test_evidence_stays_as_it_was_sent(self) -> None:
        contest(charge_back(paid()))
        assert refused(evidence="Something else.") == "chargeback_terms_do_not_change"

    def test_none_disappears(self) -> None:
        charge_back(paid())
        with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM payments_chargeback")
        assert refusal_name(error.value) == "chargeback_is_never_deleted"

    def test_a_payment_is_disputed_by_its_chargebacks_and_by_nothing_else(self) -> None:
        paid()
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            Payment.objects.update(disputed_minor=100)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert refusal_name(error.value) == "payment_is_disputed_by_its_chargebacks"

    def test_a_chargeback_begins_open_and_is_of_its_payment(self) -> None:
        chargeback = charge_back(paid(), 10_000)
        decide(chargeback, "LOST")
        fields = {
            field.attname: getattr(chargeback, field.attname)
            for field in Chargeback._meta.local_fields
            if field.attname != "id"
        }
        fields |= {"public_id": "cb_2", "network_reference": "other", "return_entry_id": ""}
        for changes, constraint in (
            ({"state": "LOST", "closed_at": NOW, "closed_by": "x"}, "chargeback_begins_open"),
            ({"livemode": True}, "chargeback_is_of_its_payment"),
            ({"currency": "EUR"}, "chargeback_is_of_its_payment"),
            ({"amount_minor": 50_001, "beyond_minor": 40_001}, "chargeback_is_of_its_payment"),
        ):
            with pytest.raises(DatabaseError) as error, transaction.atomic():
                Chargeback.objects.create(**fields | changes)
            assert refusal_name(error.value) == constraint


def refused(**changes: object) -> str | None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        Chargeback.objects.update(**changes)
    return refusal_name(error.value)
