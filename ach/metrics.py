"""Numbers about entries and files: where they stand, and what should stand nowhere."""

from django.db.models import Count

from ach.enums import EntryState, FileState
from ach.models import Entry, File
from ach.models.file import AT_HOME
from ach.services import watching
from core import clock
from core.telemetry import metrics

_OPEN = (EntryState.WAITING, EntryState.HELD, EntryState.PARKED, EntryState.FILED)


def install() -> None:
    """What the database knows for all processes."""
    metrics.at_scrape("ach_entries", "Entries that have not left", _entries, labels=("state",))
    metrics.at_scrape("ach_files", "Files on their way or waiting", _files, labels=("state",))
    metrics.at_scrape("ach_entries_unmapped", "Entries past their cutoff without a place in a file", _unmapped)


def _entries() -> dict[tuple[str, ...], float]:
    rows = Entry.objects.filter(state__in=_OPEN).values_list("state").annotate(count=Count("pk")).order_by()
    return {(str(state),): 0.0 for state in _OPEN} | {(state,): float(count) for state, count in rows}


def _files() -> dict[tuple[str, ...], float]:
    """Delivered and acknowledged ones of the last rows only: their count would grow for ever."""
    shown = (*AT_HOME, FileState.DELIVERED)
    rows = File.objects.filter(state__in=shown).values_list("state").annotate(count=Count("pk")).order_by()
    return {(str(state),): 0.0 for state in shown} | {(state,): float(count) for state, count in rows}


def _unmapped() -> dict[tuple[str, ...], float]:
    return {(): float(sum(watching.unmapped(now=clock.now()).values()))}
