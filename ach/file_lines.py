"""A file as people may look at it: its records taken apart by field, with nobody's account number or name. Pure.

What no layout fits is masked whole, and so is whatever may hold a number or a name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ach.nacha import addenda, records
from ach.nacha.layout import WIDTH, Layout
from ach.nacha.problems import NachaError

DOT = "•"
KEPT = 4
_PADDING = b"9" * WIDTH
# Nothing of these is shown; of an account number its end is.
_HIDDEN = frozenset({
    ("entry", "name"), ("entry", "identification"), ("addenda", "corrected_data"),
})  # fmt: skip
_ENDING = frozenset({("entry", "account")})


@dataclass(frozen=True, slots=True)
class Piece:
    """One field of a line. `first` and `last` are its columns, counted from 1; `text` is as wide as the field."""

    record: str
    field: str
    first: int
    last: int
    text: str
    is_masked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """`record` is the layout's name, `padding` for a line of nines, `unknown` for what no layout fits.

    `trace` and `batch` of an entry are what leads to it; empty and 0 elsewhere.
    """

    number: int
    record: str
    pieces: tuple[Piece, ...]
    trace: str = ""
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file, and how many it has."""

    lines: Sequence[Line]
    total: int


def excerpt(content: bytes, *, first: int, count: int) -> Excerpt:
    """Lines from `first` (counted from 1) on, at most `count`."""
    written = content.split(b"\n")
    if written and not written[-1]:
        written.pop()
    return Excerpt(list(_lines(written, first, count)), len(written))


def _lines(written: list[bytes], first: int, count: int) -> Iterator[Line]:
    sec, batch = _batch_before(written, first)
    for number, line in enumerate(written[first - 1 : first - 1 + count], start=first):
        record = line.rstrip(b"\r")
        if record[:1] == b"5":
            sec, batch = _batch_of(record)
        layout = _layout(record, sec)
        if layout is None:
            yield _unknown(number, record)
        else:
            is_entry = layout.name == "entry"
            trace = record[layout.columns["trace"]].decode("latin-1") if is_entry else ""
            yield Line(number, layout.name, tuple(_pieces(layout, record)), trace, batch if is_entry else 0)


def _batch_before(written: list[bytes], first: int) -> tuple[str, int]:
    """The batch that the first line stands in: its header is above the page."""
    for record in reversed(written[: first - 1]):
        if record[:1] in (b"5", b"8"):
            return _batch_of(record) if record[:1] == b"5" else ("", 0)
    return "", 0


def _batch_of(record: bytes) -> tuple[str, int]:
    columns = records.BATCH_HEADER.columns
    number = record[columns["batch_number"]]
    return record[columns["sec_code"]].decode("latin-1"), int(number) if number.isdigit() else 0


def _layout(record: bytes, sec: str) -> Layout | None:
    """None for padding, a line of another length and a type or code that is not known."""
    if len(record) != WIDTH or record == _PADDING:
        return None
    match record[:1]:
        case b"1":
            return records.FILE_HEADER
        case b"5":
            return records.BATCH_HEADER
        case b"6":
            return records.CTX_ENTRY if sec == "CTX" else records.ENTRY
        case b"7":
            return _addenda(record)
        case b"8":
            return records.BATCH_CONTROL
        case b"9":
            return records.FILE_CONTROL
    return None


def _addenda(record: bytes) -> Layout | None:
    try:
        form = addenda.form_of(record)
    except NachaError:
        return None
    return addenda.PAYMENT if form is addenda.Addenda05 else form.LAYOUT  # type: ignore[union-attr]


def _pieces(layout: Layout, record: bytes) -> Iterator[Piece]:
    for field in layout.fields:
        columns = layout.columns[field.name]
        text, key = _printable(record[columns]), (layout.name, field.name)
        masked = key in _HIDDEN or key in _ENDING
        if masked:
            text = _masked(text, kept=KEPT if key in _ENDING else 0)
        yield Piece(layout.name, field.name, columns.start + 1, columns.stop, text, masked)


def _unknown(number: int, record: bytes) -> Line:
    if record == _PADDING:
        return Line(number, "padding", (Piece("padding", "", 1, WIDTH, _printable(record), False),))
    return Line(number, "unknown", (Piece("unknown", "", 1, len(record), _masked(_printable(record), kept=0), True),))


def _masked(text: str, *, kept: int) -> str:
    """As wide as before; blanks stay. A number of eight digits or less keeps nothing."""
    there = text.strip()
    kept = kept if len(there) > 2 * KEPT else 0
    end = len(text.rstrip())
    hidden = "".join(DOT if sign != " " else " " for sign in text[: end - kept])
    return hidden + text[end - kept :]


def _printable(text: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in text)
