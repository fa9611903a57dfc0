"""Entries that follow another: sent again for want of funds, or taken back in error."""

from datetime import UTC, datetime, timedelta

import pytest

from ach.enums import Direction, EntryKind, EntryState, ReversalCause
from ach.models import Entry
from ach.services import retries, reversals, stops
from compliance.models import BankAccount
from core import clock
from core.clock import FixedClock
from core.parameters import services as parameters
from core.work import services as work
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts, staff
from tests.factories.ach_inbound import CAME, TREASURER, Said

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> BankAccount:
    return bank_accounts.active()


def retried(entry: Entry, *, now: datetime = CAME) -> Entry:
    return retries.request(entry_id=entry.public_id, actor=TREASURER, now=now)


def back_again(entry: Entry) -> Entry:
    """The retry left and came back too."""
    sent = ach.filed(Entry.objects.get(pk=entry.pk), at=CAME)
    sent.state, sent.sent_at = EntryState.SENT, CAME
    sent.save()
    return ach.returned(Entry.objects.select_related("account", "originator").get(pk=sent.pk))


class TestRetries:
    def test_the_same_entry_described_as_the_rules_ask(self, account: BankAccount) -> None:
        entry = ach.returned(ach.settled(account, individual_id="INV-7", addenda="BOOKING 7"))
        again = retried(entry)
        assert (again.kind, again.description, again.original_id) == (EntryKind.RETRY, "RETRY PYMT", entry.pk)
        same = ("account_id", "amount_minor", "direction", "sec", "originator_id", "individual_id", "addenda", "name")
        assert [getattr(again, name) for name in same] == [getattr(entry, name) for name in same]
        assert retried(entry).pk == again.pk, "asked twice, sent once"

    def test_twice_and_not_a_third_time(self, account: BankAccount) -> None:
        entry = ach.returned(ach.settled(account))
        first = back_again(retried(entry))
        second = back_again(retried(first))
        assert second.original_id == entry.pk
        with pytest.raises(retries.RetryNotAllowed, match="sent again 2 times, which is all that R01 allows"):
            retried(second)
        assert Entry.objects.filter(kind=EntryKind.RETRY).count() == 2

    def test_within_180_days_of_the_first_settlement(self, account: BankAccount) -> None:
        """Settled on 10 March 2026: the 180th day is Sunday 6 September, so Friday the 4th is the last."""
        entry = ach.returned(ach.settled(account))
        for day, allowed in ((3, True), (4, False)):
            now = datetime(2026, 9, day, 15, tzinfo=UTC)
            if allowed:
                assert retries.request(entry_id=entry.public_id, actor=TREASURER, now=now).effective_on.day == 4
            else:
                other = ach.returned(ach.settled(account))
                with pytest.raises(retries.RetryNotAllowed, match="the last day on which it may be sent again"):
                    retried(other, now=now)
                with pytest.raises(retries.RetryNotAllowed, match="the 180 days after its settlement are over"):
                    retried(other, now=now + timedelta(days=1))
        assert Entry.objects.filter(kind=EntryKind.RETRY).count() == 1

    @pytest.mark.parametrize("code", ["R02", "R08", "R10", "R23"])
    def test_no_other_code_allows_it(self, account: BankAccount, code: str) -> None:
        entry = ach.returned(ach.settled(account), code)
        with pytest.raises(retries.RetryNotAllowed, match=f"{code} does not allow it"):
            retried(entry)

    def test_not_to_an_account_that_another_return_has_stopped(self, account: BankAccount) -> None:
        entry = ach.returned(ach.settled(account))
        ach.returned(ach.settled(account), "R02")
        with pytest.raises(stops.AccountStopped):
            retried(entry)

    def test_by_itself_only_where_that_is_switched_on(self, account: BankAccount) -> None:
        entry = ach.returned(ach.settled(account))
        work.drain(now=CAME)
        assert not Entry.objects.filter(original=entry).exists()
        parameters._cache["ach.automatic_retries"] = [(CAME, True)]
        parameters._cached_at = float("inf")
        other = ach.returned(ach.settled(account))
        work.drain(now=CAME)
        assert Entry.objects.get(original=other).created_by == "SYSTEM:holdfast"


class TestReversals:
    """A credit settled on Tuesday 10 March 2026; the error is discovered on Wednesday morning."""

    @pytest.fixture(autouse=True)
    def _morning(self) -> object:
        with clock.use(FixedClock(CAME)):
            yield

    def wanted(self, entry: Entry, cause: str = "DUPLICATE", *, now: datetime = CAME, found: datetime = CAME) -> Entry:
        return reversals.require_possible(entry_id=entry.public_id, cause=cause, discovered_at=found, now=now)

    def test_one_asks_another_signs_and_the_opposite_leaves(self, account: BankAccount) -> None:
        controller = staff.person("CONTROLLER")
        entry = ach.settled(account, direction=Direction.CREDIT)
        request = reversals.request(
            entry_id=entry.public_id, cause=ReversalCause.DUPLICATE, discovered_at=CAME, reason="sent twice",
            actor=TREASURER, now=CAME,
        )  # fmt: skip
        assert not Entry.objects.filter(kind=EntryKind.REVERSAL).exists()
        assert ach.signed(request, controller).state == "EXECUTED"
        back = Entry.objects.get(kind=EntryKind.REVERSAL)
        assert (back.original_id, back.direction, back.transaction_code) == (entry.pk, Direction.DEBIT, "27")
        assert (back.amount_minor, back.sec, back.description) == (entry.amount_minor, entry.sec, "REVERSAL")

    def test_within_five_banking_days_and_24_hours_of_discovery(self, account: BankAccount) -> None:
        """The fifth banking day after the 10th is Tuesday the 17th; it ends at midnight in New York (summer time)."""
        entry = ach.settled(account)
        self.wanted(entry, now=CAME + timedelta(hours=24, seconds=-1))
        end = datetime(2026, 3, 18, 4, tzinfo=UTC)
        just_before = end - timedelta(seconds=1)
        self.wanted(entry, now=just_before, found=just_before)
        for now, found in ((CAME + timedelta(hours=24), CAME), (end, end)):
            with pytest.raises(reversals.ReversalNotAllowed, match="5 banking days after settlement or 24 hours"):
                self.wanted(entry, now=now, found=found)

    def test_a_file_has_to_leave_in_time(self, account: BankAccount) -> None:
        entry = ach.settled(account)
        found = CAME - timedelta(hours=23)
        with pytest.raises(reversals.ReversalNotAllowed, match="no file leaves before"):
            reversals.reverse_signed(
                entry_id=entry.public_id, cause="DUPLICATE", discovered_at=found, actor=TREASURER, now=CAME
            )
        assert not Entry.objects.filter(kind=EntryKind.REVERSAL).exists()

    @pytest.mark.parametrize(
        ("cause", "why"),
        [("REGRET", "cause is none of"), ("TERMINATION", "only a PPD credit is taken back because somebody left")],
    )
    def test_for_causes_that_the_rules_name(self, account: BankAccount, cause: str, why: str) -> None:
        with pytest.raises(reversals.ReversalNotAllowed, match=why):
            self.wanted(ach.settled(account), cause)
        self.wanted(ach.settled(account, direction=Direction.CREDIT), "TERMINATION")

    def test_what_came_back_or_never_left_is_not_reversed(self, account: BankAccount) -> None:
        for entry in (ach.waiting(account), ach.returned(ach.settled(account))):
            with pytest.raises(reversals.ReversalNotAllowed, match="only a payment that is on its way or settled"):
                self.wanted(entry)
        with pytest.raises(reversals.ReversalNotAllowed, match="discoveredAt: lies ahead"):
            self.wanted(ach.settled(account), found=CAME + timedelta(seconds=1))

    def test_a_reversal_that_comes_back_leaves_its_original_as_it_is(self, account: BankAccount) -> None:
        entry = ach.settled(account)
        reversals.reverse_signed(
            entry_id=entry.public_id, cause="DUPLICATE", discovered_at=CAME, actor=TREASURER, now=CAME
        )
        back = ach.filed(Entry.objects.get(kind=EntryKind.REVERSAL), at=CAME)
        back.state, back.sent_at = EntryState.SENT, CAME
        back.save()
        ach.came(ach.answers(Said(back, "R17")))
        entry.refresh_from_db()
        back.refresh_from_db()
        assert (entry.state, back.state) == (EntryState.SETTLED, EntryState.RETURNED)
