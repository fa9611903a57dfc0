"""The list of entries, narrowed as people ask."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ach.enums import FileState
from ach.models import Entry, File
from ach.selectors import entries

ORDER, ORDER_IN_FILE = ("created_at", "id"), ("batch_number", "line", "id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty means any. `due_at` is the moment that may carry them, `cutoff` the one that has; `party` and `originator`
    are public names."""

    state: str = ""
    kind: str = ""
    direction: str = ""
    originator: str = ""
    party: str = ""
    trace: str = ""
    file: str = ""
    cutoff: str = ""
    due_at: datetime | None = None


def list_wanted(wanted: Wanted, *, livemode: bool) -> QuerySet[Entry]:
    found = entries.list_newest(livemode=livemode, state=wanted.state)
    for field, value in (
        ("kind", wanted.kind), ("direction", wanted.direction), ("originator__public_id", wanted.originator),
        ("party__party_id", wanted.party), ("trace", wanted.trace), ("file__public_id", wanted.file),
        ("file__cutoff__public_id", wanted.cutoff),
    ):  # fmt: skip
        if value:
            found = found.filter(**{field: value})
    return found.filter(due_at=wanted.due_at) if wanted.due_at else found


def order_of(wanted: Wanted) -> tuple[str, ...]:
    """A file that is written is read in its own order, from its end; everything else newest first."""
    written = wanted.file and File.objects.filter(public_id=wanted.file).exclude(state=FileState.PLANNED).exists()
    return ORDER_IN_FILE if written and wanted.state not in ("WAITING", "HELD") else ORDER


def find_by_trace(trace: str, *, livemode: bool, limit: int) -> list[Entry]:
    """Newest first: numbers come round again."""
    found = Entry.objects.filter(trace=trace).order_by("-id")[: limit * 2]
    return [entry for entry in found if entry.livemode == livemode][:limit]


def find_by_reference(reference: str, *, livemode: bool, kinds: list[str]) -> list[Entry]:
    """What was asked for in the name of one thing: at most one of each kind."""
    return list(Entry.objects.filter(kind__in=kinds, reference=reference, livemode=livemode).order_by("id"))
