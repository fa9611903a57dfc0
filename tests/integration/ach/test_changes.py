"""Notifications of change: what the bank says is right, who signs it, and what waits meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from ach.enums import CaseKind, ChangeState, Direction, EntryState
from ach.models import Case, Change, Entry, InboundItem
from ach.services import change_details, change_signing, changes
from compliance.models import BankAccount
from compliance.services import account_numbers, bank_accounts
from core.actors import SYSTEM, Actor
from core.approvals.models import ApprovalRequest
from core.database.refusals import refusal_name
from core.outbox import services as outbox
from core.outbox.models import Event
from core.work import services as work
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts as accounts
from tests.factories import staff
from tests.factories.ach_inbound import CAME, Said
from tests.integration.payments.test_leaks import database_text

pytestmark = pytest.mark.django_db

CLERK = Actor("STAFF", "clerk@holdfast.example", frozenset({"TREASURY"}))
OLD, NEW = "739184650273", "1918171614"
# Six banking days after Wednesday 11 March 2026: until midnight of Thursday the 19th in New York (summer time).
DUE = datetime(2026, 3, 20, 4, tzinfo=UTC)


@pytest.fixture
def account() -> BankAccount:
    return accounts.active(number=OLD)


def told(account: BankAccount, code: str, corrected: str) -> Change:
    """The change that a notice about a settled credit makes, after the program has done what it can by itself.

    `@` is a 1 that becomes a 7 once the file is written: our writer writes no number that is wrong.
    """
    entry = ach.settled(account, direction=Direction.CREDIT)
    content = ach.answers(Said(entry, code, text=corrected.replace("@", "1")))
    ach.came(content.replace(corrected.replace("@", "1").encode(), corrected.replace("@", "7").encode()))
    work.drain(now=CAME)
    return Change.objects.select_related("account").latest("id")


def sign(change: Change, *people: staff.Person) -> Change:
    ach.signed(ApprovalRequest.objects.get(request_id=change.approval_id), *people)
    change.refresh_from_db()
    return change


def test_an_account_number_is_corrected_by_two_people_and_what_waits_goes_there(account: BankAccount) -> None:
    people = accounts.signers()
    waiting = ach.waiting(account, direction=Direction.CREDIT)
    change = told(account, "C01", NEW)
    assert (change.state, change.due_at, change.account_id) == (ChangeState.ASKED, DUE, account.pk)
    assert change.before == {"accountNumber": "•••• 0273, 10 characters instead of 12"}
    assert change.after == {"accountNumber": "•••• 1614"}
    waiting.refresh_from_db()
    assert (waiting.state, waiting.state_why) == (
        EntryState.HELD, f"C01 asks for other details ({change.public_id})",
    )  # fmt: skip
    assert Event.objects.get(name="ach.entry_held").payload["entry_id"] == waiting.public_id

    change = sign(change, people[0])
    assert change.state == ChangeState.ASKED, "the bank's word takes two"
    change = sign(change, people[1])
    assert change.state == ChangeState.APPLIED
    account.refresh_from_db()
    corrected = BankAccount.objects.select_related("party").get(pk=change.replaced_by_id)
    assert (account.state, corrected.state, corrected.corrects_id) == ("RETIRED", "ACTIVE", account.pk)
    assert account_numbers.unseal(corrected).clear == NEW
    assert (corrected.active_from, corrected.last4) == (CAME, "1614"), "nothing cools off: the bank asked"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.account_id, waiting.transaction_code) == (EntryState.WAITING, corrected.pk, "22")
    assert Event.objects.get(name="ach.change_ended").payload["account_id"] == corrected.account_id
    outbox.drain(now=CAME)
    change.refresh_from_db()
    assert change.state == ChangeState.APPLIED, "the retired account does not note its own correction"


@pytest.mark.parametrize(
    ("code", "corrected", "after"),
    [
        ("C02", "011000015", {"routingNumber": "011000015"}),
        ("C03", f"011000015   {NEW}", {"routingNumber": "011000015", "accountNumber": "•••• 1614"}),
        ("C04", "JANE Q SMYTHE", {"holderName": "JANE Q SMYTHE"}),
        ("C05", "32", {"accountType": "SAVINGS"}),
        ("C06", f"{NEW}          32", {"accountNumber": "•••• 1614", "accountType": "SAVINGS"}),
        (
            "C07", f"011000015{NEW:<17}32",
            {"routingNumber": "011000015", "accountNumber": "•••• 1614", "accountType": "SAVINGS"},
        ),
    ],
)  # fmt: skip
def test_each_code_changes_what_it_names_and_nothing_else(
    account: BankAccount, code: str, corrected: str, after: dict[str, str]
) -> None:
    people = accounts.signers()
    waiting = ach.waiting(account, direction=Direction.CREDIT)
    change = told(account, code, corrected)
    assert change.after == after
    sign(change, *people)
    new = BankAccount.objects.select_related("party").get(corrects=account)
    waiting.refresh_from_db()
    assert {
        "routingNumber": new.routing_number, "holderName": new.holder_name, "accountType": new.account_type,
        "number": account_numbers.unseal(new).clear, "code": waiting.transaction_code, "name": waiting.name,
    } == {
        "routingNumber": after.get("routingNumber", "021000021"),
        "holderName": after.get("holderName", "Jane Smith"), "accountType": after.get("accountType", "CHECKING"),
        "number": NEW if "accountNumber" in after else OLD, "code": "32" if "accountType" in after else "22",
        "name": after.get("holderName", "JANE SMITH"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "corrected", "why"),
    [
        ("C02", "0@1000015", "C02: cannot read routing"),
        ("C05", "42", "C05 names an account that is neither checking nor savings"),
        ("C05", "37", "C05 turns the direction of the entry"),
        ("C09", "A-77", "C09 corrects the receiver's number with its bank, which we do not keep"),
        ("C13", "X", "C13 (addenda format error) is read by a person"),
        ("C02", "990000000", "routingNumber is of no bank"),
    ],
)
def test_what_cannot_be_applied_is_a_persons_and_holds_the_account_all_the_same(
    account: BankAccount, code: str, corrected: str, why: str
) -> None:
    accounts.signers()
    waiting = ach.waiting(account)
    change = told(account, code, corrected)
    assert change.state == ChangeState.OPEN
    case = Case.objects.get()
    assert (case.kind, case.subject, case.summary) == (CaseKind.UNAPPLIED_CHANGE, change.public_id, f"{code}: {why}")
    waiting.refresh_from_db()
    assert waiting.state == EntryState.HELD
    changes.note(change_id=change.public_id, reason="asked the seller", actor=CLERK, now=CAME)
    waiting.refresh_from_db()
    case.refresh_from_db()
    assert (waiting.state, case.state) == (EntryState.WAITING, "CLOSED")


def test_the_corrected_number_is_in_no_table_in_clear(account: BankAccount) -> None:
    people = accounts.signers()
    sign(told(account, "C01", NEW), *people)
    assert [table for table, row in database_text() if NEW in row] == []
    opened = change_details.open_(InboundItem.objects.select_related("file").get())
    assert opened.corrected.strip() == NEW
    assert NEW not in repr(opened)


def test_a_notice_for_every_entry_is_one_question(account: BankAccount) -> None:
    accounts.signers()
    first, second = told(account, "C01", NEW), told(account, "C01", NEW)
    assert (first.state, second.state) == (ChangeState.ASKED, ChangeState.NOTED)
    third = told(account, "C01", "1918170000")
    assert third.state == ChangeState.ASKED, "other data is another question"


def test_two_corrections_of_one_account_come_one_after_the_other(account: BankAccount) -> None:
    """The second is of the corrected account then: its number stays the new one."""
    people = accounts.signers()
    waiting = ach.waiting(account)
    number, bank = told(account, "C01", NEW), told(account, "C02", "011000015")
    sign(number, *people)
    waiting.refresh_from_db()
    assert waiting.state == EntryState.HELD, "for the other one now"
    work.drain(now=CAME)
    bank.refresh_from_db()
    assert (bank.state, bank.account.corrects_id) == (ChangeState.ASKED, account.pk)
    sign(bank, *people)
    last = BankAccount.objects.select_related("party").get(corrects__corrects=account)
    assert (last.routing_number, account_numbers.unseal(last).clear, last.state) == ("011000015", NEW, "ACTIVE")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.account_id) == (EntryState.WAITING, last.pk)


def test_details_that_we_have_already_need_nobody(account: BankAccount) -> None:
    accounts.signers()
    assert told(account, "C01", OLD).state == ChangeState.NOTED


def test_an_account_that_is_over_needs_no_correction(account: BankAccount) -> None:
    accounts.signers()
    change = told(account, "C01", NEW)
    bank_accounts.retire(account_id=account.account_id, livemode=False, actor=SYSTEM, now=CAME)
    outbox.drain(now=CAME)
    change.refresh_from_db()
    assert change.state == ChangeState.NOTED
    assert ApprovalRequest.objects.get(request_id=change.approval_id).state == "VOIDED"
    assert told(account, "C02", "011000015").state == ChangeState.NOTED


def test_where_nobody_can_sign_a_person_is_told_and_asks_later(account: BankAccount) -> None:
    change = told(account, "C01", NEW)
    assert change.state == ChangeState.OPEN
    assert Case.objects.get().kind == CaseKind.UNAPPLIED_CHANGE
    people = accounts.signers()
    change_signing.ask_again(change_id=change.public_id, reason="hired", actor=CLERK, now=CAME)
    change.refresh_from_db()
    assert sign(change, *people).state == ChangeState.APPLIED
    assert Case.objects.get().state == "CLOSED"


def test_denied_signatures_leave_it_open_for_a_person(account: BankAccount) -> None:
    accounts.signers()
    change = told(account, "C01", NEW)
    change_signing.let_go(change_id=change.public_id, approval_id=change.approval_id, state="DENIED", now=CAME)
    change.refresh_from_db()
    assert (change.state, change.approval_id) == (ChangeState.OPEN, "")
    assert Case.objects.get().summary == "C01: its signatures were denied"


class TestRefused:
    def test_within_fifteen_days_with_a_code_and_the_record_for_the_bank(self, account: BankAccount) -> None:
        accounts.signers()
        waiting = ach.waiting(account)
        change = told(account, "C01", NEW)
        with pytest.raises(changes.InvalidRefusal, match="code: is none of C61"):
            changes.refuse(change_id=change.public_id, code="C01", reason="", actor=CLERK, now=CAME)
        # The last cutoff of Thursday 26 March is 19:50 in New York.
        last = datetime(2026, 3, 26, 23, 49, 59, tzinfo=UTC)
        changes.refuse(change_id=change.public_id, code="C62", reason="not ours", actor=CLERK, now=last)
        change.refresh_from_db()
        waiting.refresh_from_db()
        assert (change.state, change.refusal_code, waiting.state) == ("REFUSED", "C62", EntryState.WAITING)
        record = changes.record(change)
        assert (record.code, record.change_code, record.corrected_data.strip()) == ("C62", "C01", NEW)
        assert record.notice_sequence == change.item.trace[-7:]
        assert len(record.encode("091000010000001")) == 94

    def test_and_not_later(self, account: BankAccount) -> None:
        """The fifteenth day after 11 March is Thursday 26 March."""
        change = told(account, "C01", NEW)
        assert change.refusable_until == datetime(2026, 3, 27, 4, tzinfo=UTC)
        with pytest.raises(changes.InvalidRefusal):
            changes.refuse(
                change_id=change.public_id, code="C62", reason="", actor=CLERK, now=change.refusable_until
            )  # fmt: skip


def test_when_six_banking_days_are_over_operations_hear_of_it_once(account: BankAccount) -> None:
    told(account, "C01", NEW)
    assert changes.alarm_overdue(now=DUE - timedelta(seconds=1)) == 0
    assert [changes.alarm_overdue(now=DUE), changes.alarm_overdue(now=DUE)] == [1, 0]
    assert Event.objects.get(name="ach.rail_troubled").payload["alarm"] == "ach.change_overdue"


def test_the_database_corrects_nothing_without_signatures(account: BankAccount) -> None:
    accounts.signers()
    change = told(account, "C01", NEW)
    kept = account_numbers.Sealed(change.successor_last4, change.successor_sealed, change.successor_fingerprint)
    correction = bank_accounts.Correction(
        corrects=account.account_id, account_id="ba_forged", source=change.public_id, holder_name="",
        account_type=account.account_type, routing_number=account.routing_number, kept=kept,  # type: ignore[arg-type]
    )  # fmt: skip
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        bank_accounts.correct(correction=correction, approval_id=change.approval_id, actor=CLERK, now=CAME)
    assert refusal_name(refused.value) == "act_is_approved"
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        Change.objects.filter(pk=change.pk).update(state=ChangeState.APPLIED, ended_at=CAME)
    assert refusal_name(refused.value) == "act_is_approved"
    entry = ach.waiting(account)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(transaction_code="37")
    assert refusal_name(refused.value) == "ach_entry_stays_what_was_asked"
