"""A file written as it comes: numbers, counts, hashes, totals and padding are the writer's, and nothing wrong gets out.

Each record is judged by the judge of the strict reader before it is emitted, so what is written can be read by it.
Batches and entries may be generators; memory does not grow with them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from ach.nacha.addenda import Addenda05
from ach.nacha.batch import OpenBatch
from ach.nacha.file import BLOCKING_FACTOR, PADDING, FileCheck
from ach.nacha.problems import Log, Mode, NachaError
from ach.nacha.records import BatchControl, BatchHeader, Entry, FileControl, FileHeader
from ach.nacha.sums import HASH_MODULUS, Sums

# What the columns of records 6, 8 and 9 can say.
MOST_SEQUENCE = 9_999_999
MOST_CENTS = 999_999_999_999
MOST_IN_BATCH = 999_999
MOST_IN_FILE = 99_999_999
_EMIT_AT = 512


@dataclass(frozen=True, slots=True)
class OutgoingBatch:
    """A header whose `batch_number` is 0 takes the next one."""

    header: BatchHeader
    entries: Iterable[Entry]


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """Entries without a trace number get ODFI and `first_sequence`, `first_sequence` + 1 ... through all batches."""

    header: FileHeader
    batches: Iterable[OutgoingBatch]
    first_sequence: int = 1


class Placed(NamedTuple):
    """Where an entry came to stand. `entry_index` counts the entries of the file from 0, `line` its records from 1."""

    entry_index: int
    batch_number: int
    line: int
    trace: str


class Totals(NamedTuple):
    """What record 9 says; `lines` with padding. Cents. `next_sequence` is free for the next file of the day."""

    batches: int
    entries: int
    addenda: int
    debit: int
    credit: int
    entry_hash: int
    lines: int
    next_sequence: int


def write(file: OutgoingFile, sink: BinaryIO, on_entry: Callable[[Placed], None] | None = None) -> Totals:
    """Raises NachaError at the first record that the strict rule refuses; nothing of that record is in `sink` then.

    A file that failed half-way is no file: whoever writes to a place that others read must write beside it and rename.
    """
    return _Writer(sink, on_entry or (lambda _: None), file.first_sequence).write(file)


class _Writer:
    def __init__(self, sink: BinaryIO, on_entry: Callable[[Placed], None], first_sequence: int) -> None:
        self._sink, self._on_entry = sink, on_entry
        self._log = Log(Mode.STRICT, most=1)
        self._check = FileCheck(self._log)
        self._lines = 0
        self._index = 0
        self._sequence = first_sequence
        self._last_number = 0
        self._waiting: list[bytes] = []

    def write(self, file: OutgoingFile) -> Totals:
        self._put_other(file.header.encode())
        for batch in file.batches:
            self._put_batch(batch)
        sums = self._check.sums
        records = self._lines + 1
        blocks = -(-records // BLOCKING_FACTOR)
        control = FileControl(self._check.batches, blocks, sums.records, sums.written_hash, sums.debit, sums.credit)
        self._put_other(control.encode())
        for _ in range(blocks * BLOCKING_FACTOR - records):
            self._put_other(PADDING)
        self._check.finish(self._lines, self._lines)
        self._require_sound()
        self._emit()
        return Totals(
            self._check.batches, sums.entries, sums.addenda, sums.debit, sums.credit, sums.written_hash, self._lines,
            self._sequence,
        )  # fmt: skip

    def _put_batch(self, outgoing: OutgoingBatch) -> None:
        header = outgoing.header
        if not header.batch_number:
            header = replace(header, batch_number=self._last_number + 1)
        self._last_number = header.batch_number
        self._put_other(header.encode())
        batch = self._check.batch
        assert batch is not None
        for entry in outgoing.entries:
            self._put_entry(batch, header, entry)
        sums = batch.sums
        control = BatchControl(
            header.service_class, sums.records, sums.entry_hash % HASH_MODULUS, sums.debit, sums.credit,
            header.company_id, "", header.odfi, header.batch_number,
        )  # fmt: skip
        self._put_other(control.encode())

    def _put_entry(self, batch: OpenBatch, header: BatchHeader, entry: Entry) -> None:
        trace = entry.trace or self._next_trace(header.odfi)
        record = entry.encode(header.sec_code, trace)
        addenda = [
            each.encode_as(position, int(record[87:])) if isinstance(each, Addenda05) else each.encode(trace)
            for position, each in enumerate(entry.addenda, start=1)
        ]
        line = self._lines + 1
        if len(addenda) > 1 or batch.take_quickly(line, record, addenda[0] if addenda else None) is None:
            batch.take_entry(line, record)
            for offset, each in enumerate(addenda, start=1):
                batch.take_addenda(line + offset, each)
            batch.close_entry()
            self._require_sound()
        self._require_room(batch.sums)
        self._lines += 1 + len(addenda)
        self._waiting.append(record)
        self._waiting += addenda
        if len(self._waiting) > _EMIT_AT:
            self._emit()
        self._on_entry(Placed(self._index, header.batch_number, line, trace))
        self._index += 1

    def _next_trace(self, odfi: str) -> str:
        if self._sequence > MOST_SEQUENCE:
            raise NachaError("TOO_LARGE", "trace", "more entries than trace numbers have digits", record="entry")
        self._sequence += 1
        return f"{odfi}{self._sequence - 1:07d}"

    def _require_room(self, batch: Sums) -> None:
        """Totals and counts have to fit their columns of records 8 and 9."""
        done = self._check.sums
        if batch.debit + done.debit > MOST_CENTS or batch.credit + done.credit > MOST_CENTS:
            raise NachaError("TOO_LARGE", "amount", "the total does not fit twelve digits", record="entry")
        if batch.records > MOST_IN_BATCH or batch.records + done.records > MOST_IN_FILE:
            raise NachaError("TOO_LARGE", "entry_addenda_count", "more records than the count can say", record="entry")

    def _put_other(self, record: bytes) -> None:
        self._lines += 1
        self._check.take_other(self._lines, record)
        self._require_sound()
        self._waiting.append(record)

    def _require_sound(self) -> None:
        if self._log.errors:
            raise self._log.errors[0].as_error()

    def _emit(self) -> None:
        self._sink.write(b"\n".join(self._waiting) + b"\n")
        self._waiting.clear()
