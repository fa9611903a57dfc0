"""What each escrow holds: by its own row, by its parts, by its movements, by its status and by the ledger; and whether
all of it is covered.
"""

from escrow.break_kinds import BreakKind
from escrow.comparisons.comparison import HELD, Comparison, escrow_columns

# Accounts of one escrow each are not hot: the balance row is the whole balance.
_BALANCES = """
    SELECT substr(a.code, length('escrow_held:') + 1) AS owner, a.code, a.currency, a.opened_at, b.posted_minor
      FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
     WHERE a.book = %(book)s AND a.kind = 'escrow_held'
"""

BALANCES = Comparison(
    "every escrow holds what its ledger account holds",
    (BreakKind.BALANCE_DIFFERS,),
    f"""
    WITH balance AS ({_BALANCES})
    SELECT {escrow_columns(BreakKind.BALANCE_DIFFERS, HELD, "coalesce(b.posted_minor, 0)")}
      FROM escrow_escrow e LEFT JOIN balance b ON b.owner = e.account AND b.currency = e.currency
     WHERE e.livemode = %(livemode)s AND {HELD} <> coalesce(b.posted_minor, 0)
    """,  # noqa: S608
)

# The escrow of a captured payment follows its capture by a moment.
ACCOUNTS = Comparison(
    "every escrow account with money has its escrow",
    (BreakKind.ACCOUNT_WITHOUT_ESCROW,),
    f"""
    WITH balance AS ({_BALANCES})
    SELECT 'ACCOUNT_WITHOUT_ESCROW', b.owner, 'book:' || %(book)s, b.code, b.currency, 0, b.posted_minor, ''
      FROM balance b
      LEFT JOIN escrow_escrow e ON e.account = b.owner AND e.currency = b.currency AND e.livemode = %(livemode)s
     WHERE e.id IS NULL AND b.posted_minor <> 0 AND b.opened_at < %(orphaned_before)s
    """,  # noqa: S608
)

PARTS = Comparison(
    "the held parts of every escrow make what it holds",
    (BreakKind.PARTS_DIFFER,),
    f"""
    WITH parts AS (SELECT escrow_id, sum(amount_minor) AS held FROM escrow_part WHERE state = 'HELD' GROUP BY 1)
    SELECT {escrow_columns(BreakKind.PARTS_DIFFER, HELD, "coalesce(p.held, 0)")}
      FROM escrow_escrow e LEFT JOIN parts p ON p.escrow_id = e.id
     WHERE e.livemode = %(livemode)s AND {HELD} <> coalesce(p.held, 0)
    """,  # noqa: S608
)

# What a won chargeback brought back is a further part that no other was divided into.
MOVED = Comparison(
    "released and refunded amounts of every escrow are the sums of its movements",
    (BreakKind.RELEASED_DIFFERS, BreakKind.REFUNDED_DIFFERS),
    f"""
    WITH moved AS (
        SELECT escrow_id, coalesce(sum(amount_minor) FILTER (WHERE kind = 'RELEASE'), 0) AS released,
               coalesce(sum(amount_minor) FILTER (WHERE kind <> 'RELEASE'), 0) AS gone
          FROM escrow_movement GROUP BY 1
    ), roots AS (
        SELECT escrow_id, sum(amount_minor) AS amount FROM escrow_part WHERE parent_id IS NULL GROUP BY 1
    ), told AS (
        SELECT e.*, coalesce(m.released, 0) AS movements_released,
               coalesce(m.gone, 0) - coalesce(r.amount - (e.amount_minor - e.fee_minor), 0) AS movements_refunded
          FROM escrow_escrow e
          LEFT JOIN moved m ON m.escrow_id = e.id
          LEFT JOIN roots r ON r.escrow_id = e.id AND e.funded_at IS NOT NULL
         WHERE e.livemode = %(livemode)s
    )
    SELECT {escrow_columns(BreakKind.RELEASED_DIFFERS, "movements_released", "released_minor")}
      FROM told e WHERE released_minor <> movements_released
    UNION ALL
    SELECT {escrow_columns(BreakKind.REFUNDED_DIFFERS, "movements_refunded", "refunded_minor")}
      FROM told e WHERE refunded_minor <> movements_refunded
    """,  # noqa: S608
)

STATUSES = Comparison(
    "an escrow is over when nothing is held any more, and as its movements say",
    (BreakKind.STATUS_DIFFERS,),
    f"""
    SELECT {escrow_columns(BreakKind.STATUS_DIFFERS, "NULL", "NULL", f"e.status || ' while ' || {HELD} || ' are held'")}
      FROM escrow_escrow e
     WHERE e.livemode = %(livemode)s
       AND ((e.status IN ('FUNDED', 'LOCKED', 'DISPUTED')) <> ({HELD} <> 0)
            OR (e.status = 'RELEASED' AND e.released_minor = 0)
            OR (e.status = 'REFUNDED' AND e.released_minor <> 0))
    """,  # noqa: S608
)

DIVISIONS = Comparison(
    "every divided part is the sum of its parts",
    (BreakKind.DIVISION_DIFFERS,),
    """
    WITH children AS (
        SELECT parent_id, sum(amount_minor) AS amount FROM escrow_part WHERE parent_id IS NOT NULL GROUP BY 1
    )
    SELECT 'DIVISION_DIFFERS', e.public_id || '/' || p.number, 'escrow:' || e.public_id, 'escrow_held:' || e.account,
           e.currency, p.amount_minor, coalesce(c.amount, 0), ''
      FROM escrow_part p JOIN escrow_escrow e ON e.id = p.escrow_id
      LEFT JOIN children c ON c.parent_id = p.id
     WHERE e.livemode = %(livemode)s AND (p.state = 'DIVIDED' OR c.parent_id IS NOT NULL)
       AND (p.amount_minor <> coalesce(c.amount, 0) OR p.state <> 'DIVIDED')
    """,
)

# Money of others against money that is there. What the platform earned is no part of either, so more is no break.
COVER = Comparison(
    "what is owed to others is covered by the trust account and what is on its way to it",
    (BreakKind.COVER_SHORT,),
    """
    WITH balance AS (
        SELECT a.kind, a.currency, b.posted_minor + coalesce(d.posted, 0) AS posted
          FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
          LEFT JOIN (SELECT account_id, sum(posted_minor) AS posted FROM ledger_delta GROUP BY 1) d
            ON d.account_id = a.id
         WHERE a.book = %(book)s AND a.kind IN ('bank:trust', 'acquirer_receivable', 'ach_clearing:in', 'escrow_held',
               'provider_payable', 'customer_refundable', 'reserve', 'ach_clearing:out')
    ), sums AS (
        SELECT currency,
               coalesce(sum(posted) FILTER (WHERE kind IN ('bank:trust', 'acquirer_receivable', 'ach_clearing:in')), 0)
                   AS assets,
               coalesce(sum(posted) FILTER (WHERE kind NOT IN ('bank:trust', 'acquirer_receivable',
                   'ach_clearing:in')), 0) AS owed
          FROM balance GROUP BY currency
    )
    SELECT 'COVER_SHORT', 'book', 'book:' || %(book)s, '', currency, owed, assets, '' FROM sums WHERE owed > assets
    """,
)

ALL = (BALANCES, ACCOUNTS, PARTS, MOVED, STATUSES, DIVISIONS, COVER)
