"""What we answer to a bank: returns that we do not take and corrections that are wrong, in files of their own.

On Wednesday 11 March 2026 a debit of 123.45 has come back twice, and a correction is about an account that was never
in our entry. Both go back with the cutoff of 16:50 in New York.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from ach import raw_totals
from ach.enums import CaseKind, ChangeState, DishonorState, EntryState, FileState, ReplyState
from ach.models import Case, Change, Dishonor, Entry, File, InboundItem, Originator, Reply
from ach.models import SandboxPosting as Posting
from ach.sandbox.simulation import simulate
from ach.services import (
    acknowledgements,
    changes,
    contents,
    cutoffs,
    delivery,
    dishonors,
    files,
    rebuilding,
    reply_clocks,
    watching,
)
from ach.services.originators import SHIPPED_ID
from ach.services.replies import ReplyHasLeft
from core import clock
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from escrow.comparisons import rail_files
from escrow.comparisons.comparison import Comparison
from tests.factories import ach_inbound as ach
from tests.factories import ach_outbound, bank_accounts, staff
from tests.factories.ach_calendar import new_york
from tests.factories.ach_inbound import CAME, Said
from tests.integration.ach.test_sandbox_walk import asked, pass_time

pytestmark = pytest.mark.django_db

CUTOFF = new_york("2026-03-11 16:50")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _wednesday() -> Iterator[None]:
    with clock.use(clock.FixedClock(CAME)):
        yield


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return ach_outbound.folder_bank(tmp_path)


def returned_twice() -> InboundItem:
    """The second return waits in suspense: the bank has taken the money twice."""
    entry = ach.settled(bank_accounts.active())
    for modifier in "AB":
        ach.came(ach.answers(Said(entry, "R01"), modifier=modifier))
    return InboundItem.objects.select_related("file").get(state="SUSPENSE")


def dishonored(item: InboundItem, code: str = "R67") -> Dishonor:
    controller = staff.person("CONTROLLER")
    ach.signed(ach.asked(dishonors.DISHONOR, item.public_id, code=code), controller)
    return Dishonor.objects.select_related("item").get(item=item, state=DishonorState.OPEN)


def wrong_correction() -> Change:
    entry = ach.settled(bank_accounts.active("prov_corrected"))
    ach.came(ach.answers(Said(entry, "C01", "99887766554"), modifier="C"))
    return Change.objects.select_related("item__file").get()


def refused(change: Change, code: str = "C68") -> Reply:
    changes.refuse(change_id=change.public_id, code=code, reason="not our account", actor=ach.TREASURER, now=CAME)
    return Reply.objects.get(change=change, state=ReplyState.WAITING)


def built(now: datetime = CUTOFF) -> File:
    """The one file of replies that a cutoff has made."""
    assert cutoffs.run_due(now=now).troubles == {}
    return File.objects.exclude(state__in=("WITHDRAWN", "REJECTED")).get(carries="REPLIES")


def columns(record: str, *widths: int) -> list[str]:
    """The fields of a record, by the widths that the rules give."""
    ends = list(itertools.accumulate(widths))
    assert (len(record), ends[-1]) == (94, 94)
    return [record[first:last] for first, last in zip([0, *ends], ends, strict=False)]


def breaks(comparison: Comparison) -> list[object]:
    """What reconciliation would find."""
    with connection.cursor() as cursor:
        cursor.execute(comparison.sql, {"livemode": False, "book": "test"})
        return cursor.fetchall()


HEADER = (1, 3, 16, 20, 10, 3, 10, 6, 6, 3, 1, 8, 7)
ENTRY = (1, 2, 8, 1, 17, 10, 15, 22, 2, 1, 8, 7)
DISHONORED = (1, 2, 3, 15, 6, 8, 3, 15, 3, 2, 21, 15)
REFUSED = (1, 2, 3, 15, 6, 8, 29, 3, 7, 5, 15)
CONTROL = (1, 3, 6, 10, 12, 12, 10, 19, 6, 8, 7)


def test_both_layouts_column_by_column(bank: Path) -> None:
    item, change = returned_twice(), wrong_correction()
    dishonored(item)
    refused(change)
    file = built()
    lines = contents.open_(file).decode().split("\n")
    assert len(lines) == 11
    assert lines[0][:41] == "101 12345678090000000172603111650A094101S"

    odfi, ours = "12345678", "9000000017"
    head = ["5", "225", "HOLDFAST TEST".ljust(16), " " * 20, ours]
    assert columns(lines[1], *HEADER) == [
        *head, "PPD", "SETTLEMENT", " " * 6, "260312", "   ", "1", odfi, "0000001",
    ]  # fmt: skip
    # 26: what comes back of a debit. It goes to the bank that returned it, 09100001, with the check digit 9.
    assert columns(lines[2], *ENTRY) == [
        "6", "26", "09100001", "9", "HIDDEN".ljust(17), "0000012345", " " * 15, "JANE SMITH".ljust(22), "  ", "1",
        odfi, "0000001",
    ]  # fmt: skip
    # The return settled on day 070, Wednesday 11 March.
    assert columns(lines[3], *DISHONORED) == [
        "7", "99", "R67", item.original_trace, " " * 6, "02100002", "   ", item.trace, "070", "01", " " * 21,
        "123456780000001",
    ]  # fmt: skip
    assert columns(lines[4], *CONTROL) == [
        "8", "225", "000002", "0009100001", "000000012345", "000000000000", ours, " " * 19, " " * 6, odfi, "0000001",
    ]  # fmt: skip
    assert columns(lines[5], *HEADER) == [
        *head, "COR", "SETTLEMENT", " " * 6, "260312", "   ", "1", odfi, "0000002",
    ]  # fmt: skip
    assert columns(lines[6], *ENTRY)[1:6] == ["26", "09100001", "9", "HIDDEN".ljust(17), "0" * 10]
    assert columns(lines[7], *REFUSED) == [
        "7", "98", "C68", change.item.original_trace, " " * 6, "02100002", "99887766554".ljust(29), "C01",
        change.item.trace[-7:], " " * 5, "123456780000002",
    ]  # fmt: skip
    assert lines[9][:55] == "9000002000001000000040018200002000000012345000000000000"

    raw = raw_totals.read(contents.open_(file))
    assert (raw.problems, raw.whole.entries, raw.whole.addenda) == ([], 2, 2)
    assert list(Reply.objects.order_by("id").values_list("state", "batch_number", "line", "trace")) == [
        ("FILED", 1, 3, "123456780000001"), ("FILED", 2, 7, "123456780000002"),
    ]  # fmt: skip
    delivery.deliver(file_id=file.public_id, now=CUTOFF)
    # The rows of the entries themselves stand in files that nobody wrote.
    assert not [each for each in breaks(rail_files.FILES) + breaks(rail_files.BATCHES) if file.public_id in str(each)]


@pytest.mark.parametrize("code", ["R61", "R62", "R69", "R70"])
def test_every_reason_of_a_dishonor_is_written(bank: Path, code: str) -> None:
    made = dishonored(returned_twice(), code)
    line = contents.open_(built()).decode().split("\n")[3]
    assert (line[3:6], line[79:]) == (made.code, "123456780000001")


@pytest.mark.parametrize("code", ["C61", "C62", "C63", "C64", "C65", "C66", "C67", "C68", "C69"])
def test_every_reason_of_a_refusal_is_written(bank: Path, code: str) -> None:
    refused(wrong_correction(), code)
    file = built()
    assert contents.open_(file).decode().split("\n")[3][3:6] == code
    assert (file.debit_minor, file.credit_minor) == (0, 0), "a correction carries no amount"


def test_payouts_leave_in_a_file_of_their_own(bank: Path) -> None:
    """A bank that refuses an answer keeps no payout waiting."""
    dishonored(returned_twice())
    payout = ach_outbound.submitted(now=CAME)
    file = built()
    payout.refresh_from_db()
    assert payout.file is not None
    assert payout.file.carries == "ENTRIES"
    assert (payout.file.cutoff_id, payout.file.modifier, file.modifier) == (file.cutoff_id, "A", "B")
    assert payout.trace != Reply.objects.get().trace


class TestSent:
    def test_once_with_its_clocks_from_the_file(self, bank: Path) -> None:
        """Delivered on Thursday only: it settles on Friday the 13th and is contested until the end of Tuesday."""
        made = dishonored(returned_twice())
        file = built()
        assert Dishonor.objects.get().sent_at is None, "what is in a file is not at the bank"
        thursday = CUTOFF + DAY
        assert delivery.deliver(file_id=file.public_id, now=thursday)
        made.refresh_from_db()
        assert (made.sent_at, made.settles_on) == (thursday, date(2026, 3, 13))
        assert made.contestable_until == datetime(2026, 3, 18, 4, tzinfo=UTC)
        assert Reply.objects.get().sent_at == thursday
        assert [path.read_bytes() for path in bank.iterdir()] == [contents.open_(file)]
        assert cutoffs.run_due(now=thursday + DAY).files == 0, "it does not go again"

    def test_rebuilt_it_has_the_same_traces_under_another_header(self, bank: Path) -> None:
        dishonored(returned_twice())
        refused(wrong_correction())
        first = built()
        before = contents.open_(first).decode().split("\n")
        rebuilding.rebuild(file_id=first.public_id, why="the header was wrong", actor=ach.TREASURER, now=CUTOFF)
        second = built()
        after = contents.open_(second).decode().split("\n")
        assert (before[0][33], after[0][33], after[1:]) == ("A", "B", before[1:])
        assert set(Reply.objects.values_list("file", "state")) == {(second.pk, "FILED")}

    def test_a_file_that_was_withdrawn_gives_them_back(self, bank: Path) -> None:
        made = dishonored(returned_twice())
        file = built()
        files.withdraw(file_id=file.public_id, why="not today", actor=ach.TREASURER, now=CUTOFF)
        reply = Reply.objects.get()
        assert (reply.state, reply.file, reply.trace) == ("WAITING", None, "")
        assert reply.due_at == new_york("2026-03-11 19:50"), "the next cutoff of the day"
        assert built(reply.due_at).public_id != file.public_id
        made.refresh_from_db()
        assert made.sent_at is None

    def test_a_file_that_the_bank_refuses_has_sent_nothing(self, bank: Path) -> None:
        """No contest is waited for until a rebuilt file is there."""
        made = dishonored(returned_twice())
        file = built()
        delivery.deliver(file_id=file.public_id, now=CUTOFF)
        acknowledgements.apply(file=file, accepted=False, why="no returns today", now=CUTOFF)
        made.refresh_from_db()
        assert (made.sent_at, Reply.objects.get().state) == (None, "FILED")
        assert dishonors.undo_due(now=CUTOFF + 30 * DAY) == 0
        assert Case.objects.get(kind=CaseKind.REJECTED_FILE).subject == file.public_id


class TestTakenBack:
    def test_a_dishonor_until_a_file_has_it(self, bank: Path) -> None:
        item = returned_twice()
        made = dishonored(item)
        dishonors.withdraw(dishonor_id=made.public_id, reason="the bank called", actor=ach.TREASURER, now=CAME)
        assert cutoffs.run_due(now=CUTOFF).files == 0
        assert Reply.objects.get().state == ReplyState.WITHDRAWN
        assert Event.objects.filter(name="ach.dishonor_withdrawn").count() == 1
        assert AuditEntry.objects.filter(action="ach.dishonor.withdrawn", subject=made.public_id).count() == 1
        again = dishonored(item, "R61")
        built()
        with pytest.raises(ReplyHasLeft):
            dishonors.withdraw(dishonor_id=again.public_id, reason="too late", actor=ach.TREASURER, now=CUTOFF)

    def test_a_refusal_opens_the_correction_again(self, bank: Path) -> None:
        change = wrong_correction()
        waiting = ach_outbound.submitted(change.account, now=CAME)
        refused(change)
        changes.take_back(change_id=change.public_id, reason="they are right", actor=ach.TREASURER, now=CAME)
        change.refresh_from_db()
        waiting.refresh_from_db()
        assert (change.state, change.refusal_code, change.ended_at) == (ChangeState.OPEN, "", None)
        assert waiting.state == EntryState.HELD, "the account is doubtful again"
        assert cutoffs.run_due(now=CUTOFF).files == 0
        assert Event.objects.filter(name="ach.change_reopened").count() == 1
        refused_again = changes.refuse(
            change_id=change.public_id, code="C67", reason="no, wrong", actor=ach.TREASURER, now=CAME
        )
        built()
        with pytest.raises(ReplyHasLeft):
            changes.take_back(change_id=refused_again.public_id, reason="late", actor=ach.TREASURER, now=CUTOFF)

    def test_the_database_opens_no_refusal_that_may_have_left(self, bank: Path) -> None:
        change = wrong_correction()
        refused(change)
        built()
        with pytest.raises(DatabaseError) as stopped, transaction.atomic():
            Change.objects.filter(pk=change.pk).update(state="OPEN", refusal_code="", ended_at=None, ended_by="")
        assert refusal_name(stopped.value) == "ach_change_goes_forward"
        with pytest.raises(DatabaseError) as stopped, transaction.atomic():
            Reply.objects.update(state="WITHDRAWN", file=None, batch_number=None, line=None, trace="", filed_at=None)
        assert refusal_name(stopped.value) == "ach_reply_edge_exists"
        with pytest.raises(DatabaseError) as stopped, transaction.atomic():
            Reply.objects.update(code="C61")
        assert refusal_name(stopped.value) == "ach_reply_stays_what_was_decided"


class TestTime:
    """The return settled on Wednesday 11 March; it is dishonored until the end of Wednesday the 18th."""

    def test_what_no_file_could_carry_in_time_is_refused(self, bank: Path) -> None:
        item = returned_twice()
        evening = new_york("2026-03-18 19:50")
        with pytest.raises(dishonors.UnableToDishonor, match="until 2026-03-18, and no file leaves before"):
            dishonors.require_possible(item_id=item.public_id, code="R69", now=evening)
        change = wrong_correction()
        late = new_york("2026-03-26 21:00")
        assert change.refusable_until == datetime(2026, 3, 27, 4, tzinfo=UTC), "fifteen days, in banking days"
        with pytest.raises(changes.InvalidRefusal, match="no file leaves before"):
            changes.refuse(change_id=change.public_id, code="C61", reason="x", actor=ach.TREASURER, now=late)

    def test_what_is_too_late_at_its_cutoff_is_parked(self, bank: Path) -> None:
        """Nobody was there for a week: an untimely dishonor would only come back (R72)."""
        made = dishonored(returned_twice())
        assert cutoffs.run_due(now=CUTOFF + 8 * DAY).files == 0
        case = Case.objects.get(kind=CaseKind.PARKED_REPLY)
        assert case.summary.endswith("its time was over at 2026-03-19 04:00 UTC")
        dishonors.withdraw(dishonor_id=made.public_id, reason="too late", actor=ach.TREASURER, now=CUTOFF + 8 * DAY)
        case.refresh_from_db()
        assert case.state == "CLOSED"

    def test_people_hear_the_banking_day_before(self, bank: Path) -> None:
        def heard(now: datetime) -> list[tuple[str, str]]:
            return sorted((each.alarm, each.severity) for each in reply_clocks.troubles(now=now))

        item = returned_twice()
        assert heard(new_york("2026-03-16 23:59")) == []
        assert heard(new_york("2026-03-17 00:01")) == [("ach.dishonor_ends", "P3")]
        dishonored(item)
        assert heard(new_york("2026-03-17 09:00")) == [("ach.reply_late", "P2")]
        watching.watch(now=new_york("2026-03-17 09:00"))
        told = Event.objects.get(name="ach.rail_troubled", payload__alarm="ach.reply_late").payload
        assert told["summary"] == "Dishonored return R67 is WAITING; its time is over at 2026-03-19 04:00 UTC (test)"
        delivery.deliver(file_id=built(new_york("2026-03-17 09:00")).public_id, now=new_york("2026-03-17 09:00"))
        assert heard(new_york("2026-03-17 09:05")) == []
        wrong_correction()
        assert heard(new_york("2026-03-25 09:00")) == [("ach.refusal_ends", "P3")]

    def test_what_was_decided_before_there_were_replies_gets_one(self, bank: Path) -> None:
        dishonored(returned_twice())
        refused(wrong_correction())
        ach_outbound.past_the_rules("DELETE FROM ach_reply")
        assert [reply_clocks.order_missing(now=CAME), reply_clocks.order_missing(now=CAME)] == [2, 0]
        assert built().entry_count == 2


def test_what_cannot_be_written_stays_behind_with_a_case(bank: Path) -> None:
    """The bank's own trace number is no number: the return cannot be named to it."""
    dishonored(returned_twice())
    refused(wrong_correction())
    ach_outbound.past_the_rules(
        "UPDATE ach_inbounditem SET trace = 'UNKNOWN' WHERE code = 'R01' AND state = 'SUSPENSE'"
    )
    file = built()
    assert (file.entry_count, file.debit_minor) == (1, 0)
    assert Case.objects.get(kind=CaseKind.PARKED_REPLY).summary == (
        "Dishonored return R67 cannot be filed: trace: does not name the bank that sent it"
    )
    assert Event.objects.filter(name="ach.reply_parked").count() == 1


class TestContested:
    def test_by_the_trace_it_was_sent_with(self, bank: Path) -> None:
        item = returned_twice()
        made = dishonored(item)
        entry = Entry.objects.get()
        delivery.deliver(file_id=built().public_id, now=CUTOFF)
        ach.came(ach.answers(Said(entry, "R75", dishonored_trace="123456780000009"), modifier="D"), now=CUTOFF)
        case = Case.objects.filter(kind=CaseKind.UNMATCHED_ITEM).latest("id")
        assert case.summary.endswith("it contests what we have not dishonored")
        ach.came(ach.answers(Said(entry, "R75", dishonored_trace="123456780000001"), modifier="E"), now=CUTOFF)
        made.refresh_from_db()
        assert (made.state, made.contest and made.contest.dishonored_trace) == ("CONTESTED", "123456780000001")

    def test_before_our_own_mark_it_waits(self, bank: Path) -> None:
        made = dishonored(returned_twice())
        entry, file = Entry.objects.get(), built()
        said = ach.answers(Said(entry, "R75", dishonored_trace="123456780000001"), modifier="D")
        came = ach.came(said, now=CUTOFF)
        assert came.state == "READ"
        delivery.deliver(file_id=file.public_id, now=CUTOFF)
        assert ach.process(file_id=came.public_id, now=CUTOFF).state == "DONE"
        made.refresh_from_db()
        assert made.state == DishonorState.CONTESTED


def test_the_sandbox_bank_takes_it_and_contests_it() -> None:
    """A debit of 300.00 comes back on Wednesday as R08; we dishonor it, and the bank stands by it after all."""
    entry = asked("7000008", amount_minor=30_000, direction="DEBIT")
    for moment in ("2026-03-02 16:50", "2026-03-02 16:55", "2026-03-03 08:30", "2026-03-04 07:01"):
        pass_time(new_york(moment))
    item = InboundItem.objects.get()
    noon, cutoff = new_york("2026-03-04 12:00"), new_york("2026-03-04 16:50")
    with clock.use(clock.FixedClock(noon)):
        controller = staff.person("CONTROLLER")
        ach.signed(ach.asked(dishonors.DISHONOR, item.public_id, now=noon, code="R69"), controller, now=noon)
    pass_time(cutoff)
    file = File.objects.get(carries="REPLIES")
    pass_time(cutoff + timedelta(minutes=5))
    file.refresh_from_db()
    posting = Posting.objects.get()
    assert (file.state, posting.state) == (FileState.ACKNOWLEDGED, "DISHONORED")
    assert posting.told[-1]["trace"] == Reply.objects.get().trace
    assert [each.amount_minor for each in posting.movements.order_by("id")] == [30_000, -30_000, 30_000]
    with clock.use(clock.FixedClock(new_york("2026-03-05 09:00"))):
        simulate(entry_id=entry.public_id, code="R76", now=new_york("2026-03-05 09:00"))
    pass_time(new_york("2026-03-05 09:01"))
    assert Dishonor.objects.get().state == DishonorState.CONTESTED


def test_the_sandbox_bank_takes_a_refused_correction() -> None:
    asked("7000101")
    for moment in ("2026-03-02 16:50", "2026-03-02 16:55", "2026-03-03 08:30", "2026-03-05 07:01"):
        pass_time(new_york(moment))
    noon = new_york("2026-03-05 12:00")
    change = Change.objects.get()
    changes.refuse(change_id=change.public_id, code="C65", reason="not readable", actor=ach.TREASURER, now=noon)
    pass_time(new_york("2026-03-05 16:50"))
    pass_time(new_york("2026-03-05 16:55"))
    file = File.objects.get(carries="REPLIES")
    assert (file.state, file.entry_count, file.debit_minor + file.credit_minor) == (FileState.ACKNOWLEDGED, 1, 0)
    assert Originator.objects.get(public_id=SHIPPED_ID).next_trace == 3
