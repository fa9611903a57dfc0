"""What a reader yields beside problems: raw records with their place, decoded only when somebody asks."""

from collections.abc import Sequence
from typing import NamedTuple

from ach.nacha.records import BatchControl, BatchHeader, Entry, FileControl, FileHeader


class FileHeaderRead(NamedTuple):
    """`header` raises NachaError where the record is faulty; its problems came before the event."""

    line: int
    record: bytes

    @property
    def header(self) -> FileHeader:
        return FileHeader.decode(self.record)


class BatchHeaderRead(NamedTuple):
    line: int
    record: bytes

    @property
    def header(self) -> BatchHeader:
        return BatchHeader.decode(self.record)

    @property
    def sec_code(self) -> str:
        return self.record[50:53].decode("latin-1")


class EntryRead:
    """An entry with its addenda, in the columns as they came (filled up to 94).

    `sound` is false where an error, not a mere warning, stands against it: nothing may be booked from it. `addenda` has
    the records; their lines follow the entry's own unless blank lines stand between.
    """

    __slots__ = ("addenda", "batch", "line", "record", "sound")

    def __init__(self, line: int, record: bytes, batch: BatchHeaderRead, addenda: Sequence[bytes]) -> None:
        self.line = line
        self.record = record
        self.batch = batch
        self.addenda = addenda
        self.sound = True

    @property
    def entry(self) -> Entry:
        """Raises NachaError where a record is faulty or of a layout that is not decoded (IAT, ADV, addenda 02)."""
        return Entry.decode(self.record, self.batch.sec_code, tuple(self.addenda))

    @property
    def trace(self) -> str:
        return self.record[79:].decode("latin-1")


class BatchControlRead(NamedTuple):
    line: int
    record: bytes

    @property
    def control(self) -> BatchControl:
        return BatchControl.decode(self.record)


class FileControlRead(NamedTuple):
    line: int
    record: bytes

    @property
    def control(self) -> FileControl:
        return FileControl.decode(self.record)
