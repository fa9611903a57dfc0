"""What the search box finds of the rail: entries by trace and request, entries and cases by their ids."""

from collections.abc import Sequence

from django.http import HttpRequest

from ach.enums import EntryKind
from ach.models import Entry
from ach.selectors import entry_lists
from ach.views.entries import VIEW, url_of
from core import console

HITS = 10

console.jump(prefix="ache_", label="ACH entry", to="admin:ach_entry")
console.jump(prefix="achcase_", label="ACH case", to="admin:ach_case")


@console.finds("ACH entries", permission=VIEW, shapes=["trace number"])
def find_by_trace(request: HttpRequest, trace: str) -> list[console.Hit]:
    """Newest first; one alone opens at once."""
    return _hits(entry_lists.find_by_trace(trace, livemode=console.is_live(request), limit=HITS), "trace number")


@console.finds("ACH entries of a request", permission=VIEW, shapes=["request"])
def find_by_reference(request: HttpRequest, text: str) -> list[console.Hit]:
    found = entry_lists.find_by_reference(
        text, livemode=console.is_live(request), kinds=[str(kind) for kind in EntryKind.values]
    )
    return _hits(found, "what asked for it")


def _hits(entries: Sequence[Entry], why: str) -> list[console.Hit]:
    return [
        console.Hit(
            entry.public_id, url_of(entry.public_id),
            f"{entry.get_state_display()}, {entry.direction.lower()}, {entry.created_at:%Y-%m-%d}", why, exact=True,
        )
        for entry in entries
    ]  # fmt: skip
