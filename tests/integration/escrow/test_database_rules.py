"""What the database refuses about escrows by itself, and that its table of moves is the one in the code."""

import itertools
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from core.database.refusals import refusal_name
from escrow import states
from escrow.enums import EscrowStatus
from escrow.models import Condition, Escrow, Lock, Movement, Part, Terms, Timer
from escrow.services import locks, releases
from tests.factories import escrows
from tests.factories.escrows import BACKEND
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


def refused(model: type[Any], **changes: Any) -> str | None:
    """By whatever looks at once, or at the end of the transaction."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        model.objects.update(**changes)
        at_the_end()
    return refusal_name(error.value)


def at_the_end() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def as_in(status: str) -> dict[str, Any]:
    funded = status != "CREATED"
    return {
        "status": status,
        "funded_at": NOW if funded else None,
        "funding_rail": "BANK" if funded else "",
        "closed_at": NOW if status in states.ENDED else None,
    }


def past_the_triggers(**changes: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Escrow.objects.update(**changes)
        cursor.execute("SET session_replication_role = origin")


def test_the_database_allows_exactly_the_edges_of_the_table() -> None:
    escrows.create()
    allowed = {(start.value, end.value) for start, _, end in states.EDGES}
    for number, (start, end) in enumerate(itertools.permutations(EscrowStatus.values, 2), start=10):
        try:
            with transaction.atomic():
                past_the_triggers(**as_in(start), version=number)
                Escrow.objects.update(**as_in(end), version=number + 1)
                transaction.set_rollback(True)
            found = True
        except DatabaseError as error:
            found, names = False, {"escrow_status_moves_legally", "escrow_identity_does_not_change"}
            if refusal_name(error) not in names:
                raise
        assert found == ((start, end) in allowed), (start, end)


@pytest.mark.parametrize(
    ("model", "changes", "constraint"),
    [
        (Escrow, {"livemode": True}, "escrow_identity_does_not_change"),
        (Escrow, {"amount_minor": 1}, "escrow_identity_does_not_change"),
        (Escrow, {"account": "ESC_other"}, "escrow_identity_does_not_change"),
        (Escrow, {"status": "LOCKED"}, "escrow_version_grows"),
        (Escrow, {"status": "LOCKED", "version": 99}, "escrow_is_locked_for_a_reason"),
        (Escrow, {"status": "RELEASED", "closed_at": NOW, "version": 99}, "escrow_ends_with_its_last_part"),
        (Escrow, {"released_minor": 1, "version": 99}, "escrow_is_the_sum_of_its_parts"),
        (Escrow, {"refunded_minor": 1, "version": 99}, "escrow_is_the_sum_of_its_parts"),
        (Escrow, {"refunded_minor": 400_001}, "escrow_gives_back_no_more_than_it_holds"),
        (Escrow, {"closed_at": NOW}, "escrow_is_closed_when_it_ended"),
        (Part, {"amount_minor": 399_999}, "part_ends_once"),
        (Part, {"state": "RELEASED", "settled_at": NOW}, "part_ends_with_its_posting"),
        (Part, {"state": "DIVIDED", "settled_at": NOW}, "part_is_the_sum_of_its_children"),
        (Terms, {"document": {}}, "terms_do_not_change"),
        (Terms, {"state": "PROPOSED"}, "terms_do_not_change"),
        (Condition, {"type": "TIME_ELAPSED"}, "condition_ends_once"),
        (Condition, {"state": "MET"}, "condition_is_met_by_somebody"),
        (Timer, {"due_at": NOW}, "timer_fires_once"),
    ],
)
def test_what_the_database_refuses(model: type[Any], changes: dict[str, Any], constraint: str) -> None:
    escrows.funded()
    at_the_end()
    assert refused(model, **changes) == constraint


def test_what_has_ended_stays_ended() -> None:
    escrow = escrows.meet(escrows.funded())
    releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=NOW)
    assert refused(Part, state="HELD", settled_at=None) == "part_ends_once"
    assert refused(Condition, state="OPEN", met_at=None, met_by="") == "condition_ends_once"
    assert refused(Movement, amount_minor=1) == "escrow_movement_is_append_only"
    movement = Movement.objects.get()
    movement.pk = None
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        movement.save(force_insert=True)
    assert "part_id" in str(error.value), "a part has one movement"


def test_a_movement_names_only_signatures_that_were_given_for_it() -> None:
    escrow = escrows.funded()
    part = Part.objects.get()
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        Part.objects.update(state="RELEASED", settled_at=NOW)
        Movement.objects.create(
            part=part, escrow=escrow, kind="RELEASE", amount_minor=part.amount_minor, entry_id="e", transaction_id="t",
            approval_id="apr_of_nobody", by="x", at=NOW,
        )  # fmt: skip
    assert refusal_name(error.value) == "movement_was_signed"


def test_a_hold_is_lifted_by_another() -> None:
    from core.actors import Actor
    from escrow.enums import LockReason

    escrow = escrows.funded()
    ana = Actor("STAFF", "ana@holdfast.example", frozenset({"COMPLIANCE"}))
    locks.hold(escrow_id=escrow.public_id, livemode=False, reason=LockReason.FRAUD, note="look", actor=ana, now=NOW)
    assert refused(Lock, lifted_at=NOW, lifted_by=str(ana)) == "hold_is_lifted_by_another"
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        Lock.objects.all().delete()
    assert refusal_name(error.value) == "lock_is_lifted_once"
