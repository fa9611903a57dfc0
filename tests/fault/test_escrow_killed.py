"""A worker is killed at each step of a firing, a release, a refund: the next one finishes it, once."""

import signal
from datetime import timedelta

import pytest
from django.db import transaction

from core import clock
from core.money import Money
from core.outbox import services as outbox
from escrow.enums import TimerState
from escrow.models import Escrow, Movement, Setback, Timer
from ledger import chart
from ledger.selectors import balances
from payments.models import Refund, SandboxRefund
from tests.factories.clocks import PAYEE, funded, met
from tests.factories.payments import pay
from tests.fault.processes import Processes, broker, processes, set_parameter, wait_until

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

# Where it dies, and whether the money has moved by then.
FIRING = [
    ("escrow.timers_claimed", False),
    ("escrow.timer_marked", False),
    ("escrow.release_posted", False),
    ("escrow.release_moved", False),
    ("escrow.timer_acted", False),
    ("escrow.timers_before_commit", False),
    ("escrow.timers_committed", True),
    ("jobs.before_finish", True),
]


def overdue() -> Escrow:
    """Met in time, and an hour late for its release: nothing else of it is due."""
    began = clock.now() - timedelta(hours=337)
    escrow = funded(now=began)
    met(escrow, began + timedelta(hours=1))
    Timer.objects.filter(escrow=escrow, state=TimerState.PENDING).exclude(kind="AUTO_RELEASE").update(
        state=TimerState.STOPPED, ended_at=clock.now()
    )
    Escrow.objects.filter(pk=escrow.pk).update(next_due_at=began + timedelta(hours=336))
    return escrow


def assert_released_once(escrow: Escrow) -> None:
    escrow.refresh_from_db()
    assert (escrow.status, escrow.released_minor) == ("RELEASED", 400_000)
    assert Movement.objects.count() == 1
    assert Timer.objects.filter(state=TimerState.FIRED, kind="AUTO_RELEASE").count() == 1
    assert balances.get("test", chart.provider_payable(PAYEE)).posted == Money(400_000)
    assert balances.get("test", chart.escrow_held(escrow.account)).posted == Money(0)
    assert not Setback.objects.exists()


@pytest.mark.parametrize(("point", "moved"), FIRING)
def test_a_worker_killed_at_each_step_of_a_firing(processes: Processes, point: str, moved: bool) -> None:
    escrow = overdue()
    dying = processes.work(HOLDFAST_FAILPOINT=point)
    assert dying.wait(60) == -signal.SIGKILL, processes.output()
    if point != "jobs.before_finish":  # any job may be the first to reach it
        assert Escrow.objects.get(pk=escrow.pk).status == ("RELEASED" if moved else "FUNDED")
        assert Movement.objects.count() == int(moved)
        assert Timer.objects.filter(state=TimerState.PENDING).exists() is not moved
    processes.work()
    wait_until(lambda: Escrow.objects.get(pk=escrow.pk).status == "RELEASED", seconds=60, what="the escrow is released")
    assert_released_once(escrow)


def test_two_workers_go_on_when_one_dies_in_the_middle_of_many(processes: Processes) -> None:
    escrows = [overdue() for _ in range(12)]
    dying = processes.work(HOLDFAST_FAILPOINT="escrow.timer_acted:5")
    assert dying.wait(60) == -signal.SIGKILL, processes.output()
    assert Movement.objects.count() == 4
    processes.work()
    processes.work()
    wait_until(lambda: Movement.objects.count() == 12, seconds=60, what="all are released")
    assert {row.status for row in Escrow.objects.filter(pk__in=[each.pk for each in escrows])} == {"RELEASED"}
    assert Timer.objects.filter(state=TimerState.FIRED, kind="AUTO_RELEASE").count() == 12
    assert balances.get("test", chart.provider_payable(PAYEE)).posted == Money(12 * 400_000)


@pytest.mark.parametrize("point", ["escrow.release_posted", "escrow.release_moved"])
def test_a_release_by_hand_killed_at_each_step_is_made_by_asking_again(processes: Processes, point: str) -> None:
    began = clock.now() - timedelta(hours=2)
    escrow = funded(now=began)
    met(escrow, began)
    ask = (
        "import django; django.setup()\n"
        "from core import clock\n"
        "from escrow.services import releases\n"
        "from tests.factories.escrows import BACKEND\n"
        f"releases.release(escrow_id={escrow.public_id!r}, livemode=False, actor=BACKEND, now=clock.now())\n"
    )
    assert processes.start("-c", ask, HOLDFAST_FAILPOINT=point).wait(60) == -signal.SIGKILL, processes.output()
    assert (Escrow.objects.get(pk=escrow.pk).status, Movement.objects.count()) == ("FUNDED", 0)
    assert processes.start("-c", ask).wait(60) == 0, processes.output()
    assert processes.start("-c", ask).wait(60) != 0, "a second release of the same is refused"
    assert (Escrow.objects.get(pk=escrow.pk).status, Movement.objects.count()) == ("RELEASED", 1)
    assert balances.get("test", chart.provider_payable(PAYEE)).posted == Money(400_000)


@pytest.mark.parametrize("point", ["escrow.timer_acted", "escrow.timers_committed", "refunds.paid_out"])
def test_a_card_is_refunded_once_by_the_hour_of_the_refund(processes: Processes, point: str) -> None:
    set_parameter("payments.resume_after_seconds", 2)
    # An afternoon: by night the rules would hold the payment.
    paid_at = (clock.now() - timedelta(days=32)).replace(hour=15, minute=0)
    pay(now=paid_at)
    outbox.drain(now=paid_at)
    escrow = Escrow.objects.get()
    with transaction.atomic():
        Timer.objects.filter(escrow=escrow).exclude(kind="AUTO_REFUND").update(
            state=TimerState.STOPPED, ended_at=clock.now()
        )
    Escrow.objects.filter(pk=escrow.pk).update(next_due_at=clock.now() - timedelta(hours=1))
    assert processes.work(HOLDFAST_FAILPOINT=point).wait(60) == -signal.SIGKILL, processes.output()
    processes.work()
    wait_until(lambda: Refund.objects.filter(status="COMPLETED").exists(), seconds=60, what="the card is refunded")
    assert Escrow.objects.get().status == "REFUNDED"
    assert Refund.objects.count() == SandboxRefund.objects.filter(accepted=True).count() == 1
