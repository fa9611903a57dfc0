"""Prove that the audit record is whole: every entry as it was written, every link in its place, no tail cut off."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from core.audit import anchors, chain, diagnosis, keys, rows
from core.audit.anchors import Anchor
from core.audit.findings import Kind, Verification
from core.audit.rows import StoredLink

# An entry's id begins with its time; callers pass that time in, so look a little further back than the anchor.
BACKDATED = timedelta(days=1)
_UNREADABLE = (chain.UnknownHashVersion, keys.UnknownAuditKey)


def verify(*, since_anchor: bool = False, progress: Callable[[int], None] | None = None) -> Verification:
    """Read the whole record, or what came after the last proved anchor, and say what is wrong with it.

    Sees one moment: recording and sealing go on meanwhile. `progress` hears the number of links every few thousand.
    """
    result = Verification()
    with _one_moment():
        known = _read_anchors(result)
        start = _starting_point(known) if since_anchor else None
        if _follow_chain(result, known, start, progress):
            _compare_with_anchors(result, known)
        _look_at_unlinked(result, since=start.head.at if start else None)
    return result


def confirm(result: Verification, *, now: datetime) -> None:
    """Write down that everything up to here was proved; `since_anchor` continues from there."""
    if result.is_clean and result.head_seq:
        anchors.write(seq=result.head_seq, hash_=result.head_hash, kind=anchors.VERIFIED, now=now)


@contextlib.contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for all reads, and no time limit. A caller's open transaction is used as it is."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL work_mem = '64MB'")
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
        yield


def _read_anchors(result: Verification) -> dict[int, Anchor]:
    """By place; of several anchors for one place the last. Unreadable and unsigned lines are findings."""
    known: dict[int, Anchor] = {}
    for number, line in enumerate(anchors.store().lines(), start=1):
        try:
            anchor = anchors.parse(line)
        except anchors.AnchorUnreadable:
            result.add(Kind.FORGED_ANCHOR, None, None, f"line {number} of the anchors cannot be read")
            continue
        result.anchors += 1
        if not anchor.is_genuine:
            result.add(Kind.FORGED_ANCHOR, anchor.head.seq, None, f"line {number} of the anchors is not signed by us")
            continue
        known[anchor.head.seq] = anchor
    return known


def _starting_point(known: dict[int, Anchor]) -> Anchor | None:
    proved = [anchor for anchor in known.values() if anchor.head.kind == anchors.VERIFIED]
    return max(proved, key=lambda anchor: anchor.head.seq, default=None)


def _follow_chain(
    result: Verification, known: dict[int, Anchor], start: Anchor | None, progress: Callable[[int], None] | None
) -> bool:
    """Link by link to the end, or to the first broken one: whether it held. A changed entry does not break it."""
    place, before = 0, chain.GENESIS
    if start is not None:
        place, before = start.head.seq - 1, b""
    result.from_seq = place + 1
    for link in rows.links_from(place + 1):
        place += 1
        if not before:
            before = link.previous_hash
        anchor = known.get(place)
        anchored_hash = anchor.head.hash if anchor else None
        try:
            if not _follows(link, place, before):
                kind, why = diagnosis.diagnose(place, before, link, anchored_hash=anchored_hash)
                result.add(kind, place, link.entry_id if link.seq == place else None, why)
                return False
            _check_entry(result, link)
        except _UNREADABLE as error:
            result.add(Kind.UNREADABLE, place, link.entry_id, f"{type(error).__name__}: {error}")
            return False
        if anchored_hash is not None and anchored_hash != link.hash:
            result.add(Kind.REWRITTEN, place, link.entry_id, "an anchor outside the database has another hash here")
            return False
        before = link.hash
        result.links += 1
        result.head_seq, result.head_hash = place, before
        if progress and place % rows.FETCH == 0:
            progress(place)
    return True


def _follows(link: StoredLink, place: int, before: bytes) -> bool:
    if link.seq != place or link.previous_hash != before:
        return False
    return link.stored is None or link.verifies()


def _check_entry(result: Verification, link: StoredLink) -> None:
    if link.stored is None:
        result.add(Kind.DELETED, link.seq, link.entry_id, f"entry {link.entry_id} is gone")
    elif not link.stored.is_genuine:
        result.add(Kind.EDITED, link.seq, link.entry_id, f"entry {link.entry_id} is not what was recorded")


def _compare_with_anchors(result: Verification, known: dict[int, Anchor]) -> None:
    """Whether the chain still reaches every place it was seen to reach."""
    end = rows.last_place()
    furthest = max(known, default=0)
    if furthest > end:
        seen = known[furthest].head.at.isoformat()
        result.add(Kind.TRUNCATED, end + 1, None, f"it had {furthest} links at {seen} and now ends at {end}")
    if end and not known:
        result.add(Kind.UNANCHORED, end, None, "no anchor exists outside the database: a cut tail would not show")


def _look_at_unlinked(result: Verification, *, since: datetime | None) -> None:
    """Entries that wait for their link must be genuine; entries that neither wait nor are linked must not exist."""
    lower = UUID(int=(chain.microseconds(since - BACKDATED) // 1000) << 80) if since else UUID(int=0)
    for row in rows.stream(
        f"SELECT {rows.ENTRY_COLUMNS}, p.entry_id IS NOT NULL FROM audit_entry e"  # noqa: S608
        " LEFT JOIN audit_link l ON l.entry_id = e.id LEFT JOIN audit_pending p ON p.entry_id = e.id"
        " WHERE l.seq IS NULL AND e.id >= %s ORDER BY e.id",
        [lower],
    ):
        stored = rows.entry_of(row)
        assert stored is not None
        result.pending += 1
        try:
            genuine = stored.is_genuine
        except _UNREADABLE as error:
            result.add(Kind.UNREADABLE, None, stored.entry.id, f"{type(error).__name__}: {error}")
            continue
        if not genuine and row[-1]:
            result.add(Kind.EDITED, None, stored.entry.id, f"waiting entry {stored.entry.id} is not what was recorded")
        elif not genuine:
            result.add(Kind.INSERTED, None, stored.entry.id, f"entry {stored.entry.id} was not written by the program")
        elif not row[-1]:
            result.add(Kind.FORGOTTEN, None, stored.entry.id, f"entry {stored.entry.id} is neither linked nor waiting")
    for (entry_id,) in rows.stream(
        "SELECT p.entry_id FROM audit_pending p LEFT JOIN audit_entry e ON e.id = p.entry_id WHERE e.id IS NULL"
    ):
        result.add(Kind.DELETED, None, entry_id, f"entry {entry_id} was removed before it was linked")
    for (entry_id,) in rows.stream(
        "SELECT p.entry_id FROM audit_pending p JOIN audit_link l ON l.entry_id = p.entry_id"
    ):
        result.add(Kind.INSERTED, None, entry_id, f"entry {entry_id} is linked and waits once more")
