"""What keeps a timer from firing: a closed switch, somebody who has the payment, an error. Nothing is lost by it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actors import Actor
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from escrow.enums import EscrowStatus, TimerKind
from escrow.models import Escrow, Setback, Timer
from escrow.services import firing, timers
from escrow.services.firings import registry
from ops.models import Incident
from tests.factories.clocks import after, fire, fired, funded, met, settle

pytestmark = pytest.mark.django_db

ON_CALL = Actor("STAFF", "grace@holdfast.example", frozenset({"ON_CALL"}))


def now_of(escrow: Escrow) -> Escrow:
    return Escrow.objects.get(pk=escrow.pk)


def close(at: datetime, *, scope: str = "", expires_at: datetime | None = None) -> SwitchTurn:
    turn = switches.close(
        switch=Switch.ESCROW_MOVEMENTS, reason="the bank is down", actor=ON_CALL, now=at, scope=scope,
        expires_at=expires_at,
    )  # fmt: skip
    switches.forget_cache()
    return turn


class TestSwitch:
    @pytest.mark.parametrize("scope", ["", "book:test", "provider:prov_provider456"])
    def test_a_closed_switch_leaves_the_hour_and_looks_again_later(self, scope: str) -> None:
        escrow = funded()
        met(escrow, after(100))
        fire(after(335))
        close(after(335), scope=scope, expires_at=after(340))
        result = firing.fire_due(now=after(336))
        assert (result.count, result.put_off) == (0, 1)
        timer = Timer.objects.get(escrow=escrow, kind=TimerKind.AUTO_RELEASE)
        assert (timer.state, timer.due_at) == ("PENDING", after(336))
        assert now_of(escrow).next_due_at == after(336) + timedelta(seconds=60)
        assert firing.fire_due(now=after(336) + timedelta(seconds=59)).put_off == 0, "not in a loop"
        assert not Setback.objects.exists(), "a switch is no failure"
        assert fire(after(341)) == 1
        assert now_of(escrow).status == EscrowStatus.RELEASED
        assert fired(escrow)[-1][2].endswith("(late by 5 h)")

    def test_the_pause_grows_to_a_quarter_of_an_hour(self) -> None:
        escrow = funded()
        met(escrow, after(100))
        fire(after(335))
        close(after(335))
        for hours, pause in ((336, 60), (336.5, 450), (340, 900), (400, 900)):
            Escrow.objects.filter(pk=escrow.pk).update(next_due_at=after(336))
            firing.fire_due(now=after(hours))
            assert now_of(escrow).next_due_at == after(hours) + timedelta(seconds=pause)

    def test_what_moves_no_money_goes_on(self) -> None:
        escrow = funded()
        close(after(1))
        fire(after(168))
        assert {kind for kind, _, _ in fired(escrow)} == {"DISPUTE_WINDOW_END", "CONDITION_TIMEOUT"}

    def test_once_it_is_open_again_nobody_waits_for_the_pause(self) -> None:
        escrow = funded()
        met(escrow, after(100))
        fire(after(335))
        close(after(335), expires_at=after(400))
        firing.fire_due(now=after(399.9))
        assert now_of(escrow).next_due_at > after(400)
        from core.switches.tasks import notice_expiries

        switches.forget_cache()
        notice_expiries(now=after(400))
        settle(after(400))
        assert now_of(escrow).next_due_at == after(336)


class TestFailure:
    @pytest.fixture
    def broken(self, monkeypatch: Any) -> None:
        def fail(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
            Escrow.objects.filter(pk=escrow.pk).update(booking_id="half done")
            raise RuntimeError("the wire is cut")

        monkeypatch.setitem(registry._declared, TimerKind.AUTO_RELEASE, registry.Declared(fail, False))

    def test_it_is_undone_alone_noted_and_tried_again(self, broken: None) -> None:
        bad, good = funded(), funded()
        met(bad, after(100))
        timers.stop(good, TimerKind.AUTO_RELEASE, now=after(1), why="test")
        fire(after(335))
        before = len(fired(bad))
        result = firing.fire_due(now=after(336))
        assert (result.count, result.failed) == (0, 1)
        assert len(fired(bad)) == before
        assert now_of(bad).booking_id != "half done"
        setback = Setback.objects.get()
        assert (setback.escrow_id, setback.tries) == (bad.pk, 1)
        assert setback.error.startswith("RuntimeError in ")
        assert "wire" not in setback.error, "an error's words may hold values"
        assert now_of(bad).next_due_at == after(336) + timedelta(seconds=30)

    def test_it_never_stops_the_others(self, broken: None) -> None:
        first, second, third = funded(), funded(), funded()
        met(first, after(100))
        for escrow in (second, third):
            timers.stop(escrow, TimerKind.AUTO_RELEASE, now=after(1), why="test")
        result = firing.fire_due(now=after(720))
        assert result.failed == 1
        assert [now_of(escrow).status for escrow in (first, second, third)] == ["FUNDED", "REFUNDED", "REFUNDED"]

    def test_what_came_before_it_stays_fired(self, broken: None) -> None:
        escrow = funded()
        assert firing.fire_due(now=after(400)).count == 4
        assert {kind for kind, _, _ in fired(escrow)} == {"DISPUTE_WINDOW_END", "CONDITION_TIMEOUT", "WARNING"}

    def test_after_five_tries_it_is_an_incident_and_it_ends_when_it_goes_through(
        self, broken: None, monkeypatch: Any
    ) -> None:
        escrow, at = funded(), after(336)
        fire(after(335))
        for number in range(1, 6):
            assert firing.fire_due(now=at).failed == 1
            assert Setback.objects.get().tries == number
            settle(at)
            assert Incident.objects.count() == (1 if number == 5 else 0)
            at = now_of(escrow).next_due_at
        incident = Incident.objects.get()
        assert (incident.alarm, incident.subject, incident.severity) == (
            "escrow.timers_stuck", escrow.public_id, "P2",
        )  # fmt: skip
        monkeypatch.undo()
        fire(at)
        assert not Setback.objects.exists()
        assert fired(escrow)[-1][0] == "AUTO_RELEASE"

    def test_a_kind_nobody_fires_is_an_alarm_not_a_loss(self, monkeypatch: Any) -> None:
        escrow = funded()
        monkeypatch.delitem(registry._declared, TimerKind.DISPUTE_WINDOW_END)
        assert firing.fire_due(now=after(168)).failed == 1
        assert Setback.objects.get().error.startswith("NobodyFires")
        assert Timer.objects.get(escrow=escrow, kind="DISPUTE_WINDOW_END").state == "PENDING"


def test_what_nobody_would_look_at_is_found_again() -> None:
    """`next_due_at` is a help for finding, and the rows are the truth."""
    escrow = funded()
    Escrow.objects.filter(pk=escrow.pk).update(next_due_at=None)
    assert firing.fire_due(now=after(200)).count == 0
    assert timers.wake_overdue(now=after(200)) == 1
    assert timers.wake_overdue(now=after(200)) == 0
    assert fire(after(200)) == 2
