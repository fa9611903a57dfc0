"""Files of the bank: stored before they are read, read as a whole, applied once."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from ach.enums import CaseKind, EntryState, FileState, InboundState
from ach.models import Case, Entry, File, InboundFile, InboundItem, Mailbox
from ach.services import acknowledgements, inbound, reading, returns
from ach.states import FileStateForbids
from ach.transport import HostKeyChanged
from ach.transport.folder import FolderTransport
from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.outbox import services as outbox
from core.outbox.models import Event
from core.parameters import services as parameters
from core.work import services as work
from ops.models import Incident
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts
from tests.factories.ach_inbound import CAME, Said

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "ach"


def alarms() -> list[tuple[str, str]]:
    found = Event.objects.filter(name="ach.rail_troubled").order_by("id")
    return [(each.payload["alarm"], each.payload["severity"]) for each in found]


class TestStored:
    def test_sealed_with_its_hash_before_it_is_read(self) -> None:
        content = ach.answers(Said(ach.settled(bank_accounts.active()), "R01"))
        file = ach.take_in(content, name="RET0311.ACH")
        assert (file.state, file.sha256, file.size) == (
            InboundState.STORED, hashlib.sha256(content).hexdigest(), len(content),
        )  # fmt: skip
        stored = InboundFile.objects.get()
        assert b"JANE" not in bytes(stored.content)
        assert reading.content_of(stored) == content
        assert AuditEntry.objects.filter(action="ach.inbound.received", subject=file.public_id).count() == 1
        assert Event.objects.get(name="ach.file_received").payload["file_name"] == "RET0311.ACH"

    def test_workers_take_it_from_there(self) -> None:
        entry = ach.settled(bank_accounts.active())
        ach.take_in(ach.answers(Said(entry, "R01")))
        assert work.drain(now=CAME).done == 1
        entry.refresh_from_db()
        assert entry.state == EntryState.RETURNED

    def test_the_same_bytes_again_are_a_duplicate_and_nothing_happens_twice(self) -> None:
        entry = ach.settled(bank_accounts.active())
        content = ach.answers(Said(entry, "R02"))
        first, second = ach.came(content), ach.came(content, name="again.ach")
        assert (first.state, second.state, second.first_id) == (InboundState.DONE, InboundState.DUPLICATE, first.pk)
        assert Event.objects.filter(name="ach.entry_returned").count() == 1
        assert (InboundItem.objects.count(), Case.objects.count()) == (1, 0)
        told = [each.payload["duplicate_of"] for each in Event.objects.filter(name="ach.file_received").order_by("id")]
        assert sorted(told) == ["", first.public_id]

    def test_what_is_too_large_is_refused_with_its_size(self) -> None:
        parameters._cache["ach.inbound_megabytes"] = [(CAME, 1)]
        parameters._cached_at = float("inf")
        with pytest.raises(inbound.InboundTooLarge, match="content: has 1048577 bytes, taken in are 1 megabytes"):
            ach.take_in(b"1" * ((1 << 20) + 1))
        assert not InboundFile.objects.exists()


class TestRead:
    @pytest.mark.parametrize(
        ("spoil", "why"),
        [
            (lambda text: text[: len(text) // 2], "line 5, file, file_control: the file has no record 9"),
            (
                lambda text: text.replace(b"9000002", b"9000003"),
                "line 10, file control, batch_count: says 3, the file has 2",
            ),
            (lambda text: b"\x1f\x8b broken", "the compressed data is damaged"),
            (lambda text: b"{}", "line 1"),
        ],
    )
    def test_a_malformed_file_is_never_half_applied(self, spoil: object, why: str) -> None:
        entries = [ach.settled(bank_accounts.active("prov_a")), ach.settled(bank_accounts.active("prov_b"))]
        file = ach.came(spoil(ach.answers(*(Said(entry, "R01") for entry in entries))))  # type: ignore[operator]
        assert file.state == InboundState.UNREADABLE
        assert file.problem.startswith(why), file.problem
        assert not InboundItem.objects.exists()
        assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.SETTLED}
        assert Case.objects.get().kind == CaseKind.UNREADABLE_FILE
        assert alarms() == [("ach.inbound_unreadable", "P2")]
        outbox.drain(now=CAME)
        assert Incident.objects.get().alarm == "ach.inbound_unreadable"

    def test_an_empty_file_is_a_day_without_returns(self) -> None:
        for content in (b"", b"\n"):
            assert ach.came(content).state == InboundState.DONE
        assert not Case.objects.exists()

    def test_a_file_of_header_and_control_alone_is_valid_with_no_entries(self) -> None:
        """As banks send it on a day without returns: recorded, read, done; the control may not say otherwise."""
        header = ach.answers(Said(ach.settled(bank_accounts.active()), "R01")).splitlines()[0]
        lines = [header, b"9000000000001" + b"0" * 42 + b" " * 39, *[b"9" * 94] * 8]
        file = ach.came(b"\n".join(lines) + b"\n", name="EMPTY0311.ACH")
        assert (file.state, file.problem, file.item_count) == (InboundState.DONE, "", 0)
        assert (file.debit_minor, file.credit_minor, file.name) == (0, 0, "EMPTY0311.ACH")
        assert [each["code"] for each in file.warnings] == ["EMPTY_FILE"]
        row = AuditEntry.objects.get(action="ach.inbound.read", subject=file.public_id)
        assert (row.facts["state"], row.facts["items"]) == ("READ", 0)
        assert Event.objects.get(name="ach.received_file_read").payload["items"] == 0
        assert (Case.objects.count(), alarms()) == (0, [])

        counts_one = b"9000000000001" + b"00000001" + b"0" * 34 + b" " * 39
        wrong = ach.came(b"\n".join([header, counts_one, *lines[2:]]) + b"\n")
        assert wrong.state == InboundState.UNREADABLE
        assert "entry_addenda_count" in wrong.problem

    def test_what_the_reader_forgave_is_written_down(self) -> None:
        entry = ach.settled(bank_accounts.active())
        content = ach.answers(Said(entry, "R01"))
        trimmed = b"\r\n".join(line.rstrip() for line in content.splitlines() if line.strip(b"9"))
        file = ach.came(trimmed)
        assert file.state == InboundState.DONE
        assert {each["code"] for each in file.warnings} >= {"BAD_RECORD_LENGTH", "BLOCKING"}
        entry.refresh_from_db()
        assert entry.state == EntryState.RETURNED

    def test_a_file_of_ours_that_comes_back_is_not_a_thousand_cases(self) -> None:
        content = ach.answers(Said(ach.settled(bank_accounts.active()), "R01"))
        ach.file(sha256=hashlib.sha256(content).hexdigest())
        assert ach.came(content).problem == "it is a file of ours that has come back"

    @pytest.mark.parametrize(
        ("name", "items", "codes"),
        [
            ("return-web-r01-r03.ach", 2, ["R01", "R03"]),
            ("return-ccd-r03.ach", 1, ["R03"]),
            ("return-pos-dishonored-r68.ach", 2, ["R68", "R68"]),
            ("return-web-contested-r72.ach", 1, ["R72"]),
            ("cor-c01.ach", 1, ["C01"]),
            ("bad-return-code-r97.ach", 1, ["R97"]),
            ("zero-file-fiserv.ach", 0, []),
        ],
    )
    def test_real_files_of_banks_end_in_suspense_line_by_line(self, name: str, items: int, codes: list[str]) -> None:
        """They answer entries of others, so each line has its case and no money moves unseen."""
        if not REAL.is_dir():
            pytest.skip("the shared files are not here")
        file = ach.came((REAL / name).read_bytes(), name=name)
        assert (file.state, file.item_count) == (InboundState.DONE, items)
        assert list(InboundItem.objects.order_by("line").values_list("code", flat=True)) == codes
        assert Case.objects.filter(kind=CaseKind.UNMATCHED_ITEM).count() == items


class TestGoesOn:
    """Killed between any two steps, it goes on where it was."""

    def test_lines_are_applied_one_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        entries = [ach.settled(bank_accounts.active(f"prov_{place}")) for place in range(3)]
        file = ach.take_in(ach.answers(*(Said(entry, "R02") for entry in entries)))
        apply, seen = returns.apply, []

        def dies_at_the_second(item: InboundItem, entry: Entry, **more: object) -> None:
            seen.append(item)
            apply(item, entry, **more)  # type: ignore[arg-type]
            if len(seen) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(returns, "apply", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            ach.process(file_id=file.public_id)
        assert sorted(InboundItem.objects.values_list("state", flat=True)) == ["APPLIED", "READ", "READ"]
        assert ach.process(file_id=file.public_id).state == InboundState.DONE
        assert Event.objects.filter(name="ach.entry_returned").count() == 3
        assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.RETURNED}

    def test_a_line_that_fails_leaves_the_others_applied_and_is_tried_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, good = ach.settled(bank_accounts.active("prov_a")), ach.settled(bank_accounts.active("prov_b"))
        file = ach.take_in(ach.answers(Said(bad, "R02"), Said(good, "R02")))
        apply = returns.apply

        def refuses(item: InboundItem, entry: Entry, **more: object) -> None:
            if entry.pk == bad.pk:
                raise FileStateForbids("not now")
            apply(item, entry, **more)  # type: ignore[arg-type]

        with monkeypatch.context() as patched, pytest.raises(FileStateForbids):
            patched.setattr(returns, "apply", refuses)
            ach.process(file_id=file.public_id)
        good.refresh_from_db()
        assert good.state == EntryState.RETURNED
        assert inbound.process_waiting(now=CAME) == 1
        work.drain(now=CAME)
        bad.refresh_from_db()
        assert bad.state == EntryState.RETURNED


def acknowledged(file: File, verdict: str = "ACCEPTED", *, reason: str = "") -> bytes:
    line = f"ACK|{file.name}|{file.sha256}|{verdict}|2026-03-09T22:00:00+00:00"
    return f"{line}|{reason}\n".encode() if reason else f"{line}\n".encode()


class TestAcknowledgements:
    def test_the_bank_has_the_file_and_its_entries_say_so(self) -> None:
        file = ach.file()
        entries = [ach.sent(bank_accounts.active(f"prov_{place}"), inside=file) for place in range(2)]
        assert ach.came(acknowledged(file), name="ack_1.txt").state == InboundState.DONE
        file.refresh_from_db()
        assert (file.state, file.acknowledged_at) == (FileState.ACKNOWLEDGED, CAME)
        assert [Entry.objects.get(pk=each.pk).state for each in entries] == [EntryState.ACKNOWLEDGED] * 2
        assert Event.objects.filter(name="ach.file_acknowledged").count() == 1
        acknowledgements.apply(file=file, accepted=True, why="", now=CAME + timedelta(hours=1))
        assert Event.objects.filter(name="ach.file_acknowledged").count() == 1

    def test_a_refused_file_takes_its_entries_back_before_they_settle(self) -> None:
        file = ach.file()
        entry = ach.sent(bank_accounts.active(), inside=file)
        ach.came(acknowledged(file, "REJECTED", reason="duplicate file"), name="ack_1.txt")
        file.refresh_from_db()
        entry.refresh_from_db()
        assert (file.state, file.state_why) == (FileState.REJECTED, "duplicate file")
        assert (entry.state, entry.sent_at, entry.trace != "") == (EntryState.FILED, None, True)
        assert Case.objects.get().summary == f"{file.name}: duplicate file"
        with pytest.raises(FileStateForbids), transaction.atomic():
            acknowledgements.apply(file=file, accepted=True, why="", now=CAME)

    def test_it_may_be_faster_than_our_own_mark(self) -> None:
        file = ach.file(state=FileState.READY)
        came = ach.came(acknowledged(file), name="ack_1.txt")
        assert came.state == InboundState.READ
        File.objects.filter(pk=file.pk).update(state=FileState.DELIVERED, delivered_at=CAME)
        assert ach.process(file_id=came.public_id).state == InboundState.DONE
        file.refresh_from_db()
        assert file.state == FileState.ACKNOWLEDGED

    def test_of_no_file_of_ours_it_is_an_alarm(self) -> None:
        file = ach.file()
        strange = acknowledged(file).replace(file.sha256.encode(), b"f" * 64)
        assert ach.came(strange, name="ack_1.txt").state == InboundState.DONE
        assert alarms() == [("ach.strange_acknowledgement", "P2")]
        file.refresh_from_db()
        assert file.state == FileState.DELIVERED

    def test_one_that_cannot_be_read_names_line_and_field(self) -> None:
        file = ach.came(b"ACK|a.txt|abc|ACCEPTED|2026-03-09T22:00:00+00:00\n", name="ack_1.txt")
        assert (file.state, file.problem) == (InboundState.UNREADABLE, "line 1: sha256 is not 64 hexadecimal digits")


class TestFetched:
    """From the folder that the bank writes to."""

    @pytest.fixture
    def incoming(self, tmp_path: Path) -> Path:
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        owner = ach.originator()
        owner.transport = "FILESYSTEM"
        owner.settings = {"outgoing": str(tmp_path / "out"), "incoming": str(tmp_path / "in")}
        owner.save()
        return tmp_path / "in"

    def test_stored_first_and_then_taken_away_there(self, incoming: Path) -> None:
        entry = ach.settled(bank_accounts.active())
        (incoming / "ret_1.ach").write_bytes(ach.answers(Said(entry, "R01")))
        (incoming / "empty.ach").write_bytes(b"")
        assert [inbound.fetch_all(now=CAME), inbound.fetch_all(now=CAME)] == [2, 0]
        assert list(InboundFile.objects.order_by("id").values_list("name", "state")) == [
            ("empty.ach", "STORED"), ("ret_1.ach", "STORED"),
        ]  # fmt: skip
        work.drain(now=CAME)
        entry.refresh_from_db()
        assert entry.state == EntryState.RETURNED

    def test_killed_before_it_is_taken_away_it_is_a_duplicate_the_next_time(
        self, incoming: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (incoming / "ret_1.ach").write_bytes(ach.answers(Said(ach.settled(bank_accounts.active()), "R01")))
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(FolderTransport, "done", dies)
            inbound.fetch_all(now=CAME)
        assert inbound.fetch_all(now=CAME) == 1
        assert list(InboundFile.objects.order_by("id").values_list("state", flat=True)) == ["STORED", "DUPLICATE"]

    def test_a_bank_that_cannot_be_reached_is_asked_after_growing_pauses_and_told_at_the_third(
        self, incoming: Path
    ) -> None:
        """Minutes 0, 1, 3, then eight and fifteen more; the incident ends by itself."""
        incoming.rmdir()
        tried = []
        for minute in range(30):
            before = Mailbox.objects.values_list("failed_tries", flat=True).first()
            inbound.fetch_all(now=CAME + minute * MINUTE)
            box = Mailbox.objects.get()
            if box.failed_tries != before:
                tried.append(minute)
            assert bool(alarms()) is (minute >= 3)
        assert tried == [0, 1, 3, 7, 15]
        assert set(alarms()) == {("ach.fetch_failed", "P2")}
        assert Mailbox.objects.get().problem.startswith("ACH_TRANSPORT_FAILED")
        outbox.drain(now=CAME + 30 * MINUTE)
        assert Incident.objects.get().state == "OPEN"
        incoming.mkdir()
        inbound.fetch_all(now=CAME + 30 * MINUTE)
        assert Mailbox.objects.get().failed_tries == 0
        outbox.drain(now=CAME + 31 * MINUTE)
        incident = Incident.objects.get()
        assert (incident.state, incident.cause) == ("RESOLVED", "HOLDFAST TEST: fetched again after 5 failed tries")

    def test_one_that_fails_now_and_then_is_nobodys_business(self, incoming: Path) -> None:
        for minute in (0, 10, 20, 30):
            incoming.rmdir()
            inbound.fetch_all(now=CAME + minute * MINUTE)
            incoming.mkdir()
            inbound.fetch_all(now=CAME + (minute + 2) * MINUTE)
        assert alarms() == []

    def test_what_is_asked_seldom_is_told_by_its_time(self, incoming: Path) -> None:
        parameters.change(
            name="ach.fetch_retry_seconds", value=900, effective_from=CAME, reason="slow bank", actor=SYSTEM, now=CAME
        )
        incoming.rmdir()
        inbound.fetch_all(now=CAME)
        inbound.fetch_all(now=CAME + 14 * MINUTE)
        assert alarms() == []
        inbound.fetch_all(now=CAME + 15 * MINUTE)
        assert alarms() == [("ach.fetch_failed", "P2")], "two tries in fifteen minutes"

    def test_another_key_is_told_at_once_and_is_a_persons_to_end(
        self, incoming: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def shows_another_key(_: object) -> Iterator[object]:
            raise HostKeyChanged("the server shows another key")

        with monkeypatch.context() as patched:
            patched.setattr(FolderTransport, "fetch", shows_another_key)
            inbound.fetch_all(now=CAME)
        assert alarms() == [("ach.host_key_changed", "P1")]
        inbound.fetch_all(now=CAME + MINUTE)
        outbox.drain(now=CAME + MINUTE)
        assert Incident.objects.get().state == "OPEN"

    def test_a_bank_that_fails_keeps_no_other_waiting(self, incoming: Path) -> None:
        """Whatever its library raises."""
        (incoming / "empty.ach").write_bytes(b"")
        ach.originator(livemode=True)
        assert inbound.fetch_all(now=CAME) == 1
        assert Mailbox.objects.get().originator.livemode


def dies(*_: object) -> None:
    raise KeyboardInterrupt
