"""A parked entry: why it could not leave, and how a person lets it go or not.

On Monday 2 March 2026 a payout of 460.00 stayed behind because its number could not be opened.
"""

from datetime import timedelta

import pytest
from django.test import Client

from ach.enums import EntryState, StopScope
from ach.models import Case, Change, Entry, File
from ach.services import contents, cutoffs, entries, parked, stops
from ach.services.entries import InvalidEntry
from ach.services.stops import AccountStopped
from ach.states import EntryStateForbids
from compliance.models import BankAccount, Party
from compliance.services import bank_accounts as bank_account_service
from core import clock
from core.audit.models import AuditEntry
from core.outbox.models import Event
from tests.factories import ach_inbound, bank_accounts, staff
from tests.factories import ach_outbound as factory
from tests.factories.ach_inbound import CAME
from tests.factories.ach_outbound import CUTOFF, TREASURER
from tests.integration.ach.test_changes import sign, told
from tests.integration.ach.test_pages import post, text

pytestmark = pytest.mark.django_db

# The morning after the correction was applied.
MORNING = CAME + timedelta(days=1)
GOOD = "555000111222"


def stays_behind(**different: object) -> Entry:
    entry = factory.submitted(**different)
    factory.past_the_rules("UPDATE compliance_bankaccount SET sealed = %s WHERE id = %s", b"lost", entry.account_id)
    cutoffs.run_due(now=CUTOFF)
    entry.refresh_from_db()
    assert entry.state == EntryState.PARKED
    return entry


def corrected(old: BankAccount, code: str = "C01", said: str = GOOD) -> BankAccount:
    """As its bank asks on 11 March, signed by two people."""
    people = bank_accounts.signers()
    with clock.use(clock.FixedClock(CAME)):
        change = sign(told(old, code, said), *people)
    assert change.state == "APPLIED"
    return BankAccount.objects.select_related("party").get(corrects=old)


def test_it_leaves_with_the_corrected_account() -> None:
    entry = stays_behind()
    new = corrected(entry.account, "C06", f"{GOOD}         32")
    assert str(Change.objects.get().before["accountNumber"]).endswith(", which cannot be read any more")
    released = parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)
    assert (released.state, released.account, released.transaction_code) == ("WAITING", new, "32")
    assert Case.objects.get(subject=entry.public_id).state == "CLOSED"
    row = AuditEntry.objects.get(action="ach.entry.freed", subject=entry.public_id)
    assert (row.facts["account_before"], row.facts["account"]) == (entry.account.account_id, new.account_id)
    assert Event.objects.filter(name="ach.entry_freed").count() == 1
    cutoffs.run_due(now=released.due_at)
    released.refresh_from_db()
    file = File.objects.get(pk=released.file_id)
    assert GOOD in contents.open_(file).decode().split("\n")[2]
    assert released.state == EntryState.FILED


def test_a_correction_of_a_correction_is_followed_to_its_end() -> None:
    entry = stays_behind()
    last = corrected(corrected(entry.account), "C04", "JANE Q SMYTHE")
    released = parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)
    assert (released.account, released.name) == (last, "JANE Q SMYTHE")


def test_what_kept_it_is_still_there() -> None:
    entry = stays_behind()
    with pytest.raises(parked.NotReleasable, match="cannot be opened"):
        parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)
    entry.refresh_from_db()
    assert entry.state == EntryState.PARKED


class TestChecksAnew:
    def test_a_blocked_party(self) -> None:
        entry = stays_behind()
        corrected(entry.account)
        Party.objects.filter(pk=entry.party_id).update(status="BLOCKED", blocked_reason="asked by the police")
        with pytest.raises(parked.NotReleasable, match="the party is blocked"):
            parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)

    def test_an_account_that_a_return_has_stopped(self) -> None:
        entry = stays_behind()
        new = corrected(entry.account)
        item = ach_inbound.item(ach_inbound.settled(new), "R02")
        stops.stop(account=new, scope=StopScope.ALL, item=item, now=MORNING)
        with pytest.raises(AccountStopped):
            parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)

    def test_an_account_that_is_not_used_any_more(self) -> None:
        entry = stays_behind()
        bank_account_service.retire(
            account_id=corrected(entry.account).account_id, livemode=False, actor=TREASURER, now=MORNING
        )
        with pytest.raises(InvalidEntry, match="account is RETIRED"):
            parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)
        entry.refresh_from_db()
        assert (entry.state, entry.account.corrects) == (EntryState.PARKED, None), "nothing of it happened"

    def test_a_correction_that_is_open(self) -> None:
        entry = stays_behind()
        new = corrected(entry.account)
        sent = ach_inbound.settled(new)
        ach_inbound.came(ach_inbound.answers(ach_inbound.Said(sent, "C01", "99887766554")))
        with pytest.raises(parked.NotReleasable, match="asks for other details"):
            parked.release(entry_id=entry.public_id, actor=TREASURER, now=ach_inbound.CAME)

    def test_a_record_that_the_writer_refuses(self) -> None:
        entry = stays_behind()
        corrected(entry.account)
        Entry.objects.filter(pk=entry.pk).update(name="")
        with pytest.raises(InvalidEntry, match="name"):
            parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)


def test_released_or_cancelled_on_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.clock.now", lambda: MORNING)
    treasury: Client = staff.signed_in("TREASURY", email="tess@holdfast.example")
    first, second = factory.submitted(), factory.submitted()
    for entry in (first, second):
        factory.past_the_rules("UPDATE compliance_bankaccount SET sealed = %s WHERE id = %s", b"lost", entry.account_id)
    cutoffs.run_due(now=CUTOFF)
    refused = post(treasury, "ach_entry_release", first.public_id)[1]
    assert "The parked entry cannot leave yet" in refused
    new = corrected(first.account)
    html = text(treasury, "ach_entry", first.public_id)
    assert f"To {new.masked}, as its bank has corrected it" in html
    assert "Released: it leaves with its next cutoff." in post(treasury, "ach_entry_release", first.public_id)[1]
    assert post(treasury, "ach_entry_cancel", second.public_id, why="")[0] == 400
    assert "Cancelled: it never leaves." in post(treasury, "ach_entry_cancel", second.public_id, why="moved away")[1]
    both = Entry.objects.filter(pk__in=(first.pk, second.pk))
    assert set(both.values_list("state", "state_why")) == {("WAITING", ""), ("CANCELLED", "moved away")}
    auditor = staff.signed_in("AUDITOR")
    assert post(auditor, "ach_entry_release", second.public_id)[0] == 403


def test_only_what_is_parked_is_released() -> None:
    entry = factory.submitted()
    assert parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING).state == EntryState.WAITING
    entries.cancel(entry_id=entry.public_id, why="no", actor=TREASURER, now=MORNING)
    with pytest.raises(EntryStateForbids):
        parked.release(entry_id=entry.public_id, actor=TREASURER, now=MORNING)
