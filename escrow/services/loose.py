"""What of the bank and of the ledger has not found the other yet: the texts that every rule of matching begins with."""

from escrow.comparisons.bank import POSTED

# The bank may write in capitals and leave out what is no letter and no digit.
KEY = "upper(regexp_replace({0}, '[^A-Za-z0-9]', '', 'g'))"
POSTINGS = f"""
    posted AS MATERIALIZED (
        SELECT p.* FROM ({POSTED}) p WHERE p.kind <> 'escrow.written_off'
           AND NOT EXISTS (SELECT FROM escrow_linematch m WHERE m.entry_id = p.entry_id)
    )
"""  # noqa: S608
LOOSE = f"""
    loose AS MATERIALIZED (
        SELECT l.id AS line_id, l.day, l.amount_minor AS amount, s.currency, {KEY.format("l.reference")} AS key
          FROM escrow_statementline l JOIN escrow_bankstatement s ON s.id = l.statement_id
         WHERE s.book = %(book)s AND NOT EXISTS (SELECT FROM escrow_linematch m WHERE m.line_id = l.id)
    ), {POSTINGS}
"""  # noqa: S608
ANY_LOOSE = """
    SELECT 1 FROM escrow_statementline l JOIN escrow_bankstatement s ON s.id = l.statement_id
      LEFT JOIN escrow_linematch m ON m.line_id = l.id WHERE s.book = %(book)s AND m.id IS NULL LIMIT 1
"""
INSERT = "INSERT INTO escrow_linematch (line_id, entry_id, amount_minor, rule, matched_at)"
NEAR = "abs(p.day - l.day) <= %(bank_days)s::int"
