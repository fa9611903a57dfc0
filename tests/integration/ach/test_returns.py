"""A return finds its entry and is applied once: what each code leads to, and what belongs to nobody."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ach.enums import CaseKind, Direction, EntryState, InboundState, ItemState
from ach.models import AccountStop, Case, Entry, InboundItem, ReturnPolicy
from ach.services import matching, policies, suspense
from compliance.models import BankAccount, Party, Referral
from core.outbox.models import Event
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts, staff
from tests.factories.ach_inbound import CAME, Said

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> BankAccount:
    return bank_accounts.active()


def told(name: str) -> dict[str, object]:
    """The payload of the one event of that name."""
    return Event.objects.get(name=f"ach.{name}").payload


def cases() -> dict[str, str]:
    return dict(Case.objects.values_list("kind", "summary"))


def test_a_debit_of_123_45_comes_back_for_want_of_funds(account: BankAccount) -> None:
    entry = ach.settled(account)
    file = ach.came(ach.answers(Said(entry, "R01")))
    entry.refresh_from_db()
    assert (entry.state, entry.return_code, entry.returned_at) == (EntryState.RETURNED, "R01", CAME)
    item = InboundItem.objects.get()
    assert (item.state, item.entry_id, item.settles_on) == (ItemState.APPLIED, entry.pk, date(2026, 3, 11))
    assert (file.state, file.item_count, file.debit_minor) == (InboundState.DONE, 1, 12_345)
    assert told("entry_returned") == {
        "entry_id": entry.public_id, "kind": "PAYMENT", "reference": entry.reference, "direction": "DEBIT",
        "amount_minor": 12_345, "currency": "USD", "code": "R01", "was_settled": True, "unauthorized": False,
        "may_retry": True, "stops_account": False, "stops_authorization": False, "item_id": item.public_id,
        "livemode": False, "returned_at": "2026-03-11T13:00:00+00:00",
    }  # fmt: skip
    assert cases() == {}


def test_a_credit_may_come_back_before_it_has_settled(account: BankAccount) -> None:
    entry = ach.sent(account, direction=Direction.CREDIT)
    ach.returned(entry, "R23")
    assert told("entry_returned")["was_settled"] is False
    assert told("entry_returned")["may_retry"] is False


def all_codes() -> list[str]:
    return sorted(set(ReturnPolicy.objects.values_list("code", flat=True)))


def test_every_code_of_the_rules_has_its_policy_and_each_does_what_its_row_says() -> None:
    """All codes, one after the other, each on an account of its own."""
    codes = all_codes()
    assert len(codes) == 58
    said = []
    for place, code in enumerate(each for each in codes if each != "R90"):
        said.append(Said(ach.settled(bank_accounts.active(f"prov_{place}")), code))
    ach.came(ach.answers(*said))
    stops = {(stop.account_id, stop.scope) for stop in AccountStop.objects.all()}
    did: dict[str, set[str]] = {"account": set(), "debits": set(), "frozen": set(), "referred": set(), "again": set()}
    for each in said:
        entry = Entry.objects.select_related("party").get(pk=each.entry.pk)
        assert (entry.state, entry.return_code) == (EntryState.RETURNED, each.code)
        if (entry.account_id, "ALL") in stops:
            did["account"].add(each.code)
        if (entry.account_id, "DEBITS") in stops:
            did["debits"].add(each.code)
        if entry.party.status == "BLOCKED":
            did["frozen"].add(each.code)
        if Referral.objects.filter(subject_id=entry.party.party_id).exists():
            did["referred"].add(each.code)
        if Event.objects.filter(payload__entry_id=entry.public_id, payload__may_retry=True).exists():
            did["again"].add(each.code)
    assert did == {
        "account": {"R02", "R03", "R04", "R12", "R13", "R14", "R15", "R16", "R20", "R28", "R34"},
        "debits": {"R05", "R07", "R10", "R11", "R29", "R51"},
        "frozen": {"R14", "R15"},
        "referred": {"R16"},
        "again": {"R01", "R09"},
    }
    assert sorted(Case.objects.values_list("kind", flat=True)) == ["FROZEN", "FROZEN", "SANCTIONS_TEXT"]


@pytest.mark.parametrize(
    ("code", "on", "sanctions"),
    [
        ("R16", date(2028, 3, 16), True),
        ("R16", date(2028, 3, 17), False),
        ("R90", date(2028, 3, 17), True),
    ],
)
def test_sanctions_have_a_code_of_their_own_from_17_march_2028(code: str, on: date, sanctions: bool) -> None:
    policy = policies.in_force(code, on)
    assert policy is not None
    assert (policy.to_compliance, policy.stops_account) == (sanctions, True)
    assert policies.in_force("R90", date(2028, 3, 16)) is None


@pytest.mark.parametrize("text", ["RETURNED PER OFAC", "sdn match, see letter"])
def test_words_of_sanctions_go_to_compliance_whatever_the_code(account: BankAccount, text: str) -> None:
    ach.returned(ach.settled(account), "R17", text=text)
    assert Referral.objects.get().subject_id == account.party.party_id
    assert Party.objects.get(pk=account.party_id).status == "BLOCKED"
    assert cases() == {CaseKind.SANCTIONS_TEXT: "R17 is with compliance"}, "and says no more (ADR 0034)"


def test_a_word_that_only_looks_like_one_goes_nowhere(account: BankAccount) -> None:
    ach.returned(ach.settled(account), "R17", text="SDNX UNSANCTIONED")
    assert not Referral.objects.exists()


def test_a_code_that_nobody_knows_brings_the_money_back_and_a_person_looks(account: BankAccount) -> None:
    """It is in no row, and does not keep the other return of its file from being applied."""
    strange, usual = ach.settled(account), ach.settled(account)
    content = ach.answers(Said(strange, "R01"), Said(usual, "R01")).replace(b"799R01", b"799R97", 1)
    file = ach.came(content)
    strange.refresh_from_db()
    usual.refresh_from_db()
    assert (strange.return_code, usual.return_code) == ("R97", "R01")
    assert cases() == {CaseKind.UNKNOWN_CODE: "R97 is named by no policy"}
    assert (file.state, [each["code"] for each in file.warnings]) == (InboundState.DONE, ["BAD_RETURN_CODE"])


class TestLate:
    """Settled on Tuesday 10 March 2026: usual returns come by the opening of Thursday the 12th, unauthorized ones by
    that of Monday 11 May (the sixtieth day is Saturday the 9th)."""

    @pytest.mark.parametrize(
        ("code", "settled", "late"),
        [("R01", "071", False), ("R01", "072", True), ("R10", "131", False), ("R10", "132", True)],
    )
    def test_the_day_it_settles_decides(self, account: BankAccount, code: str, settled: str, late: bool) -> None:
        entry = ach.settled(account)
        ach.came(ach.answers(Said(entry, code), settled=settled), now=datetime(2026, 5, 12, 13, tzinfo=UTC))
        entry.refresh_from_db()
        assert entry.state == EntryState.RETURNED, "the money is gone, late or not"
        assert (CaseKind.LATE_RETURN in cases()) is late

    def test_without_a_day_of_settlement_the_day_it_came_decides(self, account: BankAccount) -> None:
        for hours, late in ((24, False), (48, True)):
            Case.objects.all().delete()
            entry = ach.settled(account)
            content = ach.answers(Said(entry, "R01"), settled="")
            ach.came(content, now=CAME + timedelta(hours=hours))
            assert (CaseKind.LATE_RETURN in cases()) is late


class TestMatching:
    """By original trace, bank, amount and company; a trace alone repeats."""

    def test_the_same_trace_of_another_amount_bank_or_company_is_another_entry(self, account: BankAccount) -> None:
        mine = ach.settled(account, amount=500)
        ach.settled(account, amount=700, trace=mine.trace)
        ach.came(ach.answers(Said(mine, "R01")))
        assert Entry.objects.get(state=EntryState.RETURNED).pk == mine.pk

    @pytest.mark.parametrize(
        "different", [{"amount": 501}, {"rdfi": "09100001"}, {"company_id": "9999999999"}, {"trace": "021000020000000"}]
    )
    def test_each_of_the_four_has_to_fit(self, account: BankAccount, different: dict[str, object]) -> None:
        mine = ach.settled(account, amount=500)
        ach.came(ach.answers(Said(mine, "R01", **different)))
        mine.refresh_from_db()
        assert mine.state == EntryState.SETTLED
        assert cases() == {CaseKind.UNMATCHED_ITEM: "Return R01: it fits no entry of ours"}

    @pytest.mark.parametrize(
        ("theirs", "ours", "same"),
        [
            (" 123456789", "123456789 ", True),
            ("123456789", "1234567890", True),
            ("234567890", "1234567890", True),
            ("12345678", "1234567890", False),
            ("123456780", "1234567890", False),
            ("12345678", "123456789", False),
            ("", "1234567890", False),
        ],
    )
    def test_banks_shift_the_company_by_a_column(self, theirs: str, ours: str, same: bool) -> None:
        """Ten columns moved by one lose their first or their last sign; a shorter id only gains a blank."""
        assert matching.is_company(theirs, ours) is same

    def test_two_entries_that_fit_are_none(self, account: BankAccount) -> None:
        mine = ach.settled(account)
        ach.settled(account, trace=mine.trace)
        ach.came(ach.answers(Said(mine, "R01")))
        assert not Entry.objects.filter(state=EntryState.RETURNED).exists()
        assert cases() == {CaseKind.UNMATCHED_ITEM: "Return R01: it fits 2 entries"}

    def test_what_was_filed_before_the_dates_of_origination_is_another_round_of_the_numbers(
        self, account: BankAccount
    ) -> None:
        """400 days: the same trace may have been given again since."""
        for days, found in ((399, True), (401, False)):
            entry = ach.settled(account, at=CAME - timedelta(days=days), on=(CAME - timedelta(days=days)).date())
            ach.came(ach.answers(Said(entry, "R01")))
            entry.refresh_from_db()
            assert (entry.state == EntryState.RETURNED) is found

    def test_live_and_test_data_never_meet(self, account: BankAccount) -> None:
        live = ach.originator(livemode=True)
        entry = ach.settled(account)
        ach.came(ach.answers(Said(entry, "R01")), owner=live)
        entry.refresh_from_db()
        assert entry.state == EntryState.SETTLED


class TestEarly:
    """A file was delivered, the process died before it said so, and the bank's answer is faster than the repair."""

    def test_it_waits_until_the_entry_is_marked_as_sent(self, account: BankAccount) -> None:
        entry = ach.filed(ach.waiting(account))
        file = ach.came(ach.answers(Said(entry, "R03")))
        assert (file.state, InboundItem.objects.get().state) == (InboundState.READ, ItemState.READ)
        entry.state, entry.sent_at = EntryState.SENT, CAME
        entry.save()
        file = ach.process(file_id=file.public_id)
        entry.refresh_from_db()
        assert (file.state, entry.return_code) == (InboundState.DONE, "R03")

    def test_a_day_later_a_person_is_asked(self, account: BankAccount) -> None:
        file = ach.came(ach.answers(Said(ach.filed(ach.waiting(account)), "R03")))
        ach.process(file_id=file.public_id, now=CAME + timedelta(hours=24))
        assert list(cases().values()) == ["Return R03: its entry is in a file that is not marked as sent"]


class TestTwice:
    def test_a_second_return_of_an_entry_goes_to_suspense(self, account: BankAccount) -> None:
        """The bank has taken the money twice; one of the two is ours to get back (R67)."""
        entry = ach.settled(account)
        for modifier in "AB":
            ach.came(ach.answers(Said(entry, "R01"), modifier=modifier))
        assert Event.objects.filter(name="ach.entry_returned").count() == 1
        assert list(InboundItem.objects.order_by("id").values_list("state", flat=True)) == ["APPLIED", "SUSPENSE"]
        case = Case.objects.get()
        assert (case.summary, case.amount_minor) == (
            f"Return R01: {entry.public_id} was returned before (R01)", 12_345,
        )  # fmt: skip
        found = told("item_in_suspense")
        assert (found["direction"], found["amount_minor"], found["case_id"]) == ("DEBIT", 12_345, case.public_id)


class TestSuspense:
    def lost(self, account: BankAccount) -> tuple[InboundItem, Entry]:
        entry = ach.settled(account)
        ach.came(ach.answers(Said(entry, "R02", trace="021000020000000")))
        return InboundItem.objects.get(), entry

    def test_a_person_says_whose_it_is_and_another_signs(self, account: BankAccount) -> None:
        controller = staff.person("CONTROLLER")
        item, entry = self.lost(account)
        request = ach.asked(suspense.RESOLVE, item.public_id, entryId=entry.public_id)
        entry.refresh_from_db()
        assert entry.state == EntryState.SETTLED
        assert ach.signed(request, controller).state == "EXECUTED"
        item.refresh_from_db()
        entry.refresh_from_db()
        assert (item.state, item.entry_id, item.matched_by) == ("RESOLVED", entry.pk, str(controller.user.actor()))
        assert (entry.state, entry.return_code) == (EntryState.RETURNED, "R02")
        assert told("suspense_resolved")["entry_id"] == entry.public_id
        assert told("entry_returned")["item_id"] == item.public_id
        assert AccountStop.objects.get().item_id == item.pk, "its policy holds as for any return"
        assert Case.objects.get().state == "CLOSED"

    def test_or_that_it_is_nobodys(self, account: BankAccount) -> None:
        controller = staff.person("CONTROLLER")
        item, entry = self.lost(account)
        ach.signed(ach.asked(suspense.RESOLVE, item.public_id), controller)
        item.refresh_from_db()
        entry.refresh_from_db()
        assert (item.state, item.entry_id, entry.state) == ("RESOLVED", None, EntryState.SETTLED)
        assert told("suspense_resolved")["entry_id"] == ""
        with pytest.raises(suspense.ItemNotInSuspense):
            suspense.require_resolvable(item.public_id, "")

    def test_an_entry_of_another_amount_or_way_or_state_cannot_be_it(self, account: BankAccount) -> None:
        item, _ = self.lost(account)
        for wrong in (
            ach.settled(account, amount=1),
            ach.settled(account, direction=Direction.CREDIT),
            ach.waiting(account),
        ):
            with pytest.raises(suspense.EntryDoesNotFit):
                suspense.require_resolvable(item.public_id, wrong.public_id)
        with pytest.raises(suspense.EntryDoesNotFit, match="no entry is named ache_none"):
            suspense.require_resolvable(item.public_id, "ache_none")

    def test_what_somebody_else_sends_to_us_is_nobodys_answer(self, account: BankAccount) -> None:
        file = ach.came(ach.answers(Said(ach.settled(account), "", amount=2_500)))
        assert file.state == InboundState.DONE
        assert cases() == {CaseKind.UNMATCHED_ITEM: "Entry that is nobody's answer: it answers no entry that we sent"}
        assert (told("item_in_suspense")["direction"], told("item_in_suspense")["amount_minor"]) == ("CREDIT", 2_500)
