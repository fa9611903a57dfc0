"""What was done to a chain that does not hold. Slow and thorough: it runs once, for the first broken link.

The keyed hash still tells the truth about where a link once stood. So a link that verifies at another place was moved
there; one that verifies nowhere was not written by us.
"""

from collections.abc import Iterator
from uuid import UUID

from core.audit import rows
from core.audit.findings import Kind
from core.audit.rows import StoredLink

PLACES_TRIED = 100_000
REMOVED_TRIED = 1_000

_ONE_LINK = (
    f"SELECT {rows.LINK_COLUMNS}, {rows.ENTRY_COLUMNS} FROM audit_link l"  # noqa: S608
    " LEFT JOIN audit_entry e ON e.id = l.entry_id WHERE "
)


def diagnose(place: int, before: bytes, found: StoredLink, *, anchored_hash: bytes | None) -> tuple[Kind, str]:
    """Why `found` cannot follow the link with hash `before` at `place`."""
    moved_to = _where_the_rightful_link_is(place, before)
    came_from = _where_it_stood(found)
    if moved_to is not None and (came_from is not None or found.seq != place):
        return Kind.REORDERED, f"the link that belongs here stands at {moved_to}"
    if found.seq != place:
        return Kind.DELETED, f"{found.seq - place} link(s) are missing before link {found.seq}"
    if moved_to is not None:
        return Kind.INSERTED, f"nobody wrote this link; the one that belongs here was moved to {moved_to}"
    if came_from is not None:
        return Kind.DELETED, f"{came_from - place} link(s) are missing and the following ones were renumbered"
    return _same_place(place, before, found, anchored_hash)


def _same_place(place: int, before: bytes, found: StoredLink, anchored_hash: bytes | None) -> tuple[Kind, str]:
    if found.stored is None:
        return Kind.DELETED, "the entry of this link is gone and its hash or predecessor was changed"
    if found.verifies(previous_hash=before):
        return Kind.EDITED, "the hash is genuine, the predecessor it names was changed"
    for entry_id, mac in _entries():
        if found.verifies(seq=place, previous_hash=before, entry_mac=mac, entry_id=entry_id):
            return Kind.REORDERED, f"this place was sealed over entry {entry_id}, it now shows entry {found.entry_id}"
    if found.stored.is_genuine:
        return Kind.EDITED, "the entry is genuine, the link was changed"
    if found.hash == anchored_hash or _is_built_upon(found):
        return Kind.EDITED, "the entry was changed together with its MAC"
    return Kind.INSERTED, "neither the link nor its entry was written by the program"


def _where_the_rightful_link_is(place: int, before: bytes) -> int | None:
    """The present place of a genuine link that was sealed at `place` after `before`."""
    for row in rows.stream(_ONE_LINK + "l.previous_hash = %s AND l.seq <> %s", [before, place]):
        link = rows.link_of(row)
        if link.verifies(seq=place, previous_hash=before):
            return link.seq
    return None


def _where_it_stood(link: StoredLink) -> int | None:
    """The place this link was sealed at, if that is another than where it stands."""
    first = max(1, link.seq - PLACES_TRIED)
    last = min(rows.last_place(), link.seq + PLACES_TRIED) + REMOVED_TRIED
    return next((seq for seq in range(first, last) if seq != link.seq and link.verifies(seq=seq)), None)


def _is_built_upon(link: StoredLink) -> bool:
    """Whether a genuine next link names this one's hash, so that the hash is ours even if its entry is not."""
    return any(
        rows.link_of(row).verifies()
        for row in rows.stream(_ONE_LINK + "l.seq = %s AND l.previous_hash = %s", [link.seq + 1, link.hash])
    )


def _entries() -> Iterator[tuple[UUID, bytes]]:
    for entry_id, mac in rows.stream("SELECT id, mac FROM audit_entry"):
        yield entry_id, bytes(mac)
