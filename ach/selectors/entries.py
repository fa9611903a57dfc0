"""Reads of entries."""

from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from ach.enums import EntryState
from ach.models import Entry, File
from core.errors import Refusal

PAGE = 500


class EntryNotFound(Refusal):
    code: ClassVar[str] = "ACH_ENTRY_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such entry"


def get(entry_id: str) -> Entry:
    """With its account, party and file. Raises EntryNotFound."""
    found = _whole().filter(public_id=entry_id).first()
    if found is None:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    return found


def find(kind: str, reference: str) -> Entry | None:
    """The entry that something has asked for."""
    return _whole().filter(kind=kind, reference=reference).first()


def names_in_file(file_id: str, *, after_id: int = 0, limit: int = PAGE) -> list[tuple[int, str]]:
    """Keys and public ids of a file's entries, by key; the next page after `after_id`; of the place they have now."""
    file = File.objects.filter(public_id=file_id).values("pk")[:1]
    return list(Entry.objects.filter(file=file, pk__gt=after_id).order_by("pk").values_list("pk", "public_id")[:limit])


def list_newest(*, livemode: bool, state: str = "") -> QuerySet[Entry]:
    """For lists; empty means any state."""
    found = _whole().filter(livemode=livemode)
    return found.filter(state=state) if state else found


def count_waiting(*, originator_id: int, due_by: datetime) -> int:
    return Entry.objects.filter(originator=originator_id, state=EntryState.WAITING, due_at__lte=due_by).count()


def _whole() -> QuerySet[Entry]:
    return Entry.objects.select_related("account", "party", "file", "originator").defer(
        "account__sealed", "file__content"
    )
