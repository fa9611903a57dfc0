"""Whatever is written is accepted by the strict rule, says what was meant, and is the same bytes when written again."""

import io
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ach.nacha.addenda import Addenda05, Addendum
from ach.nacha.events import BatchHeaderRead, EntryRead, FileHeaderRead
from ach.nacha.problems import Mode
from ach.nacha.read import Reader, events
from ach.nacha.records import Entry, FileHeader
from ach.nacha.write import OutgoingBatch
from tests.unit.ach.nacha.files import raw_sums, read, sums_of, told
from tests.unit.ach.nacha.outgoing import FILES, written


def plain(addendum: Addendum) -> Addendum:
    """Without what the writer numbers."""
    if isinstance(addendum, Addenda05):
        return replace(addendum, sequence=0, entry_sequence=0)
    return replace(addendum, trace="")


def meant(entry: Entry) -> Entry:
    return replace(entry, trace="", addenda=tuple(plain(each) for each in entry.addenda))


@settings(max_examples=150)
@given(batches=FILES, first=st.integers(0, 9_000_000))
def test_a_written_file_is_strict_says_what_was_meant_and_can_be_written_again(
    batches: list[OutgoingBatch], first: int
) -> None:
    content, totals, placed = written(batches, first_sequence=first)
    reader = read(content)
    assert told(reader.log.errors) == []
    assert {"lines": totals.lines} | raw_sums(content) == {"lines": content.count(b"\n")} | sums_of(reader)
    assert (totals.entries, totals.addenda, totals.debit, totals.credit, totals.entry_hash) == tuple(
        raw_sums(content).values()
    )
    assert {len(line) for line in content.splitlines()} == {94}
    assert totals.lines % 10 == 0
    header, again = decoded(content)
    assert [replace(each.header, batch_number=0) for each in again] == [each.header for each in batches]
    assert [meant(each) for batch in again for each in batch.entries] == [
        each for batch in batches for each in batch.entries
    ]
    assert written(again, header=header)[0] == content
    lines = content.splitlines()
    assert [lines[each.line - 1][79:].decode() for each in placed] == [each.trace for each in placed]
    assert [int(each.trace[8:]) for each in placed] == list(range(first, totals.next_sequence))


def decoded(content: bytes) -> tuple[FileHeader, list[OutgoingBatch]]:
    header, batches = None, []
    for event in events(io.BytesIO(content), Mode.STRICT):
        if isinstance(event, FileHeaderRead):
            header = event.header
        elif isinstance(event, BatchHeaderRead):
            batches.append(OutgoingBatch(event.header, []))
        elif isinstance(event, EntryRead):
            batches[-1].entries.append(event.entry)
    assert header is not None
    return header, batches


@settings(max_examples=150)
@given(batches=FILES, data=st.data())
def test_the_quick_way_and_the_slow_way_say_the_same(batches: list[OutgoingBatch], data: st.DataObject) -> None:
    """Also of a file in which one column was overwritten: same events, same findings, same sums."""
    content = bytearray(written(batches)[0])
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.sampled_from(b"0123456789 AZ\n\xe9"))
    quick, slow = (Reader(io.BytesIO(bytes(content)), Mode.INBOUND, quick=quick) for quick in (True, False))
    said = [
        [(type(each).__name__, each.line, getattr(each, "record", ""), getattr(each, "sound", "")) for each in reader]
        for reader in (quick, slow)
    ]
    assert said[0] == said[1]
    assert (quick.sums, quick.log.errors, quick.log.warnings) == (slow.sums, slow.log.errors, slow.log.warnings)
