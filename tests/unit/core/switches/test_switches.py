"""A switch stops one thing. Whatever is not known to be open is closed."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.approvals.refusals import ContentChanged
from core.audit import selectors as audit_log
from core.database.refusals import refusal_name
from core.switches import selectors
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from tests.factories.switches import ON_CALL, asked, controller, opened, signed

pytestmark = pytest.mark.django_db

NOW = clock.now()
HOUR = timedelta(hours=1)


def close(switch: Switch = Switch.PAYMENTS, **different: object) -> None:
    asked = {"switch": switch, "reason": "acquirer answers twice", "actor": ON_CALL, "now": NOW}
    switches.close(**{**asked, **different})  # type: ignore[arg-type]


def reopen(switch: Switch = Switch.PAYMENTS, *, scope: str = "", minutes: int = 0) -> SwitchTurn:
    return opened(switch, scope=scope, minutes=minutes, now=NOW)


@pytest.mark.parametrize("switch", sorted(set(Switch) - {Switch.FRAUD_BYPASS}))
def test_every_switch_is_installed_open(switch: Switch) -> None:
    switches.require_open(switch, now=NOW)


def test_a_way_round_a_check_is_installed_closed() -> None:
    assert switches.find_way_round(Switch.FRAUD_BYPASS, now=NOW) is None
    assert switches.list_ways_round(now=NOW) == []


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
    reopen(minutes=60)
    assert switches.is_open(Switch.PAYMENTS, now=NOW)
    assert not switches.is_open(Switch.PAYMENTS, now=NOW + HOUR)


def test_a_scope_can_be_closed_alone_but_never_opened_alone() -> None:
    close(scope="gateway:sandbox")
    assert not switches.is_open(Switch.PAYMENTS, now=NOW, scopes=["gateway:sandbox"])
    assert switches.is_open(Switch.PAYMENTS, now=NOW, scopes=["gateway:other", "party:cus_1"])
    assert switches.is_open(Switch.PAYMENTS, now=NOW)
    reopen(scope="gateway:sandbox")
    assert switches.is_open(Switch.PAYMENTS, now=NOW, scopes=["gateway:sandbox"])
    close()
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
    later = {turn.switch: turn.state for turn in selectors.list_in_force(NOW + HOUR) if not turn.scope}
    assert later.pop("FRAUD_BYPASS") == "CLOSED"
    assert set(later.values()) == {"OPEN"}


def test_one_person_alone_opens_nothing() -> None:
    close()
    person, request = controller(), asked(now=NOW)
    assert not switches.is_open(Switch.PAYMENTS, now=NOW)
    assert request.state == "PENDING"
    signed(request, person, now=NOW)
    switches.require_open(Switch.PAYMENTS, now=NOW)


def test_an_opening_names_its_approval_and_who_answers_for_it() -> None:
    close()
    turn = reopen()
    assert turn.approval_id.startswith("apr_")
    assert turn.responsible == str(ON_CALL)
    assert turn.actor != str(ON_CALL)
    (opened_entry,) = [
        entry for entry in audit_log.list_for_subject("switch:PAYMENTS") if entry.action.endswith("opened")
    ]
    assert opened_entry.facts["approval"] == turn.approval_id


def test_a_turn_that_comes_in_between_voids_what_was_asked() -> None:
    """The signer was told why it is closed; now it is closed for another reason."""
    close()
    person, request = controller(), asked(now=NOW)
    close(reason="duplicate charges seen")
    with pytest.raises(ContentChanged):
        signed(request, person, now=NOW)
    assert not switches.is_open(Switch.PAYMENTS, now=NOW)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({}, "is open everywhere"),
        ({"scope": "gateway:sandbox"}, "was never closed"),
        ({"scope": "sandbox"}, "is stopped everywhere or by"),
    ],
)
def test_nobody_is_asked_to_sign_for_nothing(wanted: dict[str, str], why: str) -> None:
    controller()
    with pytest.raises(switches.UnableToTurn, match=why):
        asked(now=NOW, **wanted)


def test_an_opening_against_a_lasting_closing_has_a_longest_time() -> None:
    controller()
    close()
    with pytest.raises(switches.UnableToTurn, match="at most 72 hours"):
        asked(minutes=72 * 60 + 1, now=NOW)
    asked(minutes=72 * 60, now=NOW)


class TestWhatTheDatabaseSays:
    """Whoever writes past the services."""

    def insert(self, **different: object) -> None:
        SwitchTurn.objects.create(
            **{
                "switch": "PAYMENTS",
                "state": "OPEN",
                "reason": "let me in",
                "actor": "SYSTEM:holdfast",
                "turned_at": NOW,
                **different,
            }
        )

    def refusal(self, **different: object) -> str | None:
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            self.insert(**different)
        return refusal_name(refused.value)

    def test_an_opening_without_an_approval_is_refused(self) -> None:
        close()
        assert self.refusal() == "switch_opens_by_approval"
        assert self.refusal(scope="gateway:sandbox") == "switch_opens_by_approval"

    def test_an_approval_that_nobody_signed_opens_nothing(self) -> None:
        close()
        controller()
        assert self.refusal(approval_id=asked(now=NOW).request_id) == "act_is_approved"

    def test_an_approval_of_one_switch_opens_no_other(self) -> None:
        close()
        turn = reopen()
        assert self.refusal(switch="REFUNDS", approval_id=turn.approval_id) == "act_is_approved"

    def test_an_approval_opens_once(self) -> None:
        close()
        turn = reopen()
        assert self.refusal(approval_id=turn.approval_id) == "switch_approval_is_used_once"

    def test_the_shipped_row_of_a_new_switch_needs_none_and_comes_once(self) -> None:
        self.insert(switch="NEW_THING")
        assert self.refusal(switch="NEW_THING") == "switch_opens_by_approval"
        assert self.refusal(switch="OTHER_THING", actor="STAFF:grace@holdfast.test") == "switch_opens_by_approval"
        assert self.refusal(switch="OTHER_THING", expires_at=NOW + HOUR) == "switch_opens_by_approval"

    def test_closing_needs_nobody(self) -> None:
        self.insert(state="CLOSED", actor="STAFF:grace@holdfast.test")
        assert not switches.is_open(Switch.PAYMENTS, now=NOW)

    def test_a_closing_is_not_approved(self) -> None:
        assert self.refusal(state="CLOSED", approval_id="apr_1") == "only_an_opening_turn_is_approved"
