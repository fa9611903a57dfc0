"""The file browser: records as they stand in the file, each field with its meaning, numbers and names masked.

Every page that is shown is in the audit record (`ach.file.read`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ach.enums import Carries
from ach.field_meanings import Meaning, meaning
from ach.file_lines import Line, Piece
from ach.models import Entry, File
from ach.selectors import registers
from ach.services import file_reading
from ach.views.acting import sentence
from ach.views.files import VIEW, find, url_of
from ach.views.replies import about_url
from core import clock, console
from core.errors import Refusal

LINES = 200
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a line; `key` names its meaning, which stands once on the page."""

    piece: Piece
    key: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    line: Line
    cells: Sequence[Cell]
    url: str
    is_wanted: bool


@console.page(
    path="ach/files/<str:file_id>/records/", name="ach_file_records", title="Records of the file", permission=VIEW,
    shows=console.Shows("ACH file", "file_id"),
)  # fmt: skip
def file_records(request: HttpRequest, file_id: str) -> HttpResponse:
    """The page on which the line stands that is asked for; the first without one."""
    file, wanted = find(request, file_id), _wanted(request.GET.get("line", ""))
    first = (max(wanted, 1) - 1) // LINES * LINES + 1
    try:
        shown = file_reading.read(file, first=first, count=LINES, actor=console.actor(request), now=clock.now())
    except Refusal as refused:
        messages.error(request, sentence(refused))
        return HttpResponseRedirect(url_of(file_id))
    here = reverse("admin:ach_file_records", args=[file_id])
    context = {
        "file": file,
        "rows": _rows(shown.lines, file, wanted),
        "meanings": _meanings(shown.lines),
        "first": first,
        "last": first + len(shown.lines) - 1,
        "total": shown.total,
        "earlier": f"{here}?line={first - LINES}" if first > LINES else "",
        "later": f"{here}?line={first + LINES}" if first + LINES <= shown.total else "",
    }
    return console.render(request, "ach/file_records.html", context)


def _wanted(text: str) -> int:
    """0 for what is no line."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def _rows(lines: Sequence[Line], file: File, wanted: int) -> list[Row]:
    urls = _entries(lines, file)
    return [
        Row(line, [_cell(piece) for piece in line.pieces], urls.get((line.batch, line.trace), ""),
            line.number == wanted)
        for line in lines
    ]  # fmt: skip


def _cell(piece: Piece) -> Cell:
    key = f"{piece.record}.{piece.field}".replace(" ", "-")
    label = _meaning(piece).label
    masked = ", masked" if piece.is_masked else ""
    return Cell(piece, key, f"{label}, columns {piece.first} to {piece.last}{masked}")


def _meaning(piece: Piece) -> Meaning:
    if piece.record == "padding":
        return Meaning("Padding", "nines fill the last block of ten records")
    if piece.record == "unknown":
        return Meaning("Unknown", "no record begins so; masked, because it may hold anything")
    return meaning(piece.record, piece.field)


def _meanings(lines: Iterable[Line]) -> list[tuple[str, str, Meaning]]:
    """Key, record and meaning of each field on the page, once, in the order in which they come."""
    found: dict[str, tuple[str, Meaning]] = {}
    for line in lines:
        for piece in line.pieces:
            found.setdefault(_cell(piece).key, (piece.record, _meaning(piece)))
    return [(key, record, said) for key, (record, said) in found.items()]


def _entries(lines: Sequence[Line], file: File) -> dict[tuple[int, str], str]:
    """Addresses of the entries, or of what replies answer, whose lines these are: one statement."""
    traces, batches = [line.trace for line in lines if line.trace], {line.batch for line in lines if line.batch}
    if file.carries == Carries.REPLIES:
        replies = registers.list_replies(file).filter(batch_number__in=batches, trace__in=traces)
        return {(each.batch_number or 0, each.trace): about_url(each) for each in replies}
    found = Entry.objects.filter(file=file, batch_number__in=batches, trace__in=traces)
    return {
        (batch or 0, trace): reverse("admin:ach_entry", args=[public_id])
        for batch, trace, public_id in found.values_list("batch_number", "trace", "public_id")
    }
