"""A switch stops one thing. Whatever is not known to be open is closed."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import Actor
from core.audit import selectors as audit_log
from core.database.refusals import refusal_name
from core.switches import selectors
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from tests.factories.switches import opened

pytestmark = pytest.mark.django_db

ON_CALL = Actor("STAFF", "grace@holdfast.test")
NOW = clock.now()
HOUR = timedelta(hours=1)


def close(switch: Switch = Switch.PAYMENTS, **different: object) -> None:
    asked = {"switch": switch, "reason": "acquirer answers twice", "actor": ON_CALL, "now": NOW}
    switches.close(**{**asked, **different})  # type: ignore[arg-type]


def reopen(switch: Switch = Switch.PAYMENTS, **different: object) -> None:
    asked = {"switch": switch, "reason": "acquirer is well", "actor": ON_CALL, "now": NOW}
    opened(**{**asked, **different})


@pytest.mark.parametrize("switch", Switch)
def test_every_switch_is_installed_open(switch: Switch) -> None:
    switches.require_open(switch, now=NOW)


def test_closing_one_stops_that_one_only() -> None:
    close(Switch.CARD_REVEAL)
    with pytest.raises(switches.SwitchClosed) as refused:
        switches.require_open(Switch.CARD_REVEAL, now=NOW)
    assert (refused.value.code, refused.value.status) == ("OPERATION_SUSPENDED", 503)
    switches.require_open(Switch.PAYMENTS, now=NOW)


def test_the_caller_is_not_told_why() -> None:
    close(reason="fraud ring around provider_456")
    with pytest.raises(switches.SwitchClosed) as refused:
        switches.require_open(Switch.PAYMENTS, now=NOW)
    assert "fraud" not in refused.value.detail


def test_closed_for_half_an_hour_opens_by_itself() -> None:
    close(expires_at=NOW + timedelta(minutes=30))
    assert [switches.is_open(Switch.PAYMENTS, now=NOW + timedelta(minutes=m)) for m in (0, 29, 30)] == [
        False, False, True,
    ]  # fmt: skip


def test_a_shorter_closing_does_not_end_a_lasting_one() -> None:
    close()
    close(expires_at=NOW + HOUR)
    assert not switches.is_open(Switch.PAYMENTS, now=NOW + 2 * HOUR)


def test_opened_for_an_hour_falls_back_to_closed() -> None:
    close()
    reopen(expires_at=NOW + HOUR)
    assert switches.is_open(Switch.PAYMENTS, now=NOW)
    assert not switches.is_open(Switch.PAYMENTS, now=NOW + HOUR)


def test_a_scope_can_be_closed_alone_but_never_opened_alone() -> None:
    close(scope="gateway:sandbox")
    assert not switches.is_open(Switch.PAYMENTS, now=NOW, scopes=["gateway:sandbox"])
    assert switches.is_open(Switch.PAYMENTS, now=NOW, scopes=["gateway:other", "party:cus_1"])
    assert switches.is_open(Switch.PAYMENTS, now=NOW)
    close()
    reopen(scope="gateway:sandbox")
    assert not switches.is_open(Switch.PAYMENTS, now=NOW, scopes=["gateway:sandbox"])


def test_a_name_nobody_declared_is_closed() -> None:
    with pytest.raises(switches.SwitchClosed):
        switches.require_open("PAYMENT", now=NOW)  # type: ignore[arg-type]


def test_a_switch_without_any_row_is_closed() -> None:
    """A database restored without its rows, or rows removed by hand."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM switches_turn WHERE switch = 'REFUNDS'")
    switches.forget_cache()
    with pytest.raises(switches.SwitchClosed):
        switches.require_open(Switch.REFUNDS, now=NOW)
    switches.require_open(Switch.PAYMENTS, now=NOW)


def test_a_table_that_cannot_be_read_closes_everything() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE switches_turn RENAME TO switches_elsewhere")
        switches.forget_cache()
        with transaction.atomic():
            assert not switches.is_open(Switch.PAYMENTS, now=NOW)
            transaction.set_rollback(True)
        transaction.set_rollback(True)


def test_answers_are_remembered_for_two_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr(switches.time, "monotonic", lambda: moment[0])
    with CaptureQueriesContext(connection) as queries:
        for _ in range(50):
            switches.require_open(Switch.PAYMENTS, now=NOW)
    assert len(queries) == 1
    moment[0] = 102.0
    with CaptureQueriesContext(connection) as queries:
        switches.require_open(Switch.PAYMENTS, now=NOW)
    assert len(queries) == 1


def test_a_turn_is_seen_at_once_where_it_was_made() -> None:
    switches.require_open(Switch.PAYMENTS, now=NOW)
    close()
    assert not switches.is_open(Switch.PAYMENTS, now=NOW)


def test_both_directions_are_in_the_audit_record() -> None:
    close(expires_at=NOW + HOUR)
    reopen()
    closed, opened = audit_log.list_for_subject("switch:PAYMENTS")
    assert (closed.action, opened.action) == ("switches.switch.closed", "switches.switch.opened")
    assert closed.facts == {
        "approval": None,
        "expires_at": (NOW + HOUR).isoformat(),
        "owner": "STAFF:grace@holdfast.test",
        "reason": "acquirer answers twice",
        "scope": "",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"expires_at": NOW},
        {"switch": "PAYMENT"},
        {"reason": "x" * 201},
        {"scope": "gateway:" + "x" * 121},
        {"scope": "endpoint:whe_1"},
        {"scope": "gateway:"},
        {"scope": "gateway: sandbox"},
        {"scope": "provider_456"},
        {"switch": Switch.CARD_REVEAL, "scope": "party:cus_1"},
    ],
)
def test_a_turn_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    before = SwitchTurn.objects.count()
    with pytest.raises(switches.UnableToTurn):
        close(**wrong)  # type: ignore[arg-type]
    assert SwitchTurn.objects.count() == before


def test_turns_cannot_be_rewritten() -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        SwitchTurn.objects.update(state="OPEN")
    assert refusal_name(refused.value) == "switches_turn_is_append_only"


def test_installing_again_opens_nothing_that_was_closed() -> None:
    close()
    switches.install(now=NOW)
    assert not switches.is_open(Switch.PAYMENTS, now=NOW)


def test_the_list_shows_what_is_in_force() -> None:
    close(Switch.CARD_REVEAL, expires_at=NOW + HOUR)
    close(Switch.PAYMENTS, scope="gateway:sandbox")
    shown = {(turn.switch, turn.scope): turn.state for turn in selectors.list_in_force(NOW)}
    assert shown[("CARD_REVEAL", "")] == "CLOSED"
    assert shown[("PAYMENTS", "gateway:sandbox")] == "CLOSED"
    assert shown[("PAYMENTS", "")] == "OPEN"
    assert {turn.state for turn in selectors.list_in_force(NOW + HOUR) if not turn.scope} == {"OPEN"}
