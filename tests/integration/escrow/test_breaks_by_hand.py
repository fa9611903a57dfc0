"""Each break made by hand, past the rules of the database: found under its name, with what was expected and what is."""

from datetime import datetime, timedelta

import pytest

from core.actors import SYSTEM
from core.money import Money
from core.parameters import services as parameters
from core.switches import selectors as turns
from core.switches import services as switches
from core.switches.enums import Switch
from escrow.break_kinds import TERMS, BreakKind
from escrow.enums import LockReason
from escrow.models import Movement
from escrow.services import locks
from ledger import chart
from ledger.services import journal
from tests.factories.payments import NOW
from tests.factories.reconciliation import behind_the_rules, found, held, imported, later, only, released, run, tamper

pytestmark = pytest.mark.django_db


def halted() -> set[str]:
    return {
        turn.scope
        for turn in turns.list_in_force(NOW)
        if turn.switch == Switch.ESCROW_MOVEMENTS and turn.state == "CLOSED"
    }


def post(debit: str, credit: str, amount: int, *, now: datetime = NOW, reference: str = "by hand") -> str:
    return journal.post(
        book="test",
        kind="tests.posted",
        legs=[journal.Leg.debit(debit, Money(amount)), journal.Leg.credit(credit, Money(amount))],
        reference=reference,
        idempotency_key=f"{debit}:{credit}:{amount}:{now}",
        effective_at=now,
        now=now,
    ).entry_id


def test_an_escrow_that_says_it_holds_more_than_the_ledger() -> None:
    escrow = held()
    other = held()
    tamper("UPDATE escrow_escrow SET amount_minor = 46100 WHERE id = %s", escrow.pk)
    run()
    # The parts are a third opinion, so two things differ.
    assert ("BALANCE_DIFFERS", escrow.public_id, 46_100, 46_000) in found()
    assert ("PARTS_DIFFER", escrow.public_id, 46_100, 46_000) in found()
    assert halted() == {f"escrow:{escrow.public_id}"}
    assert other.public_id not in {row[1] for row in found()}


def test_a_ledger_account_that_was_touched_past_the_journal() -> None:
    escrow = held()
    tamper(
        "UPDATE ledger_balance SET posted_minor = 45999 WHERE account_id ="
        " (SELECT id FROM ledger_account WHERE code = %s)",
        chart.escrow_held(escrow.account),
    )
    run()
    assert found() == [("BALANCE_DIFFERS", escrow.public_id, 46_000, 45_999)]
    assert only("BALANCE_DIFFERS").account == chart.escrow_held(escrow.account)


def test_a_part_that_lost_a_dollar() -> None:
    escrow = held()
    tamper("UPDATE escrow_part SET amount_minor = amount_minor - 100 WHERE escrow_id = %s", escrow.pk)
    run()
    assert ("PARTS_DIFFER", escrow.public_id, 46_000, 45_900) in found()


def test_an_escrow_that_says_it_released_what_no_movement_did() -> None:
    escrow = released(held(), 20_000)
    tamper("UPDATE escrow_escrow SET released_minor = 20100 WHERE id = %s", escrow.pk)
    run()
    assert ("RELEASED_DIFFERS", escrow.public_id, 20_000, 20_100) in found()


def test_an_escrow_that_says_it_gave_back_what_no_movement_did() -> None:
    escrow = held()
    tamper("UPDATE escrow_escrow SET refunded_minor = 500 WHERE id = %s", escrow.pk)
    run()
    assert ("REFUNDED_DIFFERS", escrow.public_id, 0, 500) in found()


def test_an_escrow_that_is_over_while_money_is_held() -> None:
    escrow = held()
    tamper("UPDATE escrow_escrow SET status = 'RELEASED', closed_at = %s WHERE id = %s", NOW, escrow.pk)
    run()
    assert found() == [("STATUS_DIFFERS", escrow.public_id, None, None)]
    assert only("STATUS_DIFFERS").detail == "RELEASED while 46000 are held"


def test_money_for_an_escrow_that_is_not_there_is_waited_for_and_then_found() -> None:
    account = chart.escrow_held("ESC_1703123456789_NOWHERE1")
    post(chart.ACQUIRER_RECEIVABLE, account, 700)
    assert run().state == "CLEAN"
    run(now=NOW + timedelta(minutes=16))
    assert found() == [("ACCOUNT_WITHOUT_ESCROW", "ESC_1703123456789_NOWHERE1", 0, 700)]
    assert halted() == {"book:test"}


def test_a_divided_part_that_is_not_the_sum_of_its_parts() -> None:
    escrow = released(held(), 20_000)
    tamper("UPDATE escrow_part SET amount_minor = 46001 WHERE escrow_id = %s AND state = 'DIVIDED'", escrow.pk)
    run()
    assert ("DIVISION_DIFFERS", f"{escrow.public_id}/1", 46_001, 46_000) in found()


def test_a_part_that_ended_without_a_movement() -> None:
    escrow = released(held(), 20_000)
    tamper("DELETE FROM escrow_movement WHERE escrow_id = %s", escrow.pk)
    run()
    assert ("PART_UNSETTLED", f"{escrow.public_id}/2", 20_000, 0) in found()
    entry = [row for row in found() if row[0] == "POSTING_WITHOUT_MOVEMENT"]
    assert [row[2:] for row in entry] == [(0, 20_000)]


def test_a_part_that_ended_twice() -> None:
    escrow = released(held(), 20_000)
    unique = "conrelid = 'escrow_movement'::regclass AND contype = 'u'"
    with behind_the_rules() as cursor:
        cursor.execute(f"SELECT conname FROM pg_constraint WHERE {unique}")
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE escrow_movement DROP CONSTRAINT {name}")
    columns = ", ".join(f.column for f in Movement._meta.local_fields if not f.primary_key)
    tamper(f"INSERT INTO escrow_movement ({columns}) SELECT {columns} FROM escrow_movement")
    run()
    assert ("PART_SETTLED_TWICE", f"{escrow.public_id}/2", 20_000, 40_000) in found()
    assert ("RELEASED_DIFFERS", escrow.public_id, 40_000, 20_000) in found()
    assert "ENTRY_DIFFERS" in {row[0] for row in found()}


def test_a_movement_whose_entry_is_not_in_the_ledger() -> None:
    escrow = released(held(), 20_000)
    tamper("UPDATE escrow_movement SET entry_id = 'ent_nowhere' WHERE escrow_id = %s", escrow.pk)
    run()
    assert ("ENTRY_MISSING", f"{escrow.public_id}/2", 20_000, 0) in found()
    assert only("ENTRY_MISSING").detail == "ent_nowhere"


def test_a_movement_of_another_amount_than_its_entry() -> None:
    escrow = released(held(), 20_000)
    entry = Movement.objects.get().entry_id
    tamper("UPDATE escrow_movement SET amount_minor = 20001 WHERE escrow_id = %s", escrow.pk)
    run()
    assert ("ENTRY_DIFFERS", entry, 20_001, 20_000) in found()


def test_a_movement_that_names_the_entry_of_something_else() -> None:
    escrow = released(held(), 20_000)
    entry = post(chart.escrow_held(escrow.account), chart.provider_payable("prov_1"), 20_000, reference="ESC_OTHER")
    own = Movement.objects.get().entry_id
    tamper("UPDATE escrow_movement SET entry_id = %s WHERE escrow_id = %s", entry, escrow.pk)
    run()
    assert ("ENTRY_ELSEWHERE", entry, None, None) in found()
    assert ("POSTING_WITHOUT_MOVEMENT", own, 0, 20_000) in found()
    assert ("BALANCE_DIFFERS", escrow.public_id, 26_000, 6_000) in found()


def test_more_is_owed_than_there_is() -> None:
    held()
    # 4,000 of the fee are no debt; the trust account pays 5,000 of the platform's costs.
    post(chart.costs("bank"), chart.BANK_TRUST, 5_000)
    run()
    assert found() == [("COVER_SHORT", "book", 46_000, 45_000)]
    assert halted() == {"book:test"}


def test_a_movement_that_was_not_recorded_and_told_to_nobody() -> None:
    escrow = released(held(), 20_000)
    tamper("DELETE FROM audit_entry WHERE action = 'escrow.escrow.released'")
    tamper("DELETE FROM outbox_event WHERE name = 'escrow.escrow_released'")
    run()
    assert found() == [
        ("AUDIT_MISSING", f"{escrow.public_id} RELEASE", None, None),
        ("EVENT_MISSING", f"{escrow.public_id} RELEASE", None, None),
    ]
    assert halted() == set(), "the money is where it should be"


def test_a_timer_that_was_left_behind() -> None:
    escrow = held()
    due = escrow.timers.filter(state="PENDING").order_by("due_at").first()
    assert due is not None
    assert run(now=due.due_at + timedelta(minutes=15)).state == "CLEAN"
    run(now=due.due_at + timedelta(minutes=15, seconds=1))
    assert ("TIMER_LATE", f"{escrow.public_id} {due.kind}", None, None) in found()
    assert halted() == set()


def test_an_escrow_that_is_disputed_by_nobody() -> None:
    escrow = held()
    tamper("UPDATE escrow_escrow SET status = 'DISPUTED' WHERE id = %s", escrow.pk)
    run()
    assert found() == [("DISPUTE_ORPHANED", escrow.public_id, None, None)]
    assert only("DISPUTE_ORPHANED").detail == "DISPUTED with no dispute"


def test_a_timer_that_a_hold_stills_waits_on_purpose() -> None:
    escrow = held()
    locks.hold(escrow_id=escrow.public_id, livemode=False, reason=LockReason.FRAUD, note="asked", actor=SYSTEM, now=NOW)
    assert run(now=later(400)).state == "CLEAN" or {row[0] for row in found()} == {"TIMER_LATE"}
    left = {row[1].split()[1] for row in found()}
    assert left & {"AUTO_RELEASE", "AUTO_REFUND", "WARNING", "TIME_LOCK_END"} == set()


def test_a_lock_nobody_knows_of() -> None:
    escrow = held()
    tamper(
        "INSERT INTO escrow_lock (escrow_id, reason, note, reference, placed_by, placed_at, lifted_by, lifted_note)"
        " VALUES (%s, 'FRAUD', '', '', 'SYSTEM:holdfast', %s, '', '')",
        escrow.pk,
        NOW,
    )
    run()
    assert found() == [("LOCK_ORPHANED", escrow.public_id, None, None)]
    assert only("LOCK_ORPHANED").detail == "FUNDED with FRAUD"


def test_a_ledger_and_a_record_that_do_not_prove_themselves_are_found_by_a_full_audit_only() -> None:
    escrow = held()
    tamper("UPDATE ledger_entry SET description = 'nothing' WHERE reference = %s", escrow.payment.public_id)
    assert run().state == "CLEAN"
    run(is_full=True)
    kinds = {row[0] for row in found()}
    assert kinds == {"LEDGER_DIFFERS"}
    assert halted() == {"book:test"}


def test_an_audit_record_that_was_edited() -> None:
    held()
    tamper("UPDATE audit_entry SET action = 'escrow.escrow.funded_' WHERE action = 'escrow.escrow.funded'")
    run(is_full=True)
    assert {row[0] for row in found()} == {"AUDIT_BROKEN"}


def test_money_on_the_bank_that_the_ledger_does_not_know_and_the_other_way_round() -> None:
    post(chart.BANK_TRUST, chart.SUSPENSE, 5_000, now=NOW, reference="WIRE 77")
    post(chart.BANK_TRUST, chart.SUSPENSE, 800, now=NOW, reference="WIRE 78")
    line = imported((5_000, "wire-77"), (-25, "FEE"))
    assert run().state == "CLEAN", "within three days both may be on their way"
    imported(opening=4_975, day=later(5).date(), now=later(5))
    run(now=later(5))
    entry = [row for row in found() if row[0] == "BANK_POSTING_UNMATCHED"]
    assert [row[2:] for row in entry] == [(0, 800)]
    assert ("BANK_LINE_UNMATCHED", f"{line.public_id}/3", -25, 0) in found()
    assert len(found()) == 2
    assert halted() == {"book:test"}


def test_a_trust_account_whose_beginning_nobody_can_explain() -> None:
    post(chart.BANK_TRUST, chart.SUSPENSE, 5_000, now=NOW - timedelta(days=9))
    imported((300, "WIRE 1"), opening=4_900)
    run()
    assert found() == [("BANK_BALANCE_DIFFERS", "book", 5_200, 5_300)]


def test_a_statement_that_is_missing_between_two_others() -> None:
    imported((300, "WIRE 1"))
    second = imported((100, "WIRE 2"), opening=350, day=later(1).date())
    run()
    assert ("STATEMENT_GAP", second.public_id, 300, 350) in found()


def test_a_bank_that_was_not_heard_of_for_days() -> None:
    post(chart.BANK_TRUST, chart.SUSPENSE, 300, reference="WIRE 1")
    imported((300, "WIRE 1"))
    assert run(now=later(4)).state == "CLEAN"
    run(now=later(5))
    assert found() == [("STATEMENT_OVERDUE", "book", None, None)]


def test_more_escrows_than_a_few_halt_the_whole_book() -> None:
    escrows = [held() for _ in range(3)]
    tamper("UPDATE escrow_part SET amount_minor = amount_minor - 100")
    parameters.change(
        name="escrow.halt_book_escrows", value=2, effective_from=NOW, reason="test", actor=SYSTEM, now=NOW
    )
    run()
    assert len([row for row in found() if row[0] == "PARTS_DIFFER"]) == len(escrows)
    assert halted() == {"book:test"}
    assert not switches.is_open(Switch.ESCROW_MOVEMENTS, now=NOW, scopes=["book:test"])
    assert switches.is_open(Switch.ESCROW_MOVEMENTS, now=NOW, scopes=["book:live"])


def test_every_kind_says_what_to_do() -> None:
    assert set(TERMS) == set(BreakKind)
    assert all(terms.fix for terms in TERMS.values())
