"""What should have been written beside the money, and what should not be lying about any more."""

from collections.abc import Iterable

from django.db.models import TextChoices

from escrow.break_kinds import BreakKind
from escrow.comparisons.comparison import HELD, Comparison, escrow_columns
from escrow.dispute_states import WAITING
from escrow.enums import HOLDS, STILLED


def _words(words: Iterable[TextChoices]) -> str:
    """As a list of SQL: members of our own enums."""
    return ", ".join(f"'{word.value}'" for word in sorted(words))


_DISPUTED = "e.status || ' with ' || coalesce(w.disputes, 'no dispute')"

# One act is one transaction id: it may end several parts, and has one audit row and one event.
_ACTS = """
    SELECT m.escrow_id, m.kind, count(DISTINCT m.transaction_id) AS n FROM escrow_movement m
      JOIN escrow_escrow x ON x.id = m.escrow_id AND x.livemode = %(livemode)s GROUP BY 1, 2
"""

AUDITED = Comparison(
    "every movement has its audit row",
    (BreakKind.AUDIT_MISSING,),
    f"""
    WITH acts AS ({_ACTS}), said AS (
        SELECT subject, action, count(*) AS n FROM audit_entry
         WHERE action IN ('escrow.escrow.released', 'escrow.escrow.refunded', 'escrow.escrow.taken_back') GROUP BY 1, 2
    )
    SELECT 'AUDIT_MISSING', e.public_id || ' ' || a.kind, 'escrow:' || e.public_id, '', '', NULL, NULL,
           a.n || ' acts, ' || coalesce(s.n, 0) || ' audit rows'
      FROM acts a JOIN escrow_escrow e ON e.id = a.escrow_id
      LEFT JOIN said s ON s.subject = e.public_id
           AND s.action = CASE a.kind WHEN 'RELEASE' THEN 'escrow.escrow.released'
                          WHEN 'REFUND' THEN 'escrow.escrow.refunded' ELSE 'escrow.escrow.taken_back' END
     WHERE a.n > coalesce(s.n, 0)
    """,  # noqa: S608
)

TOLD = Comparison(
    "every movement was published",
    (BreakKind.EVENT_MISSING,),
    f"""
    WITH acts AS (
        SELECT escrow_id, kind = 'RELEASE' AS is_release, sum(n) AS n FROM ({_ACTS}) a GROUP BY 1, 2
    ), said AS (
        SELECT payload ->> 'escrow_id' AS escrow, name = 'escrow.escrow_released' AS is_release, count(*) AS n
          FROM outbox_event WHERE name IN ('escrow.escrow_released', 'escrow.escrow_refunded') GROUP BY 1, 2
    )
    SELECT 'EVENT_MISSING', e.public_id || CASE WHEN a.is_release THEN ' RELEASE' ELSE ' REFUND' END,
           'escrow:' || e.public_id, '', '', NULL, NULL, a.n || ' acts, ' || coalesce(s.n, 0) || ' events'
      FROM acts a JOIN escrow_escrow e ON e.id = a.escrow_id
      LEFT JOIN said s ON s.escrow = e.public_id AND s.is_release = a.is_release
     WHERE a.n > coalesce(s.n, 0)
    """,  # noqa: S608
)

# What a hold or a dispute stills waits on purpose, and so does what a closed switch puts off: its escrow is looked at
# later (`next_due_at`).
TIMERS = Comparison(
    "no timer is long due",
    (BreakKind.TIMER_LATE,),
    f"""
    SELECT 'TIMER_LATE', e.public_id || ' ' || t.kind, 'escrow:' || e.public_id, '', '', NULL, NULL,
           count(*) || ' of this kind, the first due '
           || to_char(min(t.due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
      FROM escrow_timer t JOIN escrow_escrow e ON e.id = t.escrow_id
     WHERE t.livemode = %(livemode)s AND t.state = 'PENDING' AND t.due_at < %(late_before)s
       AND coalesce(e.next_due_at, t.due_at) < %(late_before)s
       AND (t.kind NOT IN ({_words(STILLED)}) OR NOT (e.status = 'DISPUTED' OR EXISTS (
            SELECT FROM escrow_lock l WHERE l.escrow_id = e.id AND l.lifted_at IS NULL
               AND l.reason IN ({_words(HOLDS)}))))
     GROUP BY e.public_id, t.kind
    """,  # noqa: S608
)

DISPUTES = Comparison(
    "an escrow is disputed as long as a dispute waits, and no longer",
    (BreakKind.DISPUTE_ORPHANED,),
    f"""
    WITH waiting AS (SELECT escrow_id, string_agg(public_id, ', ') AS disputes FROM escrow_dispute
                      WHERE state IN ({_words(WAITING)}) GROUP BY 1)
    SELECT {escrow_columns(BreakKind.DISPUTE_ORPHANED, "NULL", "NULL", _DISPUTED)}
      FROM escrow_escrow e LEFT JOIN waiting w ON w.escrow_id = e.id
     WHERE e.livemode = %(livemode)s AND (e.status = 'DISPUTED') <> (w.escrow_id IS NOT NULL)
    """,  # noqa: S608
)

_LOCKED = "e.status || ' with ' || coalesce(o.reasons, 'no lock')"
LOCKS = Comparison(
    "an escrow is locked as long as it has a reason, and no longer",
    (BreakKind.LOCK_ORPHANED,),
    f"""
    WITH open AS (SELECT escrow_id, string_agg(reason, ', ' ORDER BY reason) AS reasons FROM escrow_lock
                   WHERE lifted_at IS NULL GROUP BY 1)
    SELECT {escrow_columns(BreakKind.LOCK_ORPHANED, "NULL", "NULL", _LOCKED)}
      FROM escrow_escrow e LEFT JOIN open o ON o.escrow_id = e.id
     WHERE e.livemode = %(livemode)s
       AND ((e.status = 'LOCKED') <> (o.escrow_id IS NOT NULL)) AND e.status <> 'DISPUTED'
       AND NOT (e.status IN ('RELEASED', 'REFUNDED') AND o.escrow_id IS NULL)
       AND ({HELD} <> 0 OR o.escrow_id IS NOT NULL)
    """,  # noqa: S608
)

ALL = (AUDITED, TOLD, TIMERS, DISPUTES, LOCKS)
