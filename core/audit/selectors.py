"""Reading the record. Every list uses an index and has a limit."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from core.audit import chain
from core.audit.models import VIEWED, AuditEntry, AuditLink, AuditPending

# Each step looks up the next name in the index: as many steps as there are names, however many rows.
_ACTIONS = """
    WITH RECURSIVE known AS (
        (SELECT action FROM audit_entry ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT action FROM audit_entry WHERE action > known.action ORDER BY action LIMIT 1)
          FROM known WHERE known.action IS NOT NULL
    )
    SELECT action FROM known WHERE action IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means all. `actor` is the e-mail of a person; `action` a name or its beginning, `payments.`; both ends
    of the time are included and excluded as their names say."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    correlation: str = ""
    result: str = ""
    since: datetime | None = None
    before: datetime | None = None


def list_filtered(filters: Filters) -> tuple[QuerySet[AuditEntry], list[Q]]:
    """Entries for pages by id, and the branches that each have their own index (one per action that fits)."""
    found = AuditEntry.objects.all()
    if filters.actor:
        found = found.filter(actor_kind="STAFF", actor_id=filters.actor)
    if filters.subject:
        found = found.filter(subject=filters.subject)
    if filters.correlation:
        found = found.filter(correlation_id=filters.correlation).exclude(correlation_id="")
    if filters.result:
        found = found.filter(result=filters.result)
    if filters.result and filters.result != "SUCCESS":
        found = found.exclude(result="SUCCESS")
    if filters.since:
        found = found.filter(id__gte=_lowest_id(filters.since))
    if filters.before:
        found = found.filter(id__lt=_lowest_id(filters.before))
    if not filters.action:
        return found, []
    fitting = [action for action in list_actions() if action.startswith(filters.action)]
    return (found, [Q(action=action) for action in fitting]) if fitting else (found.none(), [])


def list_actions() -> list[str]:
    """Every action there is in the record, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


def find_entry(entry_id: UUID) -> AuditEntry | None:
    """With its place in the chain, where it has one."""
    return AuditEntry.objects.select_related("link").filter(pk=entry_id).first()


def has_acted(email: str) -> bool:
    return AuditEntry.objects.filter(actor_kind="STAFF", actor_id=email).exists()


def count_of_request(correlation: str, *, limit: int) -> int:
    """How many entries one request and what it set in motion left, counted no further than `limit`."""
    found = AuditEntry.objects.filter(correlation_id=correlation).exclude(correlation_id="")
    return found[:limit].count()


def list_neighbours(seq: int) -> dict[int, AuditLink]:
    """The links before and after a place, by place, with their entries."""
    return {link.seq: link for link in AuditLink.objects.select_related("entry").filter(seq__in=[seq - 1, seq + 1])}


def _lowest_id(at: datetime) -> UUID:
    """An id begins with the milliseconds it was recorded at."""
    return UUID(int=(chain.microseconds(at) // 1000) << 80)


def list_for_subject(
    subject: str | Iterable[str], *, actions: Collection[str] = (), linked: bool = False, limit: int = 200
) -> list[AuditEntry]:
    """The newest `limit` entries about one or several public ids, oldest first; only of `actions` where some are named.

    `linked` adds what the same requests did to other subjects (entries that share a correlation id).
    """
    subjects = [subject] if isinstance(subject, str) else list(subject)
    found = AuditEntry.objects.filter(subject__in=subjects)
    if actions:
        found = found.filter(action__in=actions)
    entries = list(found.order_by("-id")[:limit])
    if linked:
        correlations = {entry.correlation_id for entry in entries} - {""}
        others = AuditEntry.objects.filter(correlation_id__in=correlations).exclude(correlation_id="")
        known = {entry.id: entry for entry in [*entries, *others.order_by("-id")[:limit]]}
        entries = sorted(known.values(), key=lambda entry: entry.id.bytes, reverse=True)[:limit]
    return entries[::-1]


def list_recent(*, before: UUID | None = None, limit: int = 50) -> list[AuditEntry]:
    """Newest first. `before` is the id of the last entry of the page before."""
    entries = AuditEntry.objects.order_by("-id")
    if before is not None:
        entries = entries.filter(id__lt=before)
    return list(entries[:limit])


def has_viewed(*, actor_id: str, subject: str, since: datetime) -> bool:
    """Whether this person's view of the subject has been noted since then: a few rows of an index."""
    own = AuditEntry.objects.filter(actor_kind="STAFF", actor_id=actor_id, id__gte=first_id(since))
    return own.filter(action=VIEWED, subject=subject).exists()


def views(
    *, actor_id: str = "", subject: str = "", since: datetime | None = None, before: datetime | None = None
) -> QuerySet[AuditEntry]:
    """Who looked at what, by any of person, subject and time; each has its index. Page it by `id`."""
    found = AuditEntry.objects.filter(action=VIEWED)
    if actor_id:
        found = found.filter(actor_kind="STAFF", actor_id=actor_id)
    if subject:
        found = found.filter(subject=subject)
    if since:
        found = found.filter(id__gte=first_id(since))
    if before:
        found = found.filter(id__lt=first_id(before))
    return found


def first_id(moment: datetime) -> UUID:
    """The smallest id an entry of this moment can have: ids begin with their milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def count_pending() -> int:
    """How many entries wait for their link."""
    return AuditPending.objects.count()


def find_oldest_pending() -> UUID | None:
    """Its first 48 bits are the milliseconds it was recorded at."""
    return AuditPending.objects.order_by("entry_id").values_list("entry_id", flat=True).first()


def count_links() -> int:
    """Places have no holes, so the last one is the count."""
    return AuditLink.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
