"""A file as a stream of events: headers, entries with their addenda, controls, and what is wrong, where it is found.

Memory does not grow with the file: the open entry, the sums, and a bounded number of problems are all that is kept.
The same judgement is made in both modes; the mode decides whether a recoverable problem is an error or a warning. So a
file that strict accepts without a word is accepted inbound without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ach.nacha.blocks import blocks
from ach.nacha.file import Event, FileCheck
from ach.nacha.lines import Lines, Piece
from ach.nacha.problems import Log, Mode, Problem
from ach.nacha.sums import Sums

_ENTRY, _ADDENDA = b"67"


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends the reading of something that is no file of ours, however long it is.

    `lines` and `errors`: beyond them reading stops with TOO_LONG or TOO_MANY_ERRORS. `kept`: problems of each kind that
    are told; the rest are counted.
    """

    lines: int = 5_000_000
    errors: int = 10_000
    kept: int = 100


class Reader:
    """Iterate once. Afterwards `log` has the problems, `sums`, `batches` and `sec_codes` what was read.

    `quick` false takes every record the slow way; the answers are the same.
    """

    def __init__(self, stream: BinaryIO, mode: Mode, limits: Limits | None = None, *, quick: bool = True) -> None:
        self.limits = limits or Limits()
        self.log = Log(mode, self.limits.kept)
        self._check = FileCheck(self.log)
        self._lines = Lines(blocks(stream))
        self._records = 0
        self._quick = quick

    @property
    def sums(self) -> Sums:
        return self._check.sums

    @property
    def batches(self) -> int:
        return self._check.batches

    @property
    def sec_codes(self) -> set[str]:
        return self._check.sec_codes

    def __iter__(self) -> Iterator[Event | Problem]:
        """Raises blocks.Unreadable. Problems come before the event that they belong to."""
        for piece in self._lines:
            for fault in piece.faults:
                self.log.add(fault.line, "record", "record", fault.code, fault.message, recoverable=True)
            yield from self._trimmed(piece) if piece.trimmed else self._whole(piece)
            self._records += len(piece.records)
            if self._has_enough():
                yield from self.log.drain()
                return
        yield from self._closed()
        self._check.finish(self._lines.count, self._records)
        yield from self.log.drain()

    def _whole(self, piece: Piece) -> Iterator[Event | Problem]:
        lines, records, count = piece.lines, piece.records, len(piece.records)
        batch = self._check.batch
        quick = piece.clean and self._quick
        at = 0
        while at < count:
            record = records[at]
            if record[0] == _ENTRY and quick and batch is not None:
                if batch.open is not None:
                    yield from self._closed()
                end = at + 1
                if end < count and records[end][0] == _ADDENDA:
                    end += 1
                # The last entry of a piece may have addenda in the next.
                if end < count and records[end][0] != _ADDENDA:
                    done = batch.take_quickly(lines[at], record, records[at + 1] if end - at > 1 else None)
                    if done is not None:
                        yield done
                        at = end
                        continue
            yield from self._slowly(lines[at], record)
            batch = self._check.batch
            at += 1

    def _slowly(self, line: int, record: bytes) -> Iterator[Event | Problem]:
        if record[0] == _ADDENDA:
            self._check.take_addenda(line, record)
            return
        yield from self._closed()
        if record[0] == _ENTRY:
            self._check.take_entry(line, record)
            return
        event = self._check.take_other(line, record)
        yield from self.log.drain()
        if event is not None:
            yield event

    def _closed(self) -> Iterator[Event | Problem]:
        done = self._check.close_entry()
        yield from self.log.drain()
        if done is not None:
            yield done

    def _trimmed(self, piece: Piece) -> Iterator[Event | Problem]:
        """As `_whole`, where some records were shorter: they are right only if nothing else is against them."""
        for line, record in zip(piece.lines, piece.records, strict=True):
            before = self.log.fatal_count
            yield from self._whole(piece._replace(lines=(line,), records=(record,)))
            if fault := piece.trimmed.get(line):
                sound = self.log.fatal_count == before
                self.log.add(line, "record", "record", fault.code, fault.message, recoverable=sound)
        yield from self.log.drain()

    def _has_enough(self) -> bool:
        if self._lines.count > self.limits.lines:
            self.log.end(self._lines.count, "TOO_LONG", f"more than {self.limits.lines} lines")
            return True
        if self.log.fatal_count > self.limits.errors:
            message = f"more than {self.limits.errors} errors; the rest was not read"
            self.log.end(self._lines.count, "TOO_MANY_ERRORS", message)
            return True
        return False


def events(stream: BinaryIO, mode: Mode, limits: Limits | None = None) -> Iterator[Event | Problem]:
    """Everything a file says, in its order. Use `Reader` where sums and counts are wanted as well."""
    return iter(Reader(stream, mode, limits))
