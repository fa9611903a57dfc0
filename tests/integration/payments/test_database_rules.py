"""What the database refuses about payments by itself, and that its table of moves is the one in the code."""

import itertools
from datetime import timedelta

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from core.database.refusals import refusal_name
from payments import states
from payments.enums import PaymentStatus
from payments.models import GatewayAttempt, Payment, Refund
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

STEP = {"PENDING": "HOLD", "PROCESSING": "AUTHORISE", "COMPLETED": "DONE", "FAILED": "DONE", "CANCELLED": "DONE"}


def refused(**changes: object) -> str | None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        Payment.objects.update(**changes)
    return refusal_name(error.value)


def put(status: str) -> None:
    """The row as if it had come to this status, past the trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Payment.objects.update(**as_in(status))
        cursor.execute("SET session_replication_role = origin")


def as_in(status: str) -> dict[str, object]:
    return {
        "status": status,
        "step": STEP[status],
        "resume_at": NOW + timedelta(minutes=1) if status == "PROCESSING" else None,
        "capture_deadline": NOW if status == "PENDING" else None,
        "captured_at": NOW if status == "COMPLETED" else None,
        "failure_code": "CARD_DECLINED" if status == "FAILED" else "",
    }


def test_the_database_allows_exactly_the_moves_of_the_table() -> None:
    pay()
    allowed = {(source.value, target.value) for (source, _), target in states.TRANSITIONS.items()}
    for source, target in itertools.permutations(PaymentStatus.values, 2):
        put(source)
        if (source, target) in allowed:
            with transaction.atomic():
                assert Payment.objects.update(**as_in(target)) == 1
        else:
            assert refused(**as_in(target)) == "payment_status_moves_legally", (source, target)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"amount_minor": 1, "fee_minor": 0, "net_minor": 1}, "payment_terms_do_not_change"),
        ({"currency": "EUR"}, "payment_terms_do_not_change"),
        ({"livemode": True}, "payment_terms_do_not_change"),
        ({"escrow_id": None}, "payment_terms_do_not_change"),
        ({"refunded_minor": 50_001}, "payment_gives_back_no_more_than_it_took"),
        ({"refunded_minor": 30_000, "disputed_minor": 20_001}, "payment_gives_back_no_more_than_it_took"),
        ({"refunded_fee_minor": 4_001, "refunded_minor": 10_000}, "payment_gives_back_no_more_fee_than_it_took"),
        ({"step": "CAPTURE"}, "payment_status_and_step_agree"),
        ({"captured_at": None}, "payment_is_captured_when_completed"),
    ],
)
def test_what_was_agreed_stays(changes: dict[str, object], constraint: str) -> None:
    pay()
    assert refused(**changes) == constraint


def test_payments_refunds_and_attempts_are_kept() -> None:
    payment_id = pay().body["paymentId"]
    refunds.create(
        RefundOrder(payment_id, 100, ""), ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW
    )
    for table, constraint in (
        ("payments_gatewayattempt", "payments_gatewayattempt_is_append_only"),
        ("payments_refund", "refund_is_never_deleted"),
        ("payments_payment", "payment_is_never_deleted"),
    ):
        with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
        assert refusal_name(error.value) == constraint
    assert GatewayAttempt.objects.count() == 2


def test_a_refund_ends_once_and_keeps_its_amount() -> None:
    payment_id = pay().body["paymentId"]
    refunds.create(
        RefundOrder(payment_id, 100, ""), ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW
    )
    for changes, constraint in (
        ({"amount_minor": 99, "net_minor": 91}, "refund_terms_do_not_change"),
        ({"status": "FAILED", "failure_code": "X", "completed_at": None}, "refund_ends_once"),
    ):
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            Refund.objects.update(**changes)
        assert refusal_name(error.value) == constraint


def test_a_payment_being_voided_cannot_complete() -> None:
    pay()
    put("PROCESSING")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_payment SET step = 'VOID', void_reason = 'CANCELLED'")
    assert refused(**as_in("COMPLETED")) == "payment_status_moves_legally"
