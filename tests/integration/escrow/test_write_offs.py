"""A break stays for good only when one asks and another signs; where money differs it is posted, once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core.actors import Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import ContentChanged, NotAllowedToAsk, NotAllowedToSign
from core.money import Money
from escrow.models import Break, LineMatch
from escrow.services import breaks
from escrow.services.breaks import UnableToWriteOff
from ledger import chart
from ledger.models import Entry
from ledger.selectors import balances, entries
from ledger.services import journal
from tests.factories import staff
from tests.factories.payments import NOW
from tests.factories.reconciliation import TREASURY, found, held, imported, later, only, run, tamper
from tests.factories.staff import Person
from tests.factories.switches import signed as signed_at

pytestmark = pytest.mark.django_db

SIGNER = Actor("STAFF", "signer@holdfast.example", frozenset({"CONTROLLER"}))


@pytest.fixture(autouse=True)
def controller() -> Person:
    """Somebody who asks, and somebody who may sign: a question too few could answer is refused."""
    staff.person("TREASURY", email="treasury@holdfast.example")
    return staff.person("CONTROLLER")


def ask(row: Break, against: str = "", reason: str = "counted by hand") -> ApprovalRequest:
    now = row.last_seen_at
    return breaks.ask_write_off(break_id=row.public_id, against=against, reason=reason, actor=TREASURY, now=now)


def signed(request: ApprovalRequest, person: Person) -> ApprovalRequest:
    return signed_at(request, person, now=request.asked_at + timedelta(minutes=5))


def posted(account: str) -> int:
    return balances.get("test", account).posted.minor


def move(debit: str, credit: str, amount: int, reference: str = "by hand", now=NOW) -> str:
    legs = [journal.Leg.debit(debit, Money(amount)), journal.Leg.credit(credit, Money(amount))]
    return journal.post(
        book="test", kind="tests.posted", legs=legs, reference=reference, idempotency_key=f"{reference}:{amount}",
        effective_at=now, now=now,
    ).entry_id  # fmt: skip


def test_what_the_ledger_has_too_much_goes_to_suspense_with_a_second_signature(controller: Person) -> None:
    escrow = held()
    account = chart.escrow_held(escrow.account)
    move(chart.SUSPENSE, account, 250)
    run()
    row = only("BALANCE_DIFFERS")
    assert (row.expected_minor, row.actual_minor) == (46_000, 46_250)

    request = ask(row, chart.SUSPENSE)
    assert "Write off 2.50 USD against suspense" in request.content["summary"]
    assert posted(account) == 46_250, "nothing moves by asking"
    request = signed(request, controller)

    row.refresh_from_db()
    assert (request.state, row.state, row.approval_id) == ("EXECUTED", "WRITTEN_OFF", request.request_id)
    assert (posted(account), posted(chart.SUSPENSE)) == (46_000, 0)
    entry = entries.get(row.entry_id)
    assert (entry.kind, entry.reference) == ("escrow.written_off", row.public_id)
    assert [(leg.account, leg.side, leg.amount.minor) for leg in entry.legs] == [
        (account, "DEBIT", 250), (chart.SUSPENSE, "CREDIT", 250),
    ]  # fmt: skip
    assert run(now=later(1)).state == "CLEAN", found()


def test_what_the_ledger_has_too_little_is_a_cost(controller: Person) -> None:
    escrow = held()
    account = chart.escrow_held(escrow.account)
    move(account, chart.SUSPENSE, 250)
    run()
    signed(ask(only("BALANCE_DIFFERS"), chart.costs("writeoff")), controller)
    assert (posted(account), posted(chart.costs("writeoff"))) == (46_000, 250)
    kinds = {row[0] for row in found()}
    run(now=later(1))
    assert {row[0] for row in found()} == kinds - {"BALANCE_DIFFERS"} == {"POSTING_WITHOUT_MOVEMENT"}


def test_from_five_thousand_on_compliance_signs_too(controller: Person) -> None:
    escrow = held()
    move(chart.ACQUIRER_RECEIVABLE, chart.escrow_held(escrow.account), 500_000)
    run()
    compliance = staff.person("COMPLIANCE")
    request = ask(only("BALANCE_DIFFERS"), chart.SUSPENSE)
    request = signed(request, controller)
    assert request.state == "PENDING"
    request = signed(request, compliance)
    assert request.state == "EXECUTED"


def test_whoever_asks_does_not_sign_and_others_do_not_ask(controller: Person) -> None:
    escrow = held()
    tamper("UPDATE escrow_part SET amount_minor = 45900 WHERE escrow_id = %s", escrow.pk)
    run()
    row = only("PARTS_DIFFER")
    with pytest.raises(NotAllowedToAsk):
        breaks.ask_write_off(break_id=row.public_id, against="", reason="x", actor=SIGNER, now=NOW)
    request = ask(row)
    with pytest.raises(NotAllowedToSign):
        signed(request, staff.person("TREASURY"))
    row.refresh_from_db()
    assert row.state == "OPEN"


def test_a_break_about_no_account_only_closes_and_stays_closed_until_it_changes(controller: Person) -> None:
    escrow = held()
    tamper("UPDATE escrow_part SET amount_minor = 45900 WHERE escrow_id = %s", escrow.pk)
    run()
    before = Entry.objects.count()
    for kind in ("PARTS_DIFFER", "REFUNDED_DIFFERS"):
        row = only(kind)
        signed(ask(row), controller)
        row.refresh_from_db()
    assert (row.state, row.entry_id, row.closed_why) == ("WRITTEN_OFF", "", "counted by hand")
    assert Entry.objects.count() == before
    assert run(now=later(1)).state == "CLEAN"
    tamper("UPDATE escrow_part SET amount_minor = 45800 WHERE escrow_id = %s", escrow.pk)
    run(now=later(2))
    assert ("PARTS_DIFFER", escrow.public_id, 46_000, 45_800) in found()


def test_amounts_that_change_void_the_signature(controller: Person) -> None:
    escrow = held()
    account = chart.escrow_held(escrow.account)
    move(chart.SUSPENSE, account, 250)
    run()
    request = ask(only("BALANCE_DIFFERS"), chart.SUSPENSE)
    move(chart.SUSPENSE, account, 1)
    run(now=NOW + timedelta(hours=1))
    with pytest.raises(ContentChanged):
        signed(request, controller)
    assert only("BALANCE_DIFFERS").actual_minor == 46_251


def test_what_cannot_be_written_off(controller: Person) -> None:
    held()
    move(chart.costs("bank"), chart.BANK_TRUST, 50_000)
    run()
    with pytest.raises(UnableToWriteOff, match="put right"):
        ask(only("COVER_SHORT"))
    escrow = held()
    move(chart.SUSPENSE, chart.escrow_held(escrow.account), 250)
    run(now=later(1))
    with pytest.raises(UnableToWriteOff, match="suspense or costs:writeoff"):
        ask(only("BALANCE_DIFFERS"), "fees:platform")
    with pytest.raises(UnableToWriteOff, match="moves no account"):
        escrow = held()
        tamper("UPDATE escrow_part SET amount_minor = 45900 WHERE escrow_id = %s", escrow.pk)
        run(now=later(2))
        ask(only("PARTS_DIFFER"), chart.SUSPENSE)


def test_a_fee_of_the_bank_becomes_a_cost_and_its_line_is_matched(controller: Person) -> None:
    imported((-2_500, "ACCOUNT FEE"), opening=2_500)
    move(chart.BANK_TRUST, chart.SUSPENSE, 2_500, now=later(-9))
    imported(opening=0, day=later(5).date(), now=later(5))
    run(now=later(5))
    signed(ask(only("BANK_LINE_UNMATCHED"), chart.costs("writeoff")), controller)
    assert (posted(chart.BANK_TRUST), posted(chart.costs("writeoff"))) == (0, 2_500)
    assert LineMatch.objects.get().rule == "WRITE_OFF"
    assert run(now=later(6)).state == "CLEAN", found()


def test_an_entry_the_bank_never_had_is_taken_off_the_trust_account(controller: Person) -> None:
    move(chart.BANK_TRUST, chart.SUSPENSE, 800, reference="WIRE 1")
    move(chart.BANK_TRUST, chart.SUSPENSE, 300, reference="WIRE 2")
    imported((300, "WIRE 2"))
    imported(opening=300, day=later(5).date(), now=later(5))
    run(now=later(5))
    signed(ask(only("BANK_POSTING_UNMATCHED"), chart.SUSPENSE), controller)
    assert (posted(chart.BANK_TRUST), posted(chart.SUSPENSE)) == (300, 300)
    assert run(now=later(6)).state == "CLEAN", found()


def test_a_beginning_nobody_can_explain_is_posted(controller: Person) -> None:
    move(chart.BANK_TRUST, chart.SUSPENSE, 5_000, now=later(-9))
    imported((300, "WIRE 1"), opening=4_900)
    move(chart.BANK_TRUST, chart.SUSPENSE, 300, reference="WIRE 1")
    run()
    signed(ask(only("BANK_BALANCE_DIFFERS"), chart.costs("writeoff")), controller)
    assert posted(chart.BANK_TRUST) == 5_200
    assert run(now=later(1)).state == "CLEAN", found()


def test_the_database_wants_the_signatures_too(controller: Person) -> None:
    escrow = held()
    tamper("UPDATE escrow_part SET amount_minor = 45900 WHERE escrow_id = %s", escrow.pk)
    run()
    row = only("PARTS_DIFFER")
    pending = ask(row)
    closed = {"state": "WRITTEN_OFF", "closed_at": NOW, "closed_why": "because"}
    for approval in ("apr_nobody", pending.request_id):
        with pytest.raises(DatabaseError, match="no executed approval"), transaction.atomic():
            Break.objects.filter(pk=row.pk).update(approval_id=approval, **closed)
    with pytest.raises(DatabaseError, match="no executed approval"), transaction.atomic():
        journal.post(
            book="test", kind="escrow.written_off", reference=row.public_id, idempotency_key="by hand",
            legs=[journal.Leg.debit(chart.SUSPENSE, Money(1)), journal.Leg.credit(chart.BANK_TRUST, Money(1))],
            effective_at=NOW, now=NOW,
        )  # fmt: skip
