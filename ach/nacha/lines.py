"""Records out of blocks of bytes, and what had to be done to have 94 columns of each.

The usual case, lines of exactly 94 columns that end with LF, costs one split and one look at the lengths per block.
Everything else is put right line by line and noted as a fault.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ach.nacha.layout import PRINTABLE, WIDTH

# A run without line breaks is cut into records when it is this long, so that an endless line is never held whole.
LONGEST_RUN = WIDTH * 1024
_EXPECTED = PRINTABLE + b"\n"
_PADDING = b"9" * WIDTH


class Fault(NamedTuple):
    line: int
    code: str
    message: str


class Piece(NamedTuple):
    """Records with their line numbers. `clean`: nothing but printable ASCII.

    `trimmed` by line: shorter than 94 columns, filled up with blanks; right only if nothing else is against the record.
    """

    lines: Sequence[int]
    records: Sequence[bytes]
    clean: bool
    faults: Sequence[Fault]
    trimmed: Mapping[int, Fault]


class Lines:
    """Iterates over pieces; `count` lines so far."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self.count = 0
        self._returns = False
        # The first of blank lines that are forgiven unless a record follows.
        self._blank = 0

    def __iter__(self) -> Iterator[Piece]:
        tail = b""
        for block in self._blocks:
            data = tail + block
            head, found, tail = data.rpartition(b"\n")
            if found:
                yield self._piece(head)
            if len(tail) > LONGEST_RUN:
                cut = len(tail) - len(tail) % WIDTH - WIDTH
                yield self._piece(tail[:cut])
                tail = tail[cut:]
        if tail:
            yield self._piece(tail)

    def _piece(self, data: bytes) -> Piece:
        faults: list[Fault] = []
        if b"\r" in data:
            data = self._without_returns(data, faults)
        records = data.split(b"\n")
        clean = not data.translate(None, _EXPECTED)
        if set(map(len, records)) == {WIDTH}:
            self._tell_blank(faults)
            first = self.count + 1
            self.count += len(records)
            return Piece(range(first, first + len(records)), records, clean, faults, {})
        return self._repaired(records, clean, faults)

    def _without_returns(self, data: bytes, faults: list[Fault]) -> bytes:
        """Said once for a file: in all likelihood every line ends so."""
        plain = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
        if plain != data and not self._returns:
            self._returns = True
            faults.append(Fault(self.count + 1, "LINE_END", "lines end with CR LF, not LF"))
        return plain

    def _tell_blank(self, faults: list[Fault]) -> None:
        if self._blank:
            faults.append(Fault(self._blank, "BAD_RECORD_LENGTH", "blank lines between records"))
            self._blank = 0

    def _repaired(self, written: Iterable[bytes], clean: bool, faults: list[Fault]) -> Piece:
        lines: list[int] = []
        records: list[bytes] = []
        trimmed: dict[int, Fault] = {}
        for line in written:
            self.count += 1
            if not line:
                self._blank = self._blank or self.count
                continue
            self._tell_blank(faults)
            if len(line) > WIDTH:
                faults.append(Fault(self.count, "BAD_RECORD_LENGTH", _too_long(line)))
            elif len(line) < WIDTH:
                trimmed[self.count] = Fault(self.count, "BAD_RECORD_LENGTH", f"{len(line)} columns, not {WIDTH}")
            line = line[:WIDTH] + line[WIDTH:].rstrip(b" ")
            for start in range(0, len(line), WIDTH):
                if start:
                    self.count += 1
                lines.append(self.count)
                records.append(_filled(line[start : start + WIDTH]))
        return Piece(lines, records, clean, faults, trimmed)


def _filled(record: bytes) -> bytes:
    """Ninety-four columns. Most of a line of nines is a padding record that somebody cut."""
    if WIDTH // 2 < len(record) < WIDTH and not record.strip(b"9"):
        return _PADDING
    return record.ljust(WIDTH)


def _too_long(line: bytes) -> str:
    if len(line.rstrip(b" ")) <= WIDTH:
        return f"{len(line)} columns, not {WIDTH}: blanks at the end"
    return "no line breaks between records"
