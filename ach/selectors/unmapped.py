"""Entries without the way they should have by now: one definition, for alarms, figures, pages and reconciliation.

| an entry is unmapped | once |
| --- | --- |
| it waits, and its cutoff has passed | `ach.unmapped_minutes` are over |
| a file has taken it, and it has no line there | `ach.unmapped_minutes` are over |
| it has a line in a file that has not left | `ach.stuck_hours` are over |
| it is said to be sent, without a line or in a file that has not left | at once |
"""

from datetime import datetime, timedelta

from django.db import connection

from ach.parameters import number

_COLUMNS = """e.id, e.originator_id, e.livemode, e.amount_minor, e.currency, e.state, e.line,
       f.public_id AS file_id, f.state AS file_state"""
QUERY = f"""
SELECT {_COLUMNS}
  FROM ach_entry e LEFT JOIN ach_file f ON f.id = e.file_id
 WHERE e.state = 'WAITING' AND e.due_at < %(unmapped_before)s
UNION ALL
SELECT {_COLUMNS}
  FROM ach_entry e JOIN ach_file f ON f.id = e.file_id
 WHERE e.line IS NULL AND e.state NOT IN ('WAITING', 'HELD', 'PARKED', 'CANCELLED')
   AND (e.state <> 'FILED' OR e.filed_at < %(unmapped_before)s)
UNION ALL
SELECT {_COLUMNS}
  FROM ach_file f JOIN ach_cutoff c ON c.id = f.cutoff_id JOIN ach_entry e ON e.file_id = f.id
 WHERE f.state NOT IN ('DELIVERED', 'ACKNOWLEDGED', 'REJECTED') AND e.line IS NOT NULL
   AND (e.state <> 'FILED' OR greatest(c.at, e.filed_at) < %(stuck_before)s)
"""  # noqa: S608
"""Rows of both modes, one an entry. Takes `unmapped_before` and `stuck_before`, as `before` gives them."""

_BY_ORIGINATOR = f"SELECT originator_id, count(*) FROM ({QUERY}) u GROUP BY 1"  # noqa: S608


def before(now: datetime) -> dict[str, datetime]:
    """By the configuration in force."""
    return {
        "unmapped_before": now - timedelta(minutes=number("unmapped_minutes", now)),
        "stuck_before": now - timedelta(hours=number("stuck_hours", now)),
    }


def count(*, now: datetime) -> dict[int, int]:
    """How many, by key of the originator; those that have none are left out. Closed originators count too."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_ORIGINATOR, before(now))
        return dict(cursor.fetchall())
