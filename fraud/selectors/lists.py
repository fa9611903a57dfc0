"""Lists and their entries, and the content of all of them kept in the process by the number of their last change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from django.db.models import BooleanField, Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from core.errors import Refusal
from fraud.models import Assessment, List, ListEntry, ListVersion
from fraud.rules.catalogue import LIST_PREFIX

MOST_HITS = 1_000


class ListNotFound(Refusal):
    code = "LIST_NOT_FOUND"
    status = 404
    title = "No such list"


class EntryNotFound(Refusal):
    code = "LIST_ENTRY_NOT_FOUND"
    status = 404
    title = "No such entry of a list"


@dataclass(frozen=True, slots=True)
class Content:
    """One list in memory: what its entries are compared with, and when each ends."""

    name: str
    kind: str
    live: Mapping[str, datetime]
    test: Mapping[str, datetime]

    def entries(self, *, livemode: bool) -> Mapping[str, datetime]:
        return self.live if livemode else self.test


class EntryHits(NamedTuple):
    """What an entry did while it was in force: decisions that counted it, at most 1,000, and the newest of them."""

    decisions: int
    last_at: datetime | None


def get(*, name: str) -> List:
    """Raises ListNotFound."""
    found = List.objects.filter(name=name).first()
    if found is None:
        raise ListNotFound(f"no list is named {name[:50]}")
    return found


def get_entry(*, entry_id: str) -> ListEntry:
    """With its list. Raises EntryNotFound."""
    found = ListEntry.objects.select_related("list").filter(entry_id=entry_id).first()
    if found is None:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    return found


def list_all(*, livemode: bool, now: datetime) -> list[List]:
    """Every list by name, with `in_force`: how many entries count at this moment."""
    in_force = Q(entries__livemode=livemode, entries__ended_at__isnull=True, entries__expires_at__gt=now)
    return list(List.objects.annotate(in_force=Count("entries", filter=in_force)).order_by("name"))


def all_entries(*, name: str, livemode: bool) -> QuerySet[ListEntry]:
    """Entries of a list, ended ones too; newest first by key."""
    return ListEntry.objects.filter(list__name=name, livemode=livemode).select_related("list")


def find_in_force(*, name: str, livemode: bool, value: str, now: datetime) -> ListEntry | None:
    """The entry of a list that counts for this value."""
    entries = ListEntry.objects.filter(value=value, list__name=name, livemode=livemode, ended_at__isnull=True)
    return entries.filter(expires_at__gt=now).order_by("-expires_at").first()


def effects() -> dict[str, str]:
    """What each list is for, by the name that expressions use."""
    return {LIST_PREFIX + name: effect for name, effect in List.objects.values_list("name", "effect")}


def current_version() -> int:
    """The number of the last change of any list."""
    return ListVersion.objects.values_list("number", flat=True).first() or 0


@lru_cache(maxsize=4)
def contents(version: int) -> tuple[Content, ...]:  # noqa: ARG001 (the key of the cache)
    """Every list with its entries that are not over, read once per process and version."""
    entries: dict[tuple[int, bool], dict[str, datetime]] = {}
    rows = ListEntry.objects.filter(ended_at__isnull=True).values_list("list_id", "livemode", "value", "expires_at")
    for list_id, livemode, value, expires_at in rows.order_by("expires_at"):
        entries.setdefault((list_id, livemode), {})[value] = expires_at
    return tuple(
        Content(each.name, each.kind, entries.get((each.pk, True), {}), entries.get((each.pk, False), {}))
        for each in List.objects.order_by("name")
    )


def decisions_of(entry: ListEntry) -> QuerySet[Assessment]:
    """Decisions that counted an entry while it was in force; newest first by key, by index."""
    ends = min(entry.expires_at, entry.ended_at or entry.expires_at)
    named = [{"thresholds": {LIST_PREFIX + entry.list.name: [entry.value]}}]
    listed = RawSQL("jsonb_path_exists(hits, '$[*].lists')", (), output_field=BooleanField())
    found = Assessment.objects.filter(listed, hits__contains=named, livemode=entry.livemode)
    return found.filter(created_at__gte=entry.added_at, created_at__lt=ends)


def count_hits(entries: Sequence[ListEntry]) -> dict[str, EntryHits]:
    """What each of these entries did, by entry id: one statement, by index."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.entry_id, h.decisions, h.last_at
              FROM unnest(%s::text[]) AS wanted (entry_id)
              JOIN fraud_listentry e USING (entry_id) JOIN fraud_list l ON l.id = e.list_id
             CROSS JOIN LATERAL (
                   SELECT count(*) AS decisions, max(a.created_at) AS last_at FROM (
                       SELECT created_at FROM fraud_assessment
                        WHERE jsonb_path_exists(hits, '$[*].lists')
                          AND hits @> jsonb_build_array(jsonb_build_object('thresholds',
                                  jsonb_build_object('list_' || l.name, jsonb_build_array(e.value))))
                          AND livemode = e.livemode AND created_at >= e.added_at
                          AND created_at < least(e.expires_at, coalesce(e.ended_at, e.expires_at))
                        LIMIT %s) AS a) AS h
            """,
            [[entry.entry_id for entry in entries], MOST_HITS],
        )
        return {entry_id: EntryHits(decisions, last_at) for entry_id, decisions, last_at in cursor.fetchall()}
