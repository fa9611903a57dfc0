"""An entry: refused before the bank would, accepted once, held and freed, cancelled until a file has it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ach.enums import Direction, EntryKind, EntryState, Priority
from ach.models import Entry
from ach.selectors import entries as register
from ach.services import entries, originators
from ach.services.entries import EntryAskedDifferently, InvalidEntry
from ach.services.originators import InvalidOriginator, NewOriginator
from ach.states import EntryStateForbids
from compliance.enums import PartyKind
from compliance.services import bank_accounts as payout_accounts
from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.outbox.models import Event
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF, TREASURER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


def refused(**different) -> dict[str, str]:
    """Pointers and reasons."""
    new = factory.new(**different)
    with pytest.raises(InvalidEntry) as caught:
        entries.submit(new=new, livemode=False, actor=TREASURER, now=NOW)
    assert caught.value.code == "NACHA_VALIDATION_FAILED"
    return {each.pointer: each.reason for each in caught.value.errors}


class TestAcceptance:
    def test_a_payout_waits_for_five_o_clock_and_settles_on_tuesday(self) -> None:
        found = entries.submit(new=factory.new(), livemode=False, actor=TREASURER, now=NOW)
        entry, settlement = found.entry, found.settlement
        assert (entry.state, entry.transaction_code, entry.due_at) == ("WAITING", "22", CUTOFF)
        assert (entry.effective_on, settlement.downgrade) == (date(2026, 3, 3), None)
        assert settlement.settles_at == datetime(2026, 3, 3, 13, 30, tzinfo=UTC)
        assert entry.name == "Jane Smith", "the holder of the account"
        assert entry.originator.public_id == originators.SHIPPED_ID
        assert AuditEntry.objects.get(subject=entry.public_id).action == "ach.entry.submitted"

    def test_the_same_request_has_one_entry_and_another_one_under_its_name_is_refused(self) -> None:
        new = factory.new(priority=Priority.SAME_DAY, amount_minor=100_000_001)
        first = entries.submit(new=new, livemode=False, actor=TREASURER, now=NOW)
        again = entries.submit(new=new, livemode=False, actor=TREASURER, now=CUTOFF)
        assert (again.entry, again.settlement) == (first.entry, first.settlement)
        assert again.settlement.downgrade is not None
        assert again.settlement.downgrade.code == "OVER_SAME_DAY_LIMIT"
        other = factory.new(new.account, reference=new.reference, amount_minor=1)
        with pytest.raises(EntryAskedDifferently):
            entries.submit(new=other, livemode=False, actor=TREASURER, now=NOW)
        assert Entry.objects.count() == 1

    def test_a_name_is_written_as_22_columns_can_carry_it(self) -> None:
        assert factory.submitted(name="Zoë  Müller-Łukasiewicz & Söhne").name == "Zoe Muller-Lukasiewicz"

    @pytest.mark.parametrize(
        ("different", "pointer"),
        [
            ({"amount_minor": 0}, "/amountMinor"),
            ({"amount_minor": 10_000_000_000}, "/amountMinor"),
            ({"kind": EntryKind.PRENOTE, "amount_minor": 1}, "/amountMinor"),
            ({"kind": EntryKind.MICRO, "amount_minor": 100, "description": "ACCTVERIFY"}, "/amountMinor"),
            ({"currency": "EUR"}, "/currency"),
            ({"sec": "WEB"}, "/sec"),
            ({"sec": "CCD"}, "/sec"),
            ({"description": "ACCTVERIFY"}, "/description"),
            ({"description": "0000"}, "/description"),
            ({"description": "ELEVEN SIGN"}, "/description"),
            ({"description": "CAFÉ"}, "/description"),
            ({"addenda": "x" * 81}, "/addenda"),
            ({"addenda": "two\nlines"}, "/addenda"),
            ({"individual_id": "x" * 16}, "/individualId"),
            ({"name": "??"}, "/name"),
            ({"payment_type": "S"}, "/paymentType"),
            ({"sec": "TEL", "direction": Direction.DEBIT, "addenda": "no room in TEL"}, "/type_code"),
            ({"requested_effective": date(2026, 4, 2)}, "/requestedEffective"),
            ({"kind": EntryKind.REVERSAL, "description": "REVERSAL"}, "/original"),
            ({"reference": "two words"}, "/reference"),
        ],
    )
    def test_what_the_bank_would_refuse_is_refused_at_once_and_named(self, different, pointer) -> None:
        assert list(refused(**different)) == [pointer]

    def test_every_fault_is_named_at_once(self) -> None:
        assert set(refused(amount_minor=0, sec="WEB", addenda="x" * 81)) == {"/amountMinor", "/sec", "/addenda"}

    def test_a_business_is_paid_by_ccd_and_told_so(self) -> None:
        account = factory.account()
        account.party.kind = PartyKind.BUSINESS
        assert "CCD is right" in refused(to=account)["/sec"]

    def test_nothing_is_sent_to_an_account_that_is_not_paid_to(self) -> None:
        account = factory.account()
        payout_accounts.retire(account_id=account.account_id, livemode=False, actor=SYSTEM, now=NOW)
        account.refresh_from_db()
        assert refused(to=account) == {"/account": "is RETIRED"}

    def test_test_accounts_are_not_paid_in_live_data(self) -> None:
        new = factory.new(originator=originators.default(livemode=False))
        with pytest.raises(InvalidEntry) as caught:
            entries.submit(new=new, livemode=True, actor=TREASURER, now=NOW)
        assert {each.pointer for each in caught.value.errors} == {"/account", "/originator"}


class TestVerbs:
    def test_a_held_entry_lets_its_cutoff_pass_and_goes_by_the_next_once_it_is_freed(self) -> None:
        entry = factory.submitted(held="compliance looks at it")
        assert (entry.state, entry.state_why) == (EntryState.HELD, "compliance looks at it")
        tuesday = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
        freed = entries.free(entry_id=entry.public_id, actor=TREASURER, now=tuesday)
        assert (freed.state, freed.due_at) == (EntryState.WAITING, datetime(2026, 3, 3, 21, 50, tzinfo=UTC))
        assert freed.effective_on == date(2026, 3, 4)
        later = tuesday + timedelta(hours=1)
        held = entries.hold(entry_id=entry.public_id, why="again", actor=TREASURER, now=later)
        assert entries.hold(entry_id=entry.public_id, why="twice", actor=TREASURER, now=later).state_why == "again"
        assert held.state == EntryState.HELD
        told = Event.objects.filter(payload__entry_id=entry.public_id).order_by("published_at", "id")
        assert [each.name for each in told] == ["ach.entry_held", "ach.entry_freed", "ach.entry_held"]

    def test_a_cancelled_entry_stays_cancelled(self) -> None:
        entry = factory.submitted()
        for _ in range(2):
            cancelled = entries.cancel(entry_id=entry.public_id, why="asked by mistake", actor=TREASURER, now=NOW)
            assert (cancelled.state, cancelled.state_why) == (EntryState.CANCELLED, "asked by mistake")
        for verb in (entries.free, entries.hold):
            with pytest.raises(EntryStateForbids):
                verb(
                    entry_id=entry.public_id, actor=TREASURER, now=NOW, **({"why": "x"} if verb is entries.hold else {})
                )
        assert Event.objects.filter(name="ach.entry_cancelled").count() == 1

    def test_an_entry_is_found_by_what_asked_for_it(self) -> None:
        entry = factory.submitted()
        assert register.find(entry.kind, entry.reference) == register.get(entry.public_id) == entry
        assert register.find(EntryKind.RETRY, entry.reference) is None


class TestOriginators:
    def test_a_live_one_is_entered_and_takes_the_place_of_the_default(self) -> None:
        first = originators.enter(new=live(), livemode=True, actor=TREASURER, now=NOW)
        second = originators.enter(new=live(company_id="1999999999"), livemode=True, actor=TREASURER, now=NOW)
        assert originators.default(livemode=True) == second
        assert originators.get(first.public_id).is_default is False

    @pytest.mark.parametrize(
        ("different", "pointer"),
        [
            ({"odfi_routing": "123456789"}, "/odfi_routing"),
            ({"destination": "1234567800"}, "/destination"),
            ({"company_id": ""}, "/company_id"),
            ({"name": "A NAME OF MORE THAN SIXTEEN"}, "/name"),
            ({"transport": "SANDBOX"}, "/transport"),
            ({"settings": {"password": "x"}}, "/settings"),
        ],
    )
    def test_what_no_bank_has_agreed_to_is_refused(self, different, pointer) -> None:
        with pytest.raises(InvalidOriginator) as caught:
            originators.enter(new=live(**different), livemode=True, actor=TREASURER, now=NOW)
        assert [each.pointer for each in caught.value.errors] == [pointer]


def live(**different) -> NewOriginator:
    values = {
        "name": "HOLDFAST", "company_id": "1123456789", "odfi_routing": "123456780", "destination": " 123456780",
        "destination_name": "EXAMPLE BANK", "origin": "1123456789", "origin_name": "HOLDFAST",
        "transport": "FILESYSTEM", "settings": {"folder": "outgoing"},
    }  # fmt: skip
    return NewOriginator(**values | different)
