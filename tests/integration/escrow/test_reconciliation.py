"""Runs: what they add up to, what they halt, whom they tell, what they keep, and that one runs at a time."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from core.actors import Actor
from core.outbox import services as outbox
from core.switches import selectors as turns
from core.switches.enums import Switch
from core.switches.services import SwitchClosed
from core.work import services as work
from escrow.enums_reconciliation import RunOrigin
from escrow.models import Break, Certificate, Escrow, ReconciliationRun, StateExport
from escrow.services import comparing, escrows, reconciliation
from escrow.services.reconciliation import NotAllowedToReconcile, ReconciliationUnderWay
from ops.models import Incident
from tests.factories import switches as openings
from tests.factories.payments import NOW
from tests.factories.reconciliation import TREASURY, found, held, only, released, run, tamper

pytestmark = pytest.mark.django_db

NIGHT = NOW.replace(hour=3) + timedelta(days=1)


def damage(escrow: Escrow, by: int = 100) -> None:
    """The ledger holds less than the escrow says, past every rule."""
    tamper(
        "UPDATE ledger_balance SET posted_minor = posted_minor - %s WHERE account_id ="
        " (SELECT id FROM ledger_account WHERE code = 'escrow_held:' || %s)",
        by,
        escrow.account,
    )


def test_a_book_that_agrees_is_clean_and_says_what_it_adds_up_to() -> None:
    released(held(), 20_000)
    held()
    made = run()
    assert (made.state, made.found) == ("CLEAN", 0), found()
    assert {check["found"] for check in made.checks} == {0}
    assert made.totals["escrows"] == [
        {"status": "FUNDED", "currency": "USD", "count": 2, "amountMinor": 92_000, "heldMinor": 72_000,
         "releasedMinor": 20_000, "refundedMinor": 0}
    ]  # fmt: skip
    balances = {row["kind"]: row["postedMinor"] for row in made.totals["balances"]}
    assert (balances["escrow_held"], balances["provider_payable"]) == (72_000, 20_000)
    assert made.totals["movements"] == [{"kind": "RELEASE", "currency": "USD", "count": 1, "sumMinor": 20_000}]


def test_the_books_do_not_see_each_other() -> None:
    damage(held())
    assert run(book="live").state == "CLEAN"
    assert run(book="test").state == "BROKEN"


def test_a_break_is_found_again_with_its_age_and_cleared_when_it_is_gone() -> None:
    escrow = held()
    damage(escrow)
    first = run()
    row = only("BALANCE_DIFFERS")
    damage(escrow)
    again = run(now=NOW + timedelta(hours=5))
    row.refresh_from_db()
    assert (again.found, again.fresh) == (1, 0)
    assert (row.first_seen_at, row.last_seen_at) == (NOW, NOW + timedelta(hours=5))
    assert (row.first_run_id, row.last_run_id, row.actual_minor) == (first.pk, again.pk, 45_800)
    damage(escrow, -200)
    last = run(now=NOW + timedelta(hours=6))
    row.refresh_from_db()
    assert (last.state, last.cleared, row.state) == ("CLEAN", 1, "CLEARED")
    damage(escrow)
    run(now=NOW + timedelta(hours=7))
    assert only("BALANCE_DIFFERS").public_id != row.public_id, "what comes back is another break"


def test_money_that_differs_halts_its_escrow_alone_opens_an_incident_and_keeps_the_state() -> None:
    escrow, other = held(), held()
    damage(escrow)
    made = run()
    outbox.drain(now=NOW)

    incident = Incident.objects.get()
    assert (incident.alarm, incident.subject, incident.severity) == (
        "escrow.discrepancy", f"escrow:{escrow.public_id}", "P1",
    )  # fmt: skip
    assert incident.summary == (
        f"Reconciliation of the test book found 1 BALANCE_DIFFERS. Movements of escrow:{escrow.public_id} are halted."
    )
    assert incident.url.endswith(f"/reconciliation/{made.public_id}/")

    turn = turns.find_in_force(switch=Switch.ESCROW_MOVEMENTS, scope=f"escrow:{escrow.public_id}", now=NOW)
    assert turn is not None
    assert (turn.state, turn.actor, turn.reason) == (
        "CLOSED", "SYSTEM:holdfast", f"reconciliation {made.public_id}: 1 BALANCE_DIFFERS",
    )  # fmt: skip

    export = StateExport.objects.get(run=made)
    assert export.sha256 == hashlib.sha256(export.content.encode()).hexdigest()
    kept = json.loads(export.content)
    [row] = kept["escrows"]
    assert (row["escrowId"], row["heldMinor"], row["ledgerMinor"]) == (escrow.public_id, 46_000, 45_900)
    assert [entry["reference"] for entry in kept["entries"]] == [escrow.payment.public_id]
    assert other.public_id not in export.content


def test_a_halted_book_keeps_the_state_of_every_escrow() -> None:
    held(), held()
    tamper("UPDATE ledger_delta SET posted_minor = -1000000 WHERE id = (SELECT min(id) FROM ledger_delta)")
    made = run()
    assert "COVER_SHORT" in {row[0] for row in found()}
    export = StateExport.objects.get(run=made)
    kept = json.loads(export.content)
    assert (export.scope, len(kept["escrows"]), len(kept["entries"])) == ("book:test", 2, 2)


def test_a_scope_is_halted_once_and_again_when_people_opened_it_too_soon() -> None:
    escrow = held()
    damage(escrow)
    run()
    scope = f"escrow:{escrow.public_id}"
    run(now=NOW + timedelta(hours=1))
    assert StateExport.objects.count() == 1, "what was kept at the first halt stays the one"
    openings.opened(Switch.ESCROW_MOVEMENTS, scope=scope, now=NOW + timedelta(hours=2))
    run(now=NOW + timedelta(hours=3))
    turn = turns.find_in_force(switch=Switch.ESCROW_MOVEMENTS, scope=scope, now=NOW + timedelta(hours=3))
    assert turn is not None
    assert turn.state == "CLOSED"
    assert StateExport.objects.count() == 2
    outbox.drain(now=NOW + timedelta(hours=3))
    assert Incident.objects.get().hits == 2


def test_what_is_only_left_behind_halts_nothing_and_is_one_milder_incident() -> None:
    escrow = released(held(), 20_000)
    tamper("DELETE FROM audit_entry WHERE action = 'escrow.escrow.released'")
    tamper("UPDATE escrow_escrow SET status = 'DISPUTED' WHERE id = %s", escrow.pk)
    run()
    outbox.drain(now=NOW)
    incident = Incident.objects.get()
    assert (incident.alarm, incident.subject, incident.severity) == ("escrow.left_behind", "book:test", "P2")
    assert not StateExport.objects.exists()


def test_one_runs_at_a_time_in_a_book() -> None:
    waiting = reconciliation.request(book="test", is_full=False, origin=RunOrigin.PAGE, actor=TREASURY, now=NOW)
    with pytest.raises(ReconciliationUnderWay, match=waiting.public_id):
        run()
    assert run(book="live").state == "CLEAN"
    with pytest.raises(IntegrityError, match="book_is_reconciled_once_at_a_time"), transaction.atomic():
        ReconciliationRun.objects.create(
            public_id="rec_other", book="test", origin="PAGE", is_full=False, state="RUNNING", requested_by="x",
            requested_at=NOW,
        )  # fmt: skip
    work.drain(now=NOW)
    waiting.refresh_from_db()
    assert waiting.state == "CLEAN"
    assert reconciliation.perform(run_id=waiting.public_id, now=NOW).finished_at == NOW, "it has its answer"


def test_a_run_whose_process_died_is_ended_after_an_hour() -> None:
    waiting = reconciliation.request(book="test", is_full=False, origin=RunOrigin.PAGE, actor=TREASURY, now=NOW)
    assert run(now=NOW + timedelta(minutes=61)).state == "CLEAN"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.problem) == ("FAILED", "its process did not finish it")


def test_a_run_that_cannot_compare_says_that_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise DatabaseError("secret row values")

    monkeypatch.setattr(comparing, "compare", fail)
    made = run()
    assert (made.state, made.problem) == ("FAILED", "DatabaseError")
    assert not Certificate.objects.exists()


def test_only_treasury_asks_for_a_run() -> None:
    support = Actor("STAFF", "who@holdfast.example", frozenset({"FRAUD_ANALYST"}))
    with pytest.raises(NotAllowedToReconcile):
        reconciliation.request(book="test", is_full=False, origin=RunOrigin.PAGE, actor=support, now=NOW)


@pytest.mark.parametrize(("hour", "runs"), [(2, 0), (3, 2), (23, 2)])
def test_every_night_from_its_hour_on_both_books_are_reconciled_once(hour: int, runs: int) -> None:
    at = NIGHT.replace(hour=hour)
    assert len(reconciliation.run_nightly(now=at)) == runs
    assert reconciliation.run_nightly(now=at + timedelta(minutes=15)) == []
    assert Certificate.objects.count() == runs


def test_a_night_that_failed_is_tried_again_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(comparing, "compare", fail)
        reconciliation.run_nightly(now=NIGHT)
    assert set(ReconciliationRun.objects.values_list("state", flat=True)) == {"FAILED"}
    again = reconciliation.run_nightly(now=NIGHT + timedelta(minutes=15))
    assert [each.state for each in again] == ["CLEAN", "CLEAN"]


def test_a_finished_run_and_what_it_found_stay_as_they_are() -> None:
    damage(held())
    made = run()
    row = only("BALANCE_DIFFERS")
    for change in (
        lambda: ReconciliationRun.objects.filter(pk=made.pk).update(found=0),
        lambda: Break.objects.filter(pk=row.pk).update(subject="ESC_OTHER"),
        lambda: Break.objects.filter(pk=row.pk).delete(),
        lambda: ReconciliationRun.objects.filter(pk=made.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match=r"final|kept"), transaction.atomic():
            change()


def test_a_halted_escrow_releases_nothing() -> None:
    escrow = held()
    damage(escrow)
    run()
    with pytest.raises(SwitchClosed):
        escrows.require_movable(escrow, escrows.money(escrow, 100), now=NOW)
