"""ACH entries against what is booked of them, that against the ledger, and the ledger against what is on its way.

An entry's moments and its booking's are compared with patience: the books follow by events. A booking and the ledger
are written in one transaction, so they are compared to the moment. Together: what is in files is in the ledger.
"""

from ach.nacha.codes import TRANSACTION_CODES
from escrow.break_kinds import BreakKind
from escrow.comparisons.comparison import Comparison
from escrow.comparisons.rail_news import WAITING

DEBIT_CODES = ", ".join(f"'{code}'" for code, meaning in sorted(TRANSACTION_CODES.items()) if meaning.is_debit)
_BOOK = "'book:' || %(book)s"
_MOMENTS = "sent", "settled", "returned"
_MISSED = ", ".join(
    f"CASE WHEN e.{verb}_at < %(unbooked_before)s AND b.{verb}_at IS NULL THEN '{verb}' END" for verb in _MOMENTS
)

# As long as news of the entry waits, the books are behind; once nothing waits, the news is lost. The lost come first:
# only so many are named.
UNBOOKED = Comparison(
    "whatever an ACH entry went through is booked",
    (BreakKind.ACH_UNBOOKED, BreakKind.ACH_BEHIND),
    f"""
    WITH undone AS (
        SELECT i.entry_id, min(d.ended_at) AS at FROM ach_dishonor d JOIN ach_inbounditem i ON i.id = d.item_id
         WHERE d.state = 'UNDONE' GROUP BY 1
    ), compared AS (
        SELECT e.id, e.file_id, e.public_id, e.state, e.currency, e.amount_minor, concat_ws(', ', {_MISSED},
               CASE WHEN u.at < %(unbooked_before)s AND b.undone_at IS NULL THEN 'undone' END) AS missed,
               coalesce(u.at < %(unbooked_before)s AND b.undone_at IS NULL, false) AS is_undone
          FROM ach_entry e LEFT JOIN payments_booking b ON b.entry_id = e.id LEFT JOIN undone u ON u.entry_id = e.id
         WHERE e.livemode = %(livemode)s AND e.amount_minor > 0 AND e.sent_at IS NOT NULL
    ), {WAITING}
    SELECT CASE WHEN w.undoes OR (NOT c.is_undone AND (w.entry_id IS NOT NULL OR n.file_id IS NOT NULL))
                THEN 'ACH_BEHIND' ELSE 'ACH_UNBOOKED' END AS kind,
           c.public_id, {_BOOK}, '', c.currency, c.amount_minor, 0, c.state || ', not booked: ' || c.missed
      FROM compared c LEFT JOIN ach_file f ON f.id = c.file_id
      LEFT JOIN waiting_file n ON n.file_id = f.public_id AND n.after < c.id
      LEFT JOIN waiting_entry w ON w.entry_id = c.public_id
     WHERE c.missed <> '' ORDER BY kind DESC
    """,  # noqa: S608
)

# What a bank refused was sent and booked; its entries say so no more until a rebuilt file is. Where that one was
# withdrawn in its turn, they wait for another cutoff; cancelled, what was booked is booked back.
UNEARNED = Comparison(
    "nothing is booked that no ACH entry went through",
    (BreakKind.ACH_UNEARNED,),
    f"""
    WITH RECURSIVE refused AS (
        SELECT id, originator_id, state FROM ach_file WHERE livemode = %(livemode)s AND state = 'REJECTED'
        UNION SELECT f.id, f.originator_id, f.state FROM ach_file f JOIN refused r ON f.replaces_id = r.id
    ), excused AS (
        SELECT DISTINCT originator_id FROM refused WHERE state = 'WITHDRAWN'
    ), undone AS (
        SELECT DISTINCT i.entry_id FROM ach_dishonor d JOIN ach_inbounditem i ON i.id = d.item_id
         WHERE d.state = 'UNDONE'
    ), compared AS (
        SELECT e.public_id, e.state, b.currency, b.amount_minor AS booked,
               CASE WHEN e.direction = b.direction AND e.currency = b.currency AND e.livemode = b.livemode
                    THEN e.amount_minor ELSE 0 END AS amount,
               concat_ws(', ',
               CASE WHEN b.sent_at IS NOT NULL AND e.sent_at IS NULL AND r.id IS NULL
                     AND NOT (e.state = 'CANCELLED' AND b.returned_at IS NOT NULL)
                     AND (x.originator_id IS NULL OR e.state NOT IN ('WAITING', 'HELD', 'PARKED')) THEN 'sent' END,
               CASE WHEN b.settled_at IS NOT NULL AND e.settled_at IS NULL THEN 'settled' END,
               CASE WHEN b.returned_at IS NOT NULL AND e.returned_at IS NULL AND e.state <> 'CANCELLED'
                    THEN 'returned' END,
               CASE WHEN b.undone_at IS NOT NULL AND u.entry_id IS NULL THEN 'undone' END,
               CASE WHEN b.voided_at IS NOT NULL AND e.state <> 'CANCELLED' THEN 'voided' END) AS unearned
          FROM payments_booking b JOIN ach_entry e ON e.id = b.entry_id
          LEFT JOIN refused r ON r.id = e.file_id
          LEFT JOIN excused x ON x.originator_id = e.originator_id
          LEFT JOIN undone u ON u.entry_id = e.id
         WHERE b.livemode = %(livemode)s
    )
    SELECT 'ACH_UNEARNED', public_id, {_BOOK}, '', currency, CASE WHEN unearned = '' THEN amount ELSE 0 END, booked,
           state || coalesce(', yet booked: ' || nullif(unearned, ''), ', booked with another amount or side')
      FROM compared WHERE unearned <> '' OR amount <> booked
    """,  # noqa: S608
)

# A credit's reservation is an entry of the kind it becomes; ending it keeps the kind.
_STEPS = "\n        UNION ALL ".join(
    f"SELECT public_id, currency, '{verb}' AS verb, '{phase}' AS phase, 'payments.ach_{kind}' AS kind,"  # noqa: S608
    f" {amount} AS amount FROM booked WHERE {when}"
    for verb, phase, kind, amount, when in (
        ("accepted", "PENDING", "sent", "amount_minor", "hold_id <> ''"),
        ("voided", "VOID", "sent", "0", "voided_at IS NOT NULL"),
        *(
            (verb, "POSTED", verb, "amount_minor", f"{verb}_at IS NOT NULL")
            for verb in ("sent", "settled", "released", "returned", "undone")
        ),
    )
)

# What people have reversed, signed, moves nothing any more.
LEDGER = Comparison(
    "every booked step is one ledger entry of its amount, and no other is there",
    (BreakKind.ACH_ENTRY_DIFFERS, BreakKind.ACH_UNEARNED),
    f"""
    WITH booked AS MATERIALIZED (
        SELECT e.public_id, b.* FROM payments_booking b JOIN ach_entry e ON e.id = b.entry_id
         WHERE b.livemode = %(livemode)s
    ), step AS (
        {_STEPS}
    ), written AS MATERIALIZED (
        SELECT n.id, n.idempotency_key, n.public_id AS ledger_id, n.kind, n.phase, n.reference FROM ledger_entry n
         WHERE n.book = %(book)s AND n.idempotency_key LIKE 'ach:%%'
           AND n.kind NOT IN ('payments.ach_in_suspense', 'payments.ach_suspense_resolved')
    ), moved AS (
        SELECT g.entry_id, min(g.currency) AS currency, sum(g.amount_minor) AS minor
          FROM ledger_posting g JOIN written w ON w.id = g.entry_id
         WHERE g.amount_minor > 0 AND NOT EXISTS (SELECT FROM ledger_entry r WHERE r.reverses_id = g.entry_id)
         GROUP BY 1
        UNION ALL
        SELECT l.entry_id, min(l.currency), sum(l.amount_minor)
          FROM ledger_pending_leg l JOIN written w ON w.id = l.entry_id WHERE l.amount_minor > 0 GROUP BY 1
    ), compared AS (
        SELECT s.*, w.ledger_id, w.kind AS kind_written, w.phase AS phase_written, w.reference,
               coalesce(s.currency, m.currency, '') AS named, coalesce(m.currency, '') AS currency_written,
               coalesce(m.minor, 0) AS minor
          FROM step s FULL JOIN written w ON w.idempotency_key = 'ach:' || s.public_id || ':' || s.verb
          LEFT JOIN moved m ON m.entry_id = w.id
    )
    SELECT 'ACH_ENTRY_DIFFERS', public_id || ' ' || verb, {_BOOK}, '', named, amount, minor,
           coalesce(ledger_id || ' ' || phase_written || ' ' || kind_written, 'not in the ledger')
      FROM compared
     WHERE verb IS NOT NULL
       AND (ledger_id IS NULL OR phase_written <> phase OR kind_written <> kind OR amount <> minor
            OR (amount <> 0 AND currency_written <> currency))
    UNION ALL
    SELECT 'ACH_UNEARNED', ledger_id, {_BOOK}, '', named, 0, minor, kind_written || ' ' || reference || ', not booked'
      FROM compared WHERE verb IS NULL AND minor <> 0
    """,  # noqa: S608
)

CLEARING = Comparison(
    "the clearing accounts hold what was sent and has neither settled nor come back",
    (BreakKind.ACH_CLEARING_DIFFERS,),
    f"""
    WITH balance AS (
        SELECT a.code, a.currency, b.posted_minor + coalesce(d.posted, 0) AS posted
          FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
          LEFT JOIN (SELECT account_id, sum(posted_minor) AS posted FROM ledger_delta GROUP BY 1) d
            ON d.account_id = a.id
         WHERE a.book = %(book)s AND a.kind IN ('ach_clearing:in', 'ach_clearing:out')
    ), away AS (
        SELECT CASE direction WHEN 'CREDIT' THEN 'ach_clearing:out' ELSE 'ach_clearing:in' END AS code, currency,
               sum(amount_minor) AS minor, count(*) AS n
          FROM payments_booking
         WHERE livemode = %(livemode)s AND sent_at IS NOT NULL AND settled_at IS NULL AND returned_at IS NULL
         GROUP BY 1, 2
    )
    SELECT 'ACH_CLEARING_DIFFERS', code, {_BOOK}, code, currency, coalesce(w.minor, 0), coalesce(b.posted, 0),
           coalesce(w.n, 0) || ' on their way'
      FROM balance b FULL JOIN away w USING (code, currency) WHERE coalesce(w.minor, 0) <> coalesce(b.posted, 0)
    """,  # noqa: S608
)

# The account's own side is credit. What belongs to no entry stays until treasury clears it. An item whose news waits
# will be booked or taken out by itself.
SUSPENSE = Comparison(
    "suspense holds the items that nobody has found an entry for",
    (BreakKind.ACH_SUSPENSE_DIFFERS, BreakKind.ACH_BEHIND),
    f"""
    WITH opened AS (SELECT subject, min(opened_at) AS at FROM ach_case WHERE kind = 'UNMATCHED_ITEM' GROUP BY 1),
    item AS (
        SELECT i.public_id, i.state, coalesce(i.applied_at, o.at, f.received_at) AS since,
               CASE WHEN i.state = 'RESOLVED' AND i.entry_id IS NOT NULL THEN 0
                    WHEN i.transaction_code IN ({DEBIT_CODES}) THEN -i.amount_minor ELSE i.amount_minor END AS minor
          FROM ach_inbounditem i JOIN ach_inboundfile f ON f.id = i.file_id
          LEFT JOIN opened o ON o.subject = i.public_id
         WHERE f.livemode = %(livemode)s AND i.state IN ('SUSPENSE', 'RESOLVED')
    ), booked AS (
        SELECT n.reference, a.currency, -sum(g.amount_minor) AS minor
          FROM ledger_account a JOIN ledger_posting g ON g.account_id = a.id JOIN ledger_entry n ON n.id = g.entry_id
         WHERE a.book = %(book)s AND a.code = 'suspense'
           AND n.kind IN ('payments.ach_in_suspense', 'payments.ach_suspense_resolved')
         GROUP BY 1, 2
    ), {WAITING}
    SELECT CASE WHEN w.item_id IS NOT NULL THEN 'ACH_BEHIND' ELSE 'ACH_SUSPENSE_DIFFERS' END AS kind,
           coalesce(i.public_id, b.reference), {_BOOK}, 'suspense', coalesce(b.currency, 'USD'),
           coalesce(i.minor, 0), coalesce(b.minor, 0), coalesce(i.state, 'no such item')
      FROM item i FULL JOIN booked b ON b.reference = i.public_id LEFT JOIN waiting_item w ON w.item_id = i.public_id
     WHERE coalesce(i.minor, 0) <> coalesce(b.minor, 0) AND (i.since IS NULL OR i.since < %(unbooked_before)s)
     ORDER BY kind DESC
    """,  # noqa: S608
)

ALL = (UNBOOKED, UNEARNED, LEDGER, CLEARING, SUSPENSE)
