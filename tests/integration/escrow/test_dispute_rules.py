"""What the database refuses about disputes and debts by itself; its table of moves is the one in the code."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from core.database.refusals import refusal_name, sqlstate
from escrow import dispute_states
from escrow.dispute_enums import DisputeState
from escrow.models import Dispute, DisputeCause, Escrow, Evidence, Movement, Part, Receivable, Recovery, Submission
from tests.factories import escrows, staff
from tests.factories.disputes import DAY, heard, mediator, raised, said
from tests.factories.escrows import BACKEND

pytestmark = pytest.mark.django_db


def refusal(act: Any) -> str | None:
    """The name of what refuses it, at once or at the end of the transaction."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return refusal_name(error.value)


def changed(model: type[Any], **changes: Any) -> str | None:
    return refusal(lambda: model.objects.update(**changes))


def as_in(state: str, dispute: Dispute) -> dict[str, Any]:
    """Columns that stand in this state, whoever came there."""
    ended, decided = state in dispute_states.ENDED, state in ("PROPOSED", "RESOLVED")
    return {
        "state": state,
        "mediator": "" if state == "OPEN" else "mia@holdfast.example",
        "escalated_at": DAY if state in ("ESCALATED", "PROPOSED") else dispute.escalated_at,
        "outcome": "REFUND" if decided else "",
        "release_minor": 0 if decided else None,
        "refund_minor": 0 if decided else None,
        "resolved_how": "NETWORK" if state == "RESOLVED" else "",
        "resolution_reason": "r" if state == "RESOLVED" else "",
        "ended_by": "SYSTEM:holdfast" if ended else "",
        "ended_at": DAY if ended else None,
    }


def test_the_database_allows_exactly_the_edges_of_the_table() -> None:
    dispute = raised(escrows.funded(80_000))
    DisputeCause.objects.create(dispute=dispute, kind="CHARGEBACK", reference="cb_1", amount_minor=1, at=DAY)
    allowed = {(start.value, end.value) for start, end in dispute_states.EDGES}
    for start, end in itertools.permutations(DisputeState.values, 2):
        columns = as_in(end, dispute) | ({"escalated_at": DAY} if start in ("ESCALATED", "PROPOSED") else {})
        name = ""
        try:
            with transaction.atomic():
                past_the_triggers(**as_in(start, dispute))
                Dispute.objects.update(**columns)
                transaction.set_rollback(True)
        except DatabaseError as error:
            name = refusal_name(error) or "another"
        if (start, end) in allowed:
            assert name == "", (start, end, name)
        else:
            assert name in ("dispute_state_moves_legally", "dispute_does_not_change"), (start, end, name)


def past_the_triggers(**columns: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Dispute.objects.update(**columns)
        cursor.execute("SET session_replication_role = origin")


def test_what_a_dispute_is_about_stays() -> None:
    raised(escrows.funded(80_000))
    for changes in ({"amount_minor": 1}, {"raised_by": "STAFF:x"}, {"auto_resolution_at": DAY + timedelta(days=300)}):
        assert changed(Dispute, **changes) == "dispute_does_not_change"
    assert refusal(lambda: Dispute.objects.all()._raw_delete("default")) == "dispute_is_never_deleted"
    assert changed(Dispute, taken_minor=80_001) == "dispute_amount_is_positive"
    assert changed(Dispute, state="EVIDENCE", mediator="") == "dispute_is_heard_by_somebody"


def test_whoever_raised_it_neither_mediates_nor_resolves_it() -> None:
    raiser = staff.person("TREASURY").user.actor()
    raised(escrows.funded(80_000), side="STAFF", actor=raiser)
    assert changed(Dispute, state="EVIDENCE", mediator=raiser.id) == "dispute_is_mediated_by_another"
    ended = {"state": "RESOLVED", "outcome": "REFUND", "release_minor": 0, "refund_minor": 80_000, "ended_at": DAY}
    said_why = {"resolution_reason": "r", "resolved_how": "MEDIATOR"}
    assert changed(Dispute, **ended, **said_why, ended_by=str(raiser)) == "dispute_is_resolved_by_another"
    assert changed(Dispute, **ended, **said_why, ended_by="STAFF:x") == "dispute_is_decided_by_its_mediator"
    withdrawn = {"state": "WITHDRAWN", "ended_at": DAY, "ended_by": "STAFF:somebody@else.example"}
    assert changed(Dispute, **withdrawn) == "dispute_is_withdrawn_by_its_raiser"


def test_how_it_was_resolved_is_true() -> None:
    by, escrow = mediator(), escrows.funded(200_000)
    dispute = heard(escrow, by=by)
    ended = {
        "state": "RESOLVED", "outcome": "REFUND", "release_minor": 0, "refund_minor": 200_000, "ended_at": DAY,
        "resolution_reason": "r",
    }  # fmt: skip
    mine, program = {"ended_by": str(by)}, {"ended_by": "SYSTEM:holdfast"}
    assert changed(Dispute, **ended, **mine, resolved_how="MEDIATOR") == "escalated_dispute_is_signed"
    assert changed(Dispute, **ended, **mine, resolved_how="SIGNED", approval_id="apr_none") == "act_is_approved"
    assert changed(Dispute, **ended, **program, resolved_how="CLOCK") == "dispute_ends_by_itself_at_its_day"
    late = ended | {"ended_at": dispute.auto_resolution_at}
    assert changed(Dispute, **late, **mine, resolved_how="CLOCK") == "dispute_ends_by_itself_at_its_day"
    assert changed(Dispute, **ended, **program, resolved_how="NETWORK") == "dispute_is_resolved_by_its_network"
    assert changed(Dispute, **ended | {"refund_minor": 200_001}, **mine, resolved_how="MEDIATOR") in (
        "dispute_disposes_of_no_more_than_is_disputed", "escalated_dispute_is_signed",
    )  # fmt: skip


def test_an_escrow_is_disputed_exactly_while_a_dispute_is_open() -> None:
    escrow = escrows.funded(80_000)
    name = "escrow_is_disputed_while_a_dispute_is_open"
    assert changed(Escrow, status="DISPUTED", version=50) == name
    raised(escrow)
    assert changed(Escrow, status="FUNDED", version=60) == name
    assert changed(Dispute, state="WITHDRAWN", ended_at=DAY, ended_by=str(BACKEND)) == name


def test_nothing_moves_while_it_is_open() -> None:
    escrow = escrows.funded(80_000)
    raised(escrow)
    part = Part.objects.get()

    def move(kind: str, state: str) -> None:
        Part.objects.filter(pk=part.pk).update(state=state, settled_at=DAY)
        Movement.objects.create(
            part=part, escrow=escrow, kind=kind, amount_minor=80_000, entry_id="e", transaction_id="t", by="x", at=DAY
        )

    assert refusal(lambda: move("RELEASE", "RELEASED")) == "movement_waits_for_the_dispute"
    assert refusal(lambda: move("REFUND", "REFUNDED")) == "movement_waits_for_the_dispute"


def test_one_open_dispute_and_one_submission_a_side() -> None:
    escrow = escrows.funded(80_000)
    dispute = raised(escrow)
    said(escrow, "PAYER")
    copy = Dispute.objects.get()
    copy.pk, copy.public_id = None, "dsp_other"
    assert refusal(lambda: copy.save(force_insert=True)) == "escrow_has_one_open_dispute"
    more = {"dispute": dispute, "side": "PAYER", "by": "x", "at": DAY}
    assert (
        refusal(lambda: Submission.objects.create(**more, digest="d", documents=0))
        == "evidence_is_closed_once_submitted"
    )
    assert (
        refusal(lambda: Evidence.objects.create(**more, kind="STATEMENT", text="t"))
        == "evidence_is_closed_once_submitted"
    )
    late = more | {"side": "PAYEE", "at": dispute.evidence_due_at}
    assert refusal(lambda: Evidence.objects.create(**late, kind="STATEMENT", text="t")) == "evidence_comes_in_time"
    assert refusal(
        lambda: Evidence.objects.create(**more | {"side": "PAYEE"}, kind="DOCUMENT", name="n", sha256="no")
    ) == ("evidence_is_a_statement_or_a_document")


@pytest.mark.parametrize("model", [DisputeCause, Evidence, Submission])
def test_what_was_said_stays(model: type[Any]) -> None:
    escrow = escrows.funded(80_000)
    raised(escrow)
    said(escrow, "PAYER")
    assert model.objects.exists()
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        model.objects.update(dispute_id=1)
    assert sqlstate(error.value) == "HF001"


def test_a_debt_only_gets_smaller_by_rows_that_say_how() -> None:
    escrow = escrows.funded(80_000)
    debt = Receivable.objects.create(
        public_id="rcv_1", livemode=False, party=escrow.payee, escrow=escrow, cause="cb_1", amount_minor=100,
        currency="USD", opened_at=DAY,
    )  # fmt: skip
    assert changed(Receivable, amount_minor=50) == "receivable_only_gets_smaller"
    assert changed(Receivable, recovered_minor=40) == "receivable_is_the_sum_of_its_recoveries"
    assert changed(Receivable, recovered_minor=101) == "receivable_is_paid_no_more_than_once"
    assert changed(Receivable, state="RECOVERED", closed_at=DAY) == "receivable_is_closed_when_nothing_is_owed"
    written_off = {"state": "WRITTEN_OFF", "written_off_minor": 100, "closed_at": DAY, "approval_id": "apr_none"}
    assert changed(Receivable, **written_off) == "act_is_approved"
    Recovery.objects.create(receivable=debt, kind="SETTLED", amount_minor=40, at=DAY)
    Receivable.objects.update(recovered_minor=40)
    assert changed(Receivable, recovered_minor=30) == "receivable_only_gets_smaller"
    debt.pk, debt.public_id = None, "rcv_2"
    assert refusal(lambda: debt.save(force_insert=True)) == "receivable_is_opened_once_for_a_cause"
