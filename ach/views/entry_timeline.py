"""What the audit record says about an entry, its file and what came back, as a timeline."""

from collections.abc import Iterable
from types import MappingProxyType

from django.urls import reverse

from ach.selectors.whole_lives import Life
from core.audit.models import AuditEntry
from core.console.components import Event

_TITLES = MappingProxyType({
    "ach.entry.submitted": ("Accepted", "busy"),
    "ach.entry.held": ("Held", "careful"),
    "ach.entry.freed": ("Freed: it waits for its cutoff", "busy"),
    "ach.entry.parked": ("Parked: it cannot be filed", "bad"),
    "ach.entry.cancelled": ("Cancelled", "quiet"),
    "ach.entry.returned": ("Returned", "bad"),
    "ach.cutoff.claimed": ("Entries claimed", "busy"),
    "ach.file.built": ("File built", "busy"),
    "ach.file.unsigned": ("File waits for signatures", "careful"),
    "ach.file.released": ("File released", "busy"),
    "ach.file.exported": ("File taken out by a person", "careful"),
    "ach.file.delivered": ("File delivered", "good"),
    "ach.file.acknowledged": ("File acknowledged by the bank", "good"),
    "ach.file.rejected": ("File rejected by the bank", "bad"),
    "ach.file.withdrawn": ("File withdrawn", "quiet"),
    "ach.file.rebuilt": ("File rebuilt", "careful"),
    "ach.file.read": ("Records of the file looked at", "quiet"),
    "ach.item.suspended": ("Answer in suspense", "careful"),
    "ach.item.resolved": ("Answer resolved", "good"),
    "ach.originator.entered": ("Entered", "busy"),
    "ach.dishonor.asked": ("Sent back", "careful"),
    "ach.dishonor.withdrawn": ("Withdrawn: it is not sent back", "quiet"),
    "ach.dishonor.contested": ("Contested by its bank", "bad"),
    "ach.dishonor.undone": ("Not contested: the return is undone", "good"),
})  # fmt: skip
# Of the details of an audit row, what says why or how much; never what somebody's account or name is.
_TOLD = ("why", "reason", "code", "entries", "note", "replaces", "replaced_by")


def events(life: Life) -> list[Event]:
    """Oldest first; settlement is of many entries at once and has no row of its own."""
    told = of_record(life.record)
    if life.entry.settled_at:
        told.append(Event(life.entry.settled_at, "Settled", "ACH", tone="good"))
    return sorted(told, key=lambda event: event.at)


def of_record(record: Iterable[AuditEntry]) -> list[Event]:
    return [
        Event(
            at=row.recorded_at,
            title=_TITLES[row.action][0],
            source="File" if row.action.startswith("ach.file.") else "ACH",
            detail=_detail(row),
            actor=row.actor_id,
            tone=_TITLES[row.action][1],
            url=_url(row),
        )
        for row in record
        if row.action in _TITLES
    ]


def _detail(row: AuditEntry) -> str:
    facts = row.facts
    said = [f"{name.replace('_', ' ')} {facts[name]}" for name in _TOLD if facts.get(name)]
    return ", ".join(said)


def _url(row: AuditEntry) -> str:
    return reverse("admin:ach_file", args=[row.subject]) if row.action.startswith("ach.file.") else ""
