"""Movements of escrows against entries of the ledger, both ways."""

from escrow.break_kinds import BreakKind
from escrow.comparisons.comparison import Comparison

_PART = "e.public_id || '/' || p.number, 'escrow:' || e.public_id, 'escrow_held:' || e.account, e.currency"

MISSING = Comparison(
    "every movement has its entry in the ledger",
    (BreakKind.ENTRY_MISSING,),
    f"""
    SELECT 'ENTRY_MISSING', {_PART}, m.amount_minor, 0, m.entry_id
      FROM escrow_movement m JOIN escrow_part p ON p.id = m.part_id JOIN escrow_escrow e ON e.id = m.escrow_id
      LEFT JOIN ledger_entry n ON n.public_id = m.entry_id
     WHERE e.livemode = %(livemode)s AND (n.id IS NULL OR n.phase <> 'POSTED' OR n.book <> %(book)s)
    """,  # noqa: S608
)

# One entry may end several parts: a refund to the card that paid.
AMOUNTS = Comparison(
    "the movements of every entry take what the entry takes, and the entry is theirs",
    (BreakKind.ENTRY_DIFFERS, BreakKind.ENTRY_ELSEWHERE),
    """
    WITH moved AS (
        SELECT m.entry_id, m.escrow_id, sum(m.amount_minor) AS amount, array_agg(DISTINCT m.reference) AS orders
          FROM escrow_movement m JOIN escrow_escrow e ON e.id = m.escrow_id
         WHERE e.livemode = %(livemode)s GROUP BY 1, 2
    ), compared AS (
        SELECT m.entry_id, e.public_id, e.account, e.currency, m.amount, m.orders, n.reference,
               pay.public_id AS payment, coalesce(sum(g.amount_minor), 0) AS posted
          FROM moved m JOIN escrow_escrow e ON e.id = m.escrow_id
          JOIN ledger_entry n ON n.public_id = m.entry_id AND n.phase = 'POSTED'
          LEFT JOIN payments_payment pay ON pay.id = e.payment_id
          LEFT JOIN ledger_account a ON a.book = n.book AND a.code = 'escrow_held:' || e.account
               AND a.currency = e.currency
          LEFT JOIN ledger_posting g ON g.entry_id = n.id AND g.account_id = a.id
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    )
    SELECT 'ENTRY_DIFFERS', entry_id, 'escrow:' || public_id, 'escrow_held:' || account, currency, amount, posted,
           public_id
      FROM compared WHERE amount <> posted
    UNION ALL
    SELECT 'ENTRY_ELSEWHERE', entry_id, 'escrow:' || public_id, 'escrow_held:' || account, currency, NULL, NULL,
           'it speaks of ' || reference
      FROM compared WHERE reference NOT IN (public_id, account, coalesce(payment, '')) AND NOT reference = ANY (orders)
    """,
)

SETTLED = Comparison(
    "every part that ended has one movement, and no other part has any",
    (BreakKind.PART_UNSETTLED, BreakKind.PART_SETTLED_TWICE),
    f"""
    WITH moved AS (
        SELECT part_id, count(*) AS n, sum(amount_minor) AS amount,
               bool_and(kind = 'RELEASE') AS released, bool_and(kind <> 'RELEASE') AS refunded
          FROM escrow_movement GROUP BY 1
    )
    SELECT CASE WHEN m.n > 1 THEN 'PART_SETTLED_TWICE' ELSE 'PART_UNSETTLED' END, {_PART},
           CASE WHEN p.state IN ('RELEASED', 'REFUNDED') THEN p.amount_minor ELSE 0 END, coalesce(m.amount, 0),
           p.state || ' with ' || coalesce(m.n, 0) || CASE m.n WHEN 1 THEN ' movement' ELSE ' movements' END
      FROM escrow_part p JOIN escrow_escrow e ON e.id = p.escrow_id
      LEFT JOIN moved m ON m.part_id = p.id
     WHERE e.livemode = %(livemode)s
       AND (m.n > 1 OR NOT CASE p.state WHEN 'RELEASED' THEN m.n = 1 AND m.released AND m.amount = p.amount_minor
                                        WHEN 'REFUNDED' THEN m.n = 1 AND m.refunded AND m.amount = p.amount_minor
                                        ELSE m.n IS NULL END
            OR (p.state IN ('RELEASED', 'REFUNDED') AND m.n IS NULL))
    """,  # noqa: S608
)

# What people posted by hand is signed, and what was undone came back.
UNEXPLAINED = Comparison(
    "no money left an escrow without a movement",
    (BreakKind.POSTING_WITHOUT_MOVEMENT,),
    """
    SELECT 'POSTING_WITHOUT_MOVEMENT', n.public_id, 'escrow:' || e.public_id, a.code, a.currency, 0,
           sum(g.amount_minor), n.kind || ' ' || n.reference
      FROM ledger_account a JOIN escrow_escrow e ON a.code = 'escrow_held:' || e.account
      JOIN ledger_posting g ON g.account_id = a.id AND g.amount_minor > 0
      JOIN ledger_entry n ON n.id = g.entry_id
     WHERE a.book = %(book)s AND a.kind = 'escrow_held' AND e.livemode = %(livemode)s
       AND n.kind NOT IN ('ledger.adjusted', 'escrow.written_off') AND n.reverses_id IS NULL
       AND NOT EXISTS (SELECT FROM ledger_entry r WHERE r.reverses_id = n.id)
       AND NOT EXISTS (SELECT FROM escrow_movement m WHERE m.entry_id = n.public_id)
     GROUP BY n.public_id, e.public_id, a.code, a.currency, n.kind, n.reference
    """,
)

ALL = (MISSING, AMOUNTS, SETTLED, UNEXPLAINED)
