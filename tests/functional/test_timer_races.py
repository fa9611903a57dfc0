"""Two beats, four workers, people who act at the same moment: each timer fires once, each cent goes one way."""

import threading
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Sum

from core.money import Money
from core.outbox import services as outbox
from core.work import services as work
from escrow.enums import PartState, TimerState
from escrow.models import Escrow, Movement, Part, Setback, Timer
from escrow.services import firing, refunds, releases
from escrow.tasks import fire_timers
from ledger import chart
from ledger.selectors import balances
from payments.models import Payment, Refund
from tests.factories import escrows
from tests.factories.clocks import PAYEE, PAYER, after, funded, met, settle
from tests.factories.payments import NOW, pay
from tests.functional.test_payment_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def assert_books_agree(made: list[Escrow]) -> None:
    """No cent went two ways: what is paid, given back and held is what came in."""
    into = sum(escrow.amount_minor for escrow in made)
    moved = Movement.objects.aggregate(total=Sum("amount_minor"))["total"] or 0
    held = Part.objects.filter(state=PartState.HELD).aggregate(total=Sum("amount_minor"))["total"] or 0
    assert into == moved + held
    released = Movement.objects.filter(kind="RELEASE").aggregate(total=Sum("amount_minor"))["total"] or 0
    returned = Movement.objects.filter(kind="REFUND").aggregate(total=Sum("amount_minor"))["total"] or 0
    assert balances.get("test", chart.provider_payable(PAYEE)).posted == Money(released)
    assert balances.get("test", chart.customer_refundable(PAYER)).posted == Money(returned)


def test_two_beats_and_four_workers_fire_each_timer_once() -> None:
    """Thirty escrows, 240 timers, a month late: four workers fire, two beats order the job in between."""
    made = [funded() for _ in range(30)]
    for escrow in made[::2]:
        met(escrow, after(100))

    def act(number: int) -> Any:
        if number < 4:
            fired = 0
            while passed := firing.fire_due(now=after(800)).count:
                fired += passed
            return fired
        for _ in range(3):
            work.run_pending(now=after(800))
        return 0

    direct = sum(together(6, act))
    fire_timers(now=after(800))
    done = Timer.objects.filter(state=TimerState.FIRED)
    assert direct <= done.count()
    # Met: warnings of the refund never come, the release of hour 336 ends it. Not met: all eight, the refund last.
    assert done.filter(kind="AUTO_RELEASE").count() == 30
    assert done.filter(kind="AUTO_REFUND").count() == 15
    assert not Timer.objects.filter(state=TimerState.PENDING).exists()
    assert not Setback.objects.exists()
    assert {escrow.status for escrow in Escrow.objects.filter(pk__in=[each.pk for each in made[::2]])} == {"RELEASED"}
    assert {escrow.status for escrow in Escrow.objects.filter(pk__in=[each.pk for each in made[1::2]])} == {"REFUNDED"}
    assert Movement.objects.count() == 30
    assert_books_agree(made)


@pytest.mark.parametrize("round_number", range(4))
def test_the_release_of_its_hour_against_a_refund_by_hand(round_number: int) -> None:
    """Met, so the refund needs the payee's word, which is given: whoever comes first has it, the other is told why."""
    escrow = funded()
    met(escrow, after(100))

    def refund() -> str:
        return refunds.refund(
            escrow_id=escrow.public_id, livemode=False, actor=escrows.BACKEND, now=after(336), reason="agreed",
            payee_agrees=True,
        ).status  # fmt: skip

    def fire() -> int:
        return firing.fire_due(now=after(336)).failed

    answers = together(2, lambda number: (refund if (number + round_number) % 2 else fire)())
    settle(after(336))
    firing.fire_due(now=after(336))
    ended = Escrow.objects.get(pk=escrow.pk)
    assert ended.status in ("RELEASED", "REFUNDED")
    assert Movement.objects.count() == 1
    assert 0 in answers, "the timer never fails by it"
    assert (ended.status == "REFUNDED") == ("REFUNDED" in answers)
    assert "REFUNDED" in answers or "ESCROW_STATE_FORBIDS" in answers
    assert_books_agree([escrow])


@pytest.mark.parametrize("round_number", range(4))
def test_the_refund_of_its_hour_against_a_release_by_hand(round_number: int) -> None:
    """Not met: the release is refused whatever happens first, and the refund goes through."""
    escrow = funded()
    firing.fire_due(now=after(719))

    def release() -> Any:
        return releases.release(
            escrow_id=escrow.public_id, livemode=False, actor=escrows.BACKEND, now=after(720), reason="please"
        )

    def fire() -> int:
        return firing.fire_due(now=after(720)).failed

    answers = together(2, lambda number: (release if (number + round_number) % 2 else fire)())
    assert set(answers) <= {0, "RELEASE_CONDITIONS_NOT_MET", "ESCROW_STATE_FORBIDS"}
    firing.fire_due(now=after(720))
    assert Escrow.objects.get(pk=escrow.pk).status == "REFUNDED"
    assert_books_agree([escrow])


@pytest.mark.parametrize("round_number", range(4))
def test_two_releases_one_of_them_by_the_clock(round_number: int) -> None:
    escrow = funded()
    met(escrow, after(100))

    def release() -> Any:
        return len(
            releases.release(
                escrow_id=escrow.public_id, livemode=False, actor=escrows.BACKEND, now=after(336), reason="now"
            ).moved
        )

    answers = together(2, lambda number: release() if (number + round_number) % 2 else firing.fire_due(now=after(336)))
    assert Escrow.objects.get(pk=escrow.pk).status == "RELEASED"
    assert Movement.objects.count() == 1
    assert 1 in answers or "ESCROW_STATE_FORBIDS" in answers
    assert_books_agree([escrow])


def test_an_escrow_whose_payment_somebody_has_is_left_for_the_next_pass() -> None:
    """The timer holds the escrow and must not wait for the payment: whoever has it may be waiting for the escrow."""
    pay(now=NOW)
    outbox.drain(now=NOW)
    escrow = Escrow.objects.get()
    firing.fire_due(now=after(719))
    settle(after(719))
    has_it, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Payment.objects.select_for_update(no_key=True).get(pk=escrow.payment_id)
                has_it.set()
                let_go.wait(20)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert has_it.wait(20)
    try:
        assert firing.fire_due(now=after(720)) == firing.Fired()
        assert Timer.objects.get(escrow=escrow, kind="AUTO_REFUND").state == TimerState.PENDING
        assert not Setback.objects.exists()
    finally:
        let_go.set()
        holder.join()
    assert firing.fire_due(now=after(720)).count == 1
    settle(after(720))
    assert Escrow.objects.get().status == "REFUNDED"
    assert Refund.objects.get().status == "COMPLETED"
