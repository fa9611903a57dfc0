"""What a file carries, entries or replies, as its building sees it: sums of the rows, lines, and what stays behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from ach.enums import Carries, Direction, ReplyState
from ach.models import Entry, File, Reply
from ach.services import parking, replies

LINES_AT_ONCE = 1_000
_MINOR = {
    "debit": Sum("amount_minor", filter=Q(direction=Direction.DEBIT), default=0),
    "credit": Sum("amount_minor", filter=Q(direction=Direction.CREDIT), default=0),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """`sums` has entries, addenda, debit and credit of the rows; `park` takes reasons by primary key."""

    count: Callable[[File], int]
    sums: Callable[[File], dict[str, int]]
    store_lines: Callable[[Mapping[int, int]], None]
    park: Callable[..., int]


def of(file: File) -> Carried:
    return _ALL[Carries(file.carries)]


def _count_entries(file: File) -> int:
    return Entry.objects.filter(file=file).count()


def _sum_entries(file: File) -> dict[str, int]:
    found = Entry.objects.filter(file=file).aggregate(
        entries=Count("pk"), addenda=Count("pk", filter=~Q(addenda="")), **_MINOR
    )
    return {name: int(value) for name, value in found.items()}


def _store_entry_lines(lines: Mapping[int, int]) -> None:
    """Page by page: the same again after a crash."""
    keys = list(lines)
    for start in range(0, len(keys), LINES_AT_ONCE):
        page = keys[start : start + LINES_AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ach_entry e SET line = v.line FROM unnest(%s::bigint[], %s::int[]) AS v (id, line)"
                " WHERE e.id = v.id AND e.state = 'FILED'",
                [page, [lines[key] for key in page]],
            )


def _count_replies(file: File) -> int:
    return Reply.objects.filter(file=file).count()


def _sum_replies(file: File) -> dict[str, int]:
    """Each has its addenda."""
    found = Reply.objects.filter(file=file).aggregate(entries=Count("pk"), addenda=Count("pk"), **_MINOR)
    return {name: int(value) for name, value in found.items()}


def _store_reply_lines(lines: Mapping[int, int]) -> None:
    for row in Reply.objects.filter(pk__in=lines, state=ReplyState.FILED).order_by("pk"):
        Reply.objects.filter(pk=row.pk, state=ReplyState.FILED).update(line=lines[row.pk])


def _park_replies(left_out: Mapping[int, str], *, now: datetime) -> int:
    """Each in its own transaction. Returns how many were parked."""
    parked = 0
    for key, why in sorted(left_out.items()):
        with transaction.atomic():
            rows = Reply.objects.select_for_update(of=("self",), no_key=True).select_related("item")
            reply = rows.get(pk=key)
            if reply.state == ReplyState.FILED:
                replies.park(reply, why, now=now)
                parked += 1
    return parked


_ALL = MappingProxyType({
    Carries.ENTRIES: Carried(_count_entries, _sum_entries, _store_entry_lines, parking.park),
    Carries.REPLIES: Carried(_count_replies, _sum_replies, _store_reply_lines, _park_replies),
})  # fmt: skip
