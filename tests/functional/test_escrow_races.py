"""Two want the same money at once: exactly one gets it, the other hears why. Real threads, real rows, real locks."""

from collections.abc import Callable
from typing import Any

import pytest

from core.outbox import services as outbox
from core.work import services as work
from escrow.models import Escrow, Movement, Part
from escrow.selectors import escrows as register
from escrow.services import refunds, releases
from ledger.selectors import balances
from payments.services import refunds as of_payments
from payments.services.refunds import RefundOrder
from tests.factories import escrows
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW, pay, ticket
from tests.functional.test_payment_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def release(escrow: Escrow, **different: Any) -> str:
    return releases.release(
        escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=later(80), **different
    ).escrow.status


def refund(escrow: Escrow, **different: Any) -> str:
    return refunds.refund(
        escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=later(80), reason="race", payee_agrees=True,
        **different,
    ).status  # fmt: skip


def balance(account: str) -> int:
    return balances.get("test", account).posted.minor


def reckon(escrow: Escrow) -> None:
    """What came in is what went out and what is held, in the rows and in the ledger."""
    escrow.refresh_from_db()
    assert register.held(escrow).minor == escrow.held_minor
    assert sum(Part.objects.filter(state="HELD").values_list("amount_minor", flat=True)) == escrow.held_minor
    moved = sum(Movement.objects.values_list("amount_minor", flat=True))
    assert moved == escrow.released_minor + escrow.refunded_minor
    assert balance("provider_payable:prov_provider456") == escrow.released_minor


@pytest.mark.parametrize("round_number", range(3))
def test_two_releases_are_one(round_number: int) -> None:
    escrow = escrows.meet(escrows.funded())
    answers = together(6, lambda _: release(escrow))
    assert sorted(answers) == ["ESCROW_STATE_FORBIDS"] * 5 + ["RELEASED"]
    reckon(escrow)
    assert Movement.objects.count() == 1


@pytest.mark.parametrize("round_number", range(3))
def test_a_release_and_a_refund_are_one_of_the_two(round_number: int) -> None:
    escrow = escrows.meet(escrows.funded())
    acts: list[Callable[[Escrow], str]] = [release, refund]
    answers = together(2, lambda number: acts[(number + round_number) % 2](escrow))
    assert "ESCROW_STATE_FORBIDS" in answers
    assert {*answers} & {"RELEASED", "REFUNDED"}
    reckon(escrow)
    assert Movement.objects.count() == 1


def test_parts_that_race_never_exceed_the_whole() -> None:
    """Ten times 100.00 of 500.00, half of them back to the payer: five are paid, five hear that nothing is left."""
    escrow = escrows.meet(escrows.funded(50_000, document=escrows.terms()))
    acts: list[Callable[..., str]] = [release, refund]
    answers = together(10, lambda number: acts[number % 2](escrow, amount_minor=10_000))
    assert sum(answer in ("INSUFFICIENT_BALANCE", "ESCROW_STATE_FORBIDS") for answer in answers) == 5
    reckon(escrow)
    assert escrow.held_minor == 0


@pytest.mark.parametrize("round_number", range(3))
def test_a_refund_asked_of_payments_and_a_release_are_one_of_the_two(round_number: int) -> None:
    """Both doors to the same 460.00: the escrow's own, and the payment's refund."""
    payment_id = pay().body["paymentId"]
    outbox.drain(now=NOW)
    escrow = Escrow.objects.get()
    escrows.meet(escrow, "service_completed")

    def of_the_payment() -> int:
        order = RefundOrder(payment_id, None, "race")
        return of_payments.create(
            order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=later(80)
        ).status

    together(2, lambda number: (of_the_payment if (number + round_number) % 2 else lambda: release(escrow))())
    outbox.drain(now=later(80))
    work.drain(now=later(80))
    escrow.refresh_from_db()
    assert (escrow.released_minor, escrow.refunded_minor) in {(46_000, 0), (0, 46_000)}
    assert register.held(escrow).minor == escrow.held_minor == 0
    assert balance("provider_payable:prov_xyz789ghi012") == escrow.released_minor
    assert Movement.objects.count() == 1


@pytest.mark.parametrize("round_number", range(3))
def test_two_refunds_through_both_doors_give_back_once(round_number: int) -> None:
    payment_id = pay().body["paymentId"]
    outbox.drain(now=NOW)
    escrow = Escrow.objects.get()

    def of_the_payment() -> int:
        order = RefundOrder(payment_id, None, "race")
        return of_payments.create(
            order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=later(1)
        ).status

    together(2, lambda number: (of_the_payment if (number + round_number) % 2 else lambda: refund(escrow))())
    outbox.drain(now=later(80))
    work.drain(now=later(80))
    escrow.refresh_from_db()
    assert (escrow.status, escrow.refunded_minor) == ("REFUNDED", 46_000)
    assert balance("acquirer_receivable") == 0
    assert balance("fees:platform") == 0
    assert balance("customer_refundable:cus_abc123def456") == 0
