"""The trust account: what the bank says against what the ledger says. Nothing is compared before the first statement.

Lines and entries that are the same money have been matched before (`escrow.services.matching`). Both may be a few days
apart, so only what is older than `bank_days` is a break.
"""

from escrow.break_kinds import BreakKind
from escrow.comparisons.comparison import Comparison

_SPAN = """
    SELECT currency, min(first_day) AS first_day, max(last_day) AS last_day FROM escrow_bankstatement
     WHERE book = %(book)s GROUP BY currency
"""
POSTED = """
    SELECT n.id AS entry_id, n.public_id, n.kind, n.reference, n.description, a.currency,
           (g.effective_at AT TIME ZONE 'UTC')::date AS day, sum(g.amount_minor)::bigint AS amount
      FROM ledger_account a JOIN ledger_posting g ON g.account_id = a.id JOIN ledger_entry n ON n.id = g.entry_id
     WHERE a.book = %(book)s AND a.code = 'bank:trust'
     GROUP BY n.id, n.public_id, n.kind, n.reference, n.description, a.currency, g.effective_at
    HAVING sum(g.amount_minor) <> 0
"""
"""What each entry moved on the trust account, with its day in UTC. Also what matching reads."""

LINES = Comparison(
    "every line of the bank is in the ledger",
    (BreakKind.BANK_LINE_UNMATCHED,),
    """
    SELECT 'BANK_LINE_UNMATCHED', s.public_id || '/' || l.number, 'book:' || s.book, 'bank:trust', s.currency,
           l.amount_minor, 0, left(l.day || ' ' || l.reference || ' ' || l.description, 300)
      FROM escrow_statementline l JOIN escrow_bankstatement s ON s.id = l.statement_id
     WHERE s.book = %(book)s AND l.day < %(today)s::date - %(bank_days)s::int
       AND NOT EXISTS (SELECT FROM escrow_linematch m WHERE m.line_id = l.id)
    """,
)

POSTINGS = Comparison(
    "every entry on the trust account is on a statement",
    (BreakKind.BANK_POSTING_UNMATCHED,),
    f"""
    WITH span AS ({_SPAN}), posted AS ({POSTED})
    SELECT 'BANK_POSTING_UNMATCHED', p.public_id, 'book:' || %(book)s, 'bank:trust', p.currency, 0, p.amount,
           left(p.day || ' ' || p.kind || ' ' || p.reference, 300)
      FROM posted p JOIN span s USING (currency)
     WHERE p.day >= s.first_day AND p.day < s.last_day - %(bank_days)s::int AND p.kind <> 'escrow.written_off'
       AND NOT EXISTS (SELECT FROM escrow_linematch m WHERE m.entry_id = p.entry_id)
    """,  # noqa: S608
)

# The ledger at the end of the newest statement's last day, less what the bank does not have yet, plus what the ledger
# does not have yet, is the closing balance. What was written off counts whenever it was posted; and an entry that was
# written off because the bank never had it is explained by its write-off.
BALANCE = Comparison(
    "ledger and bank explain each other's balance",
    (BreakKind.BANK_BALANCE_DIFFERS,),
    f"""
    WITH span AS ({_SPAN}), gone AS (
        SELECT subject FROM escrow_break
         WHERE book = %(book)s AND kind = 'BANK_POSTING_UNMATCHED' AND state = 'WRITTEN_OFF' AND entry_id <> ''
    ), posted AS MATERIALIZED (
        SELECT p.*, m.line_id, s.first_day, s.last_day,
               p.day <= s.last_day OR p.kind = 'escrow.written_off' AS counts,
               p.kind = 'escrow.written_off' OR g.subject IS NOT NULL AS is_written_off
          FROM ({POSTED}) p JOIN span s USING (currency)
          LEFT JOIN escrow_linematch m ON m.entry_id = p.entry_id
          LEFT JOIN gone g ON g.subject = p.public_id
    ), told AS (
        SELECT s.currency, s.last_day,
               coalesce(sum(p.amount) FILTER (WHERE p.counts AND (p.day < p.first_day OR p.line_id IS NOT NULL
                                                                  OR p.is_written_off)), 0) AS ledger
          FROM span s LEFT JOIN posted p USING (currency) GROUP BY 1, 2
    ), known AS (
        SELECT DISTINCT line_id FROM posted WHERE counts AND line_id IS NOT NULL
    ), ahead AS (
        SELECT s.currency, coalesce(sum(l.amount_minor), 0) AS lines
          FROM escrow_bankstatement s JOIN escrow_statementline l ON l.statement_id = s.id
          LEFT JOIN known k ON k.line_id = l.id
         WHERE s.book = %(book)s AND k.line_id IS NULL
         GROUP BY 1
    ), closing AS (
        SELECT DISTINCT ON (currency) currency, closing_minor FROM escrow_bankstatement
         WHERE book = %(book)s ORDER BY currency, last_day DESC
    )
    SELECT 'BANK_BALANCE_DIFFERS', 'book', 'book:' || %(book)s, 'bank:trust', t.currency, c.closing_minor,
           t.ledger + coalesce(a.lines, 0), 'end of ' || t.last_day
      FROM told t JOIN closing c USING (currency) LEFT JOIN ahead a USING (currency)
     WHERE c.closing_minor <> t.ledger + coalesce(a.lines, 0)
    """,  # noqa: S608
)

CONTINUITY = Comparison(
    "every statement begins with the balance the one before ended with",
    (BreakKind.STATEMENT_GAP,),
    """
    WITH ordered AS (
        SELECT s.*, lag(closing_minor) OVER w AS before FROM escrow_bankstatement s WHERE book = %(book)s
        WINDOW w AS (PARTITION BY currency ORDER BY last_day)
    )
    SELECT 'STATEMENT_GAP', public_id, 'book:' || book, 'bank:trust', currency, before, opening_minor, ''
      FROM ordered WHERE before <> opening_minor
    """,
)

FRESHNESS = Comparison(
    "the bank was heard of lately",
    (BreakKind.STATEMENT_OVERDUE,),
    f"""
    SELECT 'STATEMENT_OVERDUE', 'book', 'book:' || %(book)s, 'bank:trust', currency, NULL, NULL,
           'the last is of ' || last_day
      FROM ({_SPAN}) span WHERE last_day < %(today)s::date - %(statement_age_days)s::int
    """,  # noqa: S608
)

ALL = (LINES, POSTINGS, BALANCE, CONTINUITY, FRESHNESS)
