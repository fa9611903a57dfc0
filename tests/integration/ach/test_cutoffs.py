"""A cutoff takes what is due, once, on time or late; what cannot go stays behind with a case."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ach import raw_totals
from ach.enums import Direction, EntryKind, EntryState, Priority
from ach.models import Batch, Case, Cutoff, Entry, File, Originator
from ach.selectors import unmapped
from ach.services import claiming, contents, cutoffs, entries, watching
from ach.services.originators import SHIPPED_ID
from ach.states import EntryStateForbids
from compliance.models import BankAccount, Party
from compliance.services import bank_accounts as payout_accounts
from core.actors import SYSTEM
from core.outbox.models import Event
from core.parameters import services as parameters
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF, TREASURER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def _bank(tmp_path: Path) -> Path:
    return factory.folder_bank(tmp_path)


def lines_of(file: File) -> list[str]:
    return contents.open_(File.objects.get(pk=file.pk)).decode().splitlines()


def set_parameter(name: str, value: int) -> None:
    parameters.change(
        name=f"ach.{name}", value=value, effective_from=NOW, reason="a smaller example", actor=SYSTEM, now=NOW
    )


class TestBatches:
    def test_entries_of_one_class_description_direction_and_day_share_a_batch(self) -> None:
        to = factory.account()
        factory.submitted(to)
        factory.submitted(to, description="REFUND")
        factory.submitted(to, direction=Direction.DEBIT, description="FEES", addenda="Fees of February")
        factory.submitted(to, requested_effective=date(2026, 3, 4))
        factory.submitted(to, amount_minor=1)
        cutoffs.run_due(now=CUTOFF)
        rows = Batch.objects.order_by("number").values_list(
            "description", "service_class", "effective_on", "entry_count", "credit_minor", "debit_minor"
        )
        assert list(rows) == [
            ("PAYOUT", "220", date(2026, 3, 3), 2, 46_001, 0),
            ("REFUND", "220", date(2026, 3, 3), 1, 46_000, 0),
            ("FEES", "225", date(2026, 3, 3), 1, 0, 46_000),
            ("PAYOUT", "220", date(2026, 3, 4), 1, 46_000, 0),
        ]
        traces = list(Entry.objects.order_by("pk").values_list("trace", flat=True))
        assert traces == [f"12345678{number:07d}" for number in range(1, 6)], "in the order they were asked for"
        lines = lines_of(File.objects.get())
        for entry in Entry.objects.all():
            assert lines[entry.line - 1][79:] == entry.trace, "the line of an entry is where its trace number stands"
        assert lines[Entry.objects.get(description="FEES").line][3:19] == "Fees of February"

    def test_a_same_day_entry_says_so_and_settles_in_the_afternoon(self) -> None:
        entry = factory.submitted(priority=Priority.SAME_DAY)
        assert entry.due_at == datetime(2026, 3, 2, 19, 5, tzinfo=UTC), "10:00 is there already: the second window"
        cutoffs.run_due(now=entry.due_at)
        batch = Batch.objects.get()
        assert (batch.descriptive_date, batch.effective_on) == ("SD1700", date(2026, 3, 2))

    def test_numbers_begin_again_in_a_new_file_when_seven_digits_are_used_up(self) -> None:
        Originator.objects.filter(public_id=SHIPPED_ID).update(next_trace=9_999_998)
        to = factory.account()
        made = [factory.submitted(to) for _ in range(3)]
        cutoffs.run_due(now=CUTOFF)
        places = [Entry.objects.values_list("trace", "file__modifier").get(pk=each.pk) for each in made]
        assert places == [("123456789999998", "A"), ("123456789999999", "A"), ("123456780000001", "B")]
        assert File.objects.filter(state="READY").count() == 2

    def test_a_file_is_split_by_number_of_entries_and_by_what_its_totals_can_say(self) -> None:
        set_parameter("file_entries", 3)
        set_parameter("claim_entries", 2)
        to = factory.account()
        for _ in range(4):
            factory.submitted(to)
        cutoffs.run_due(now=CUTOFF)
        assert list(File.objects.order_by("pk").values_list("entry_count", "modifier")) == [(3, "A"), (1, "B")]
        full = File(debit_minor=0, credit_minor=999_999_999_999 - 45_999)
        due = claiming.Due(
            1, "", "PAYMENT", "", False, "PPD", "PAYOUT", "CREDIT", "STANDARD", NOW, 46_000, "", "", False
        )
        assert claiming._within_totals([due], full) == []
        assert claiming._within_totals([due], None) == [due]


class TestLateness:
    def test_what_was_missed_runs_late_in_order_with_the_day_that_is_still_possible(self) -> None:
        """The program was down from Monday noon to Tuesday noon."""
        same_day = factory.submitted(priority=Priority.SAME_DAY)
        standard = factory.submitted()
        tuesday = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
        ran = cutoffs.run_due(now=tuesday)
        assert (ran.entries, ran.files) == (2, 2)
        assert list(Cutoff.objects.order_by("created_at", "pk").values_list("at", flat=True)) == [
            same_day.due_at, standard.due_at,
        ]  # fmt: skip
        same_day.refresh_from_db()
        standard.refresh_from_db()
        assert (same_day.priority, same_day.effective_on) == ("SAME_DAY", date(2026, 3, 3)), "the window of Tuesday"
        assert (standard.priority, standard.effective_on) == ("STANDARD", date(2026, 3, 4))
        assert "STANDARD for 2026-03-03 became STANDARD for 2026-03-04" in standard.state_why
        assert all("ran late" in note for note in Cutoff.objects.values_list("note", flat=True))

    def test_ten_minutes_late_is_not_too_late_for_the_bank(self) -> None:
        factory.submitted()
        cutoffs.run_due(now=CUTOFF + timedelta(minutes=9))
        assert Batch.objects.get().effective_on == date(2026, 3, 3)
        assert Cutoff.objects.get().note == ""

    def test_an_entry_of_the_last_moment_gets_a_second_file_of_the_same_cutoff(self) -> None:
        first = factory.submitted()
        cutoffs.run_due(now=CUTOFF)
        second = factory.submitted()
        Entry.objects.filter(pk=second.pk).update(due_at=CUTOFF)
        cutoffs.run_due(now=CUTOFF + timedelta(seconds=20))
        assert list(File.objects.order_by("pk").values_list("cutoff__at", "modifier")) == [(CUTOFF, "A"), (CUTOFF, "B")]
        assert Cutoff.objects.get().pending == 2
        first.refresh_from_db()
        assert first.trace == "123456780000001"


class TestNothingToSend:
    def test_there_is_no_cutoff_and_no_file(self) -> None:
        assert cutoffs.run_due(now=CUTOFF).files == 0
        held = factory.submitted(held="compliance looks at it")
        gone = factory.submitted()
        entries.cancel(entry_id=gone.public_id, why="asked by mistake", actor=TREASURER, now=NOW)
        factory.submitted(now=CUTOFF + timedelta(minutes=1))
        ran = cutoffs.run_due(now=CUTOFF)
        assert (ran.entries, ran.files, ran.troubles) == (0, 0, {})
        assert (Cutoff.objects.count(), File.objects.count()) == (0, 0)
        held.refresh_from_db()
        assert held.state == EntryState.HELD


class TestWhatDoesNotGo:
    def test_an_account_that_cannot_be_opened_parks_its_entry_and_the_others_go(self) -> None:
        good, bad = factory.submitted(), factory.submitted()
        factory.past_the_rules("UPDATE compliance_bankaccount SET sealed = %s WHERE id = %s", b"lost", bad.account_id)
        ran = cutoffs.run_due(now=CUTOFF)
        assert (ran.entries, ran.files) == (2, 1)
        bad.refresh_from_db()
        assert (bad.state, bad.file, bad.trace) == (EntryState.PARKED, None, "")
        case = Case.objects.get(subject=bad.public_id)
        assert (case.kind, case.amount_minor) == ("PARKED_ENTRY", 46_000)
        assert Event.objects.get(name="ach.entry_parked").payload["reference"] == bad.reference
        cutoff = Cutoff.objects.get()
        assert (cutoff.pending, cutoff.parked, File.objects.get().entry_count) == (2, 1, 1)
        good.refresh_from_db()
        assert good.state == EntryState.FILED
        with pytest.raises(EntryStateForbids):
            entries.free(entry_id=bad.public_id, actor=TREASURER, now=CUTOFF)

    def test_where_nothing_can_go_there_is_no_file(self) -> None:
        bad = factory.submitted()
        factory.past_the_rules("UPDATE compliance_bankaccount SET sealed = '' WHERE id = %s", bad.account_id)
        cutoffs.run_due(now=CUTOFF)
        assert (File.objects.get().state, Cutoff.objects.get().state) == ("WITHDRAWN", "DONE")

    def test_an_entry_the_writer_refuses_is_found_and_parked(self) -> None:
        """It cannot be accepted so; a row that was changed by hand shows that even then the others go."""
        good, bad = factory.submitted(), factory.submitted(sec="WEB", direction=Direction.DEBIT)
        Entry.objects.filter(pk=bad.pk).update(name="")
        cutoffs.run_due(now=CUTOFF)
        bad.refresh_from_db()
        good.refresh_from_db()
        assert (bad.state, good.state) == (EntryState.PARKED, EntryState.FILED)
        assert bad.state_why.startswith("name:")

    def test_nothing_goes_to_a_retired_account_or_a_blocked_party_but_a_reversal_does(self) -> None:
        retired, blocked, taken_back = (factory.submitted() for _ in range(3))
        payout_accounts.retire(account_id=retired.account.account_id, livemode=False, actor=SYSTEM, now=NOW)
        Party.objects.filter(pk=blocked.party_id).update(status="BLOCKED", blocked_reason="a court's order")
        cutoffs.run_due(now=CUTOFF)
        for entry, why in ((retired, "the account is RETIRED"), (blocked, "the party is blocked")):
            entry.refresh_from_db()
            assert (entry.state, entry.state_why) == (EntryState.HELD, why)
        assert Event.objects.filter(name="ach.entry_held").count() == 2
        taken_back.refresh_from_db()
        Entry.objects.filter(pk=taken_back.pk).update(state=EntryState.SENT, sent_at=CUTOFF)
        taken_back.refresh_from_db()
        payout_accounts.retire(account_id=taken_back.account.account_id, livemode=False, actor=SYSTEM, now=NOW)
        account = BankAccount.objects.get(pk=taken_back.account_id)
        reversal = factory.submitted(
            account, kind=EntryKind.REVERSAL, original=taken_back, direction=Direction.DEBIT, description="REVERSAL",
            now=CUTOFF,
        )  # fmt: skip
        cutoffs.run_due(now=reversal.due_at)
        reversal.refresh_from_db()
        assert reversal.state == EntryState.FILED

    def test_an_originator_whose_header_is_wrong_stops_nobody_else_and_operations_hear(self) -> None:
        good = factory.submitted()
        other = Originator.objects.create(
            public_id="org_wrong", livemode=False, name="", company_id="1999999999", odfi_routing="123456780",
            destination=" 123456780", destination_name="B", origin="1999999999", origin_name="C",
            transport="FILESYSTEM", created_at=NOW,
        )  # fmt: skip
        stuck = factory.submitted()
        factory.past_the_rules("UPDATE ach_entry SET originator_id = %s WHERE id = %s", other.pk, stuck.pk)
        ran = cutoffs.run_due(now=CUTOFF)
        assert list(ran.troubles) == ["org_wrong"]
        assert Event.objects.get(name="ach.rail_troubled").payload["alarm"] == "ach.cutoff_stopped"
        good.refresh_from_db()
        assert (good.state, good.file.state) == (EntryState.FILED, "READY")
        later = CUTOFF + timedelta(minutes=16)
        assert unmapped.count(now=later) == {other.pk: 1}, "filed, and in no line of a file"
        assert watching.watch(now=later) == 1


class TestEffort:
    def test_statements_do_not_grow_with_entries(self) -> None:
        to = factory.account()
        factory.submitted(to)
        with CaptureQueriesContext(connection) as few:
            cutoffs.run_due(now=CUTOFF)
        for _ in range(20):
            factory.submitted(to, now=CUTOFF)
        with CaptureQueriesContext(connection) as many:
            cutoffs.run_due(now=CUTOFF + timedelta(hours=3))
        assert Entry.objects.filter(state="FILED").count() == 21
        assert len(many) < len(few) + 10, "twenty more entries, the same statements"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(
        st.tuples(
            st.sampled_from(["PAYOUT", "REFUND"]),
            st.sampled_from(["CREDIT", "DEBIT"]),
            st.integers(1, 9_999_999_999),
            st.sampled_from(["", "Invoice 17"]),
            st.sampled_from(["", "held", "unreadable", "cancelled"]),
        ),
        min_size=1,
        max_size=7,
    ),
    at_once=st.integers(1, 3),
)
def test_every_entry_has_exactly_one_place_or_a_reason(wanted: list, at_once: int) -> None:
    """Whatever is asked for, in whatever portions it is claimed, the file adds up to what is filed."""
    with transaction.atomic():
        set_parameter("claim_entries", at_once)
        parameters.forget_cache()
        made = []
        for description, direction, amount, addenda, fate in wanted:
            entry = factory.submitted(
                description=description, direction=Direction(direction), amount_minor=amount, addenda=addenda,
                held="a person looks" if fate == "held" else "",
            )  # fmt: skip
            if fate == "unreadable":
                factory.past_the_rules("UPDATE compliance_bankaccount SET sealed = '' WHERE id = %s", entry.account_id)
            if fate == "cancelled":
                entries.cancel(entry_id=entry.public_id, why="not wanted", actor=TREASURER, now=NOW)
            made.append((entry, fate))
        cutoffs.run_due(now=CUTOFF)
        expected = {"": "FILED", "held": "HELD", "unreadable": "PARKED", "cancelled": "CANCELLED"}
        filed = []
        for entry, fate in made:
            entry.refresh_from_db()
            assert entry.state == expected[fate]
            filed += [entry] if fate == "" else []
        for file in File.objects.exclude(state="WITHDRAWN"):
            found = raw_totals.read(contents.open_(file))
            mine = [each for each in filed if each.file_id == file.pk]
            assert (found.problems, found.whole.entries) == ([], len(mine))
            assert found.whole.credit == sum(each.amount_minor for each in mine if each.direction == "CREDIT")
            assert found.whole.debit == sum(each.amount_minor for each in mine if each.direction == "DEBIT")
            lines = lines_of(file)
            assert sorted(lines[each.line - 1][79:] for each in mine) == sorted(each.trace for each in mine)
        assert len({(each.file_id, each.line) for each in filed}) == len(filed)
        transaction.set_rollback(True)
    parameters.forget_cache()
