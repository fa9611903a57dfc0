"""Reading the record. Every list uses an index and has a limit."""

from collections.abc import Iterable
from uuid import UUID

from core.audit.models import AuditEntry, AuditLink, AuditPending


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


def count_pending() -> int:
    """How many entries wait for their link."""
    return AuditPending.objects.count()


def find_oldest_pending() -> UUID | None:
    """Its first 48 bits are the milliseconds it was recorded at."""
    return AuditPending.objects.order_by("entry_id").values_list("entry_id", flat=True).first()


def count_links() -> int:
    """Places have no holes, so the last one is the count."""
    return AuditLink.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
