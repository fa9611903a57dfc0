"""Numbers about entries, files and cutoffs: where they stand, for how long, and what should stand nowhere."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min

from ach.enums import Carries, CutoffState, EntryState, FileState
from ach.models import Cutoff, Entry, File
from ach.models.file import AT_HOME
from ach.selectors import unmapped
from core import clock
from core.telemetry import metrics

FILES = metrics.counter("ach_file_steps", "Files by each step they took", ["mode", "step"])
ENTRIES = metrics.counter("ach_entry_steps", "Entries by each step that their files took", ["mode", "step"])
_OPEN = (EntryState.WAITING, EntryState.HELD, EntryState.PARKED, EntryState.FILED)
_MADE = (*AT_HOME, FileState.DELIVERED)
_UNDONE = (CutoffState.CLAIMED, CutoffState.BUILT)


def count(file: File) -> None:
    """It is uploaded, acknowledged or rejected, with all of its entries: counted once that is kept."""
    mode, step, entries = "live" if file.livemode else "test", str(file.state).lower(), file.entry_count

    def add() -> None:
        FILES.labels(mode, step).inc()
        ENTRIES.labels(mode, step).inc(entries if file.carries == Carries.ENTRIES else 0)

    transaction.on_commit(add)


def install() -> None:
    """What the database knows for all processes."""
    state = ("state",)
    metrics.at_scrape("ach_entries", "Entries that have not left", _entries, state)
    metrics.at_scrape("ach_entries_oldest_seconds", "Age of the oldest entry that has not left", _oldest_entry, state)
    metrics.at_scrape("ach_files", "Files on their way or waiting", _files, state)
    metrics.at_scrape("ach_files_oldest_seconds", "Age of the oldest file on its way or waiting", _oldest_file, state)
    metrics.at_scrape("ach_cutoffs_open", "Cutoffs that are not done", _cutoffs, state)
    metrics.at_scrape("ach_cutoffs_oldest_seconds", "How long ago the oldest open cutoff was due", _oldest_cutoff)
    metrics.at_scrape("ach_entries_unmapped", "Entries past their cutoff and on no way", _unmapped)


def _entries() -> dict[tuple[str, ...], float]:
    rows = Entry.objects.filter(state__in=_OPEN).values_list("state").annotate(count=Count("pk")).order_by()
    return {(str(state),): 0.0 for state in _OPEN} | {(state,): float(count) for state, count in rows}


def _oldest_entry() -> dict[tuple[str, ...], float]:
    """Since it was asked for."""
    rows = Entry.objects.filter(state__in=_OPEN).values_list("state").annotate(at=Min("created_at")).order_by()
    return {(str(state),): 0.0 for state in _OPEN} | {(state,): _age(at) for state, at in rows}


def _files() -> dict[tuple[str, ...], float]:
    """Delivered and acknowledged ones of the last rows only: their count would grow for ever."""
    rows = File.objects.filter(state__in=_MADE).values_list("state").annotate(count=Count("pk")).order_by()
    return {(str(state),): 0.0 for state in _MADE} | {(state,): float(count) for state, count in rows}


def _oldest_file() -> dict[tuple[str, ...], float]:
    """Since it was made: an UNSIGNED one waits for people, a DELIVERED one for the bank's word."""
    rows = File.objects.filter(state__in=_MADE).values_list("state").annotate(at=Min("created_at")).order_by()
    return {(str(state),): 0.0 for state in _MADE} | {(state,): _age(at) for state, at in rows}


def _cutoffs() -> dict[tuple[str, ...], float]:
    rows = Cutoff.objects.filter(state__in=_UNDONE).values_list("state").annotate(count=Count("pk")).order_by()
    return {(str(state),): 0.0 for state in _UNDONE} | {(state,): float(count) for state, count in rows}


def _oldest_cutoff() -> dict[tuple[str, ...], float]:
    first = Cutoff.objects.exclude(state=CutoffState.DONE).order_by("at").values_list("at", flat=True).first()
    return {(): _age(first) if first else 0.0}


def _unmapped() -> dict[tuple[str, ...], float]:
    return {(): float(sum(unmapped.count(now=clock.now()).values()))}


def _age(since: datetime) -> float:
    return max(0.0, (clock.now() - since).total_seconds())
