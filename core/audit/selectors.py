"""Reading the record. Every list uses an index and has a limit."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from core.audit.models import VIEWED, AuditEntry, AuditLink, AuditPending


def list_for_subject(subject: str | Iterable[str], *, linked: bool = False, limit: int = 200) -> list[AuditEntry]:
    """The newest `limit` entries about one or several public ids, oldest first.

    `linked` adds what the same requests did to other subjects (entries that share a correlation id).
    """
    subjects = [subject] if isinstance(subject, str) else list(subject)
    entries = list(AuditEntry.objects.filter(subject__in=subjects).order_by("-id")[:limit])
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
