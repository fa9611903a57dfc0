"""Files against their entries and replies line by line, and what the rail has left behind.

What was replaced has given its entries away; what is only planned has nothing written yet.
"""

from ach.selectors import unmapped
from escrow.break_kinds import BreakKind
from escrow.comparisons.comparison import Comparison

_BOOK = "'book:' || %(book)s"
# Of replies each has its addenda.
_CARRIED = """(
            SELECT file_id, batch_number, addenda <> '' AS has_addenda, direction, amount_minor FROM ach_entry
             WHERE livemode = %(livemode)s AND file_id IS NOT NULL
            UNION ALL
            SELECT file_id, batch_number, true, direction, amount_minor FROM ach_reply
             WHERE livemode = %(livemode)s AND file_id IS NOT NULL
        ) AS carried"""
_SUMS = """count(*) AS n, count(*) FILTER (WHERE has_addenda) AS addenda,
               coalesce(sum(amount_minor) FILTER (WHERE direction = 'DEBIT'), 0) AS debit,
               coalesce(sum(amount_minor) FILTER (WHERE direction = 'CREDIT'), 0) AS credit"""


def _differ(row: str) -> str:
    """Where the written totals of `row` are not those of the entries `s`."""
    return (
        f"({row}.entry_count, {row}.addenda_count, {row}.debit_minor, {row}.credit_minor) IS DISTINCT FROM"
        " (coalesce(s.n, 0), coalesce(s.addenda, 0), coalesce(s.debit, 0), coalesce(s.credit, 0))"
    )


def _columns(row: str, subject: str) -> str:
    return f"""'ACH_FILE_DIFFERS', {subject}, {_BOOK}, '', 'USD', {row}.debit_minor + {row}.credit_minor,
           coalesce(s.debit, 0) + coalesce(s.credit, 0),
           f.name || ' ' || f.state || ': as written ' || {row}.entry_count || ' entries, ' || {row}.addenda_count
           || ' addenda, debits ' || {row}.debit_minor || ', credits ' || {row}.credit_minor || '; its entries '
           || coalesce(s.n, 0) || ', ' || coalesce(s.addenda, 0) || ', ' || coalesce(s.debit, 0) || ', '
           || coalesce(s.credit, 0)"""


FILES = Comparison(
    "the totals of every file are those of its entries",
    (BreakKind.ACH_FILE_DIFFERS,),
    f"""
    WITH sums AS (
        SELECT file_id, {_SUMS} FROM {_CARRIED} GROUP BY 1
    )
    SELECT {_columns("f", "f.public_id")}
      FROM ach_file f LEFT JOIN sums s ON s.file_id = f.id
     WHERE f.livemode = %(livemode)s AND f.state NOT IN ('PLANNED', 'WITHDRAWN') AND {_differ("f")}
       AND NOT EXISTS (SELECT FROM ach_file n WHERE n.replaces_id = f.id)
    """,  # noqa: S608
)

BATCHES = Comparison(
    "the totals of every batch that left are those of its entries",
    (BreakKind.ACH_FILE_DIFFERS,),
    f"""
    WITH sums AS (
        SELECT file_id, batch_number, {_SUMS} FROM {_CARRIED} GROUP BY 1, 2
    ), away AS (
        SELECT f.* FROM ach_file f
         WHERE f.livemode = %(livemode)s AND f.state IN ('DELIVERED', 'ACKNOWLEDGED', 'REJECTED')
           AND NOT EXISTS (SELECT FROM ach_file n WHERE n.replaces_id = f.id)
    )
    SELECT {_columns("b", "f.public_id || '/' || b.number")}
      FROM away f JOIN ach_batch b ON b.file_id = f.id
      LEFT JOIN sums s ON s.file_id = f.id AND s.batch_number = b.number
     WHERE {_differ("b")}
    UNION ALL
    SELECT 'ACH_FILE_DIFFERS', f.public_id || '/' || s.batch_number, {_BOOK}, '', 'USD', 0, s.debit + s.credit,
           f.name || ' ' || f.state || ': ' || s.n || ' entries in a batch that is not in the file'
      FROM away f JOIN sums s ON s.file_id = f.id
      LEFT JOIN ach_batch b ON b.file_id = f.id AND b.number = s.batch_number
     WHERE b.id IS NULL
    """,  # noqa: S608
)

# Named by file, or by originator where they are in none: a file that stays is one break, however many are in it.
UNMAPPED = Comparison(
    "no entry is past its cutoff and on no way, and none is sent without its line",
    (BreakKind.ACH_UNMAPPED,),
    f"""
    WITH found AS ({unmapped.QUERY}), stuck AS (
        SELECT coalesce(u.file_id || CASE WHEN u.state = 'FILED' THEN '' ELSE ' sent' END, o.public_id) AS subject,
               u.amount_minor, u.currency,
               coalesce(u.state || ' in ' || u.file_state, 'WAITING past its cutoff')
                   || CASE WHEN u.line IS NULL AND u.file_id IS NOT NULL THEN ' without a line' ELSE '' END AS how
          FROM found u JOIN ach_originator o ON o.id = u.originator_id
         WHERE u.livemode = %(livemode)s
    )
    SELECT 'ACH_UNMAPPED', subject, {_BOOK}, '', currency, 0, sum(amount_minor),
           count(*) || ' entries: ' || string_agg(DISTINCT how, ', ')
      FROM stuck GROUP BY subject, currency
    """,  # noqa: S608
)

UNACKNOWLEDGED = Comparison(
    "the bank has acknowledged what was delivered, where it does so",
    (BreakKind.ACH_UNACKNOWLEDGED,),
    f"""
    SELECT 'ACH_UNACKNOWLEDGED', f.public_id, {_BOOK}, '', '', NULL, NULL, f.name || ', delivered '
           || to_char(f.delivered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
      FROM ach_file f JOIN ach_originator o ON o.id = f.originator_id
     WHERE f.livemode = %(livemode)s AND f.state = 'DELIVERED' AND f.delivered_at < %(unanswered_before)s
       AND coalesce(o.settings -> 'acknowledges', 'true') <> 'false'
    """,  # noqa: S608
)

SUSPENDED = Comparison(
    "nothing is in suspense for long",
    (BreakKind.ACH_SUSPENSE_OLD,),
    f"""
    WITH opened AS (
        SELECT subject, min(opened_at) AS at FROM ach_case WHERE kind = 'UNMATCHED_ITEM' AND state = 'OPEN' GROUP BY 1
    )
    SELECT 'ACH_SUSPENSE_OLD', i.public_id, {_BOOK}, '', 'USD', 0, i.amount_minor,
           i.kind || ' ' || i.code || ', ' || i.state_why
      FROM ach_inbounditem i JOIN ach_inboundfile f ON f.id = i.file_id LEFT JOIN opened o ON o.subject = i.public_id
     WHERE f.livemode = %(livemode)s AND i.state = 'SUSPENSE' AND coalesce(o.at, f.received_at) < %(suspended_before)s
    """,  # noqa: S608
)

CHANGES = Comparison(
    "every correction is applied or refused within its clock",
    (BreakKind.ACH_CHANGE_LATE,),
    f"""
    SELECT 'ACH_CHANGE_LATE', c.public_id, {_BOOK}, '', '', NULL, NULL, c.code || ' ' || c.state || ', due '
           || to_char(c.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
      FROM ach_change c JOIN ach_inbounditem i ON i.id = c.item_id JOIN ach_inboundfile f ON f.id = i.file_id
     WHERE f.livemode = %(livemode)s AND c.state IN ('OPEN', 'ASKED') AND c.due_at < %(now)s
    """,  # noqa: S608
)

# Suspense and corrections have clocks of their own.
CASES = Comparison(
    "no case of the rail is open for long",
    (BreakKind.ACH_CASE_OLD,),
    f"""
    SELECT 'ACH_CASE_OLD', public_id, {_BOOK}, '', '', NULL, NULL, kind || ' ' || subject || ', ' || summary
      FROM ach_case
     WHERE livemode = %(livemode)s AND state = 'OPEN' AND opened_at < %(case_before)s
       AND kind NOT IN ('UNMATCHED_ITEM', 'UNAPPLIED_CHANGE')
    """,  # noqa: S608
)

ALL = (FILES, BATCHES, UNMAPPED, UNACKNOWLEDGED, SUSPENDED, CHANGES, CASES)
