"""When the time of a turn is over somebody is told, exactly once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from core import clock
from core.audit import selectors as audit_log
from core.outbox.models import Event
from core.switches import expiry, selectors
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchExpiry, SwitchTurn
from core.switches.tasks import notice_expiries
from tests.factories.switches import ON_CALL, opened

NOW = clock.now()
HALF_AN_HOUR = timedelta(minutes=30)
LATER = NOW + HALF_AN_HOUR


def close(**different: object) -> SwitchTurn:
    wanted = {"switch": Switch.REFUNDS, "reason": "a drill", "actor": ON_CALL, "now": NOW}
    return switches.close(**{**wanted, **different})  # type: ignore[arg-type]


def told() -> list[dict[str, object]]:
    return [event.payload for event in Event.objects.filter(name="switches.switch_turn_ran_out").order_by("id")]


@pytest.mark.django_db
def test_told_once_and_not_before() -> None:
    turn = close(expires_at=LATER)
    notice_expiries(now=LATER - timedelta(seconds=1))
    assert told() == []
    for _ in range(3):
        notice_expiries(now=LATER)
    (event,) = told()
    assert (event["turn_id"], event["state"], event["owner"]) == (turn.pk, "OPEN", str(ON_CALL))
    entries = [entry for entry in audit_log.list_for_subject("switch:REFUNDS") if entry.action.endswith("ran_out")]
    assert [entry.facts["turn"] for entry in entries] == [turn.pk]


@pytest.mark.django_db
def test_it_says_what_is_in_force_since() -> None:
    close()
    close(expires_at=LATER)
    notice_expiries(now=LATER)
    assert [event["state"] for event in told()] == ["CLOSED"]


@pytest.mark.django_db
def test_an_opening_that_ends_is_told_as_well() -> None:
    close()
    turn = opened(Switch.REFUNDS, minutes=30, now=NOW)
    notice_expiries(now=LATER)
    assert [(event["turn_id"], event["state"]) for event in told()] == [(turn.pk, "CLOSED")]


@pytest.mark.django_db
def test_a_part_falls_back_to_what_is_everywhere() -> None:
    close(scope="gateway:sandbox", expires_at=LATER)
    notice_expiries(now=LATER)
    assert [(event["scope"], event["state"]) for event in told()] == [("gateway:sandbox", "OPEN")]


@pytest.mark.django_db(transaction=True)
def test_of_eight_that_notice_at_once_one_tells() -> None:
    turn = close(expires_at=LATER)

    def run(_: int) -> bool:
        try:
            return expiry.notice(turn=turn, now=LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(run, range(8))) == [False] * 7 + [True]
    assert len(told()) == SwitchExpiry.objects.count() == 1
    assert selectors.list_ended_unnoticed(LATER) == []
