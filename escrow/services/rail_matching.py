"""Lines of the bank that are ACH entries: one by its trace, or a batch, a file, a file of returns, a day.

What settled goes by the day it settles on, what came back by the day it was received. The narrowest reading of a line
wins. By file and item the line has to name it, in its reference or its description; a day's sum needs no name.
"""

from escrow.services.loose import INSERT, KEY, LOOSE, NEAR, POSTINGS

_KINDS = "'payments.ach_settled', 'payments.ach_returned', 'payments.ach_in_suspense', 'payments.ach_suspense_resolved'"
# Keys are `ach:<entry or item>:<verb>`.
_THING = "split_part(n.idempotency_key, ':', 2)"
# A bank may leave the name's ending out.
_NAME = KEY.format("regexp_replace(f.name, '[.][^.]*$', '')")
_TEXT = KEY.format("t.reference || t.description")
_SAME = "way, owner, currency, day"


def _lots(grain: int, by: str, *, of: str = "cells", named: bool = True) -> str:
    names = "min(name)" if named else "''"
    return (
        f"SELECT {grain} AS grain, {names} AS name, {names} AS other, {names} AS third, currency, day,"  # noqa: S608
        f" sum(amount)::bigint AS amount, array_agg(cell) AS cells FROM {of} GROUP BY {by}"
    )


_LOTS = "\n        UNION ALL ".join(
    (
        "SELECT 1 AS grain, trace AS name, answer AS other, item AS third, currency, day, amount::bigint AS amount,"
        " ARRAY[cell] AS cells FROM cells WHERE way = 'BACK'",
        _lots(2, f"{_SAME}, source, batch, side"),
        _lots(3, f"{_SAME}, source, side"),
        _lots(4, f"{_SAME}, source"),
        _lots(5, f"{_SAME}, side", named=False),
        _lots(6, _SAME, named=False),
        _lots(7, "owner, currency, day", named=False),
    )
)

# A line takes its narrowest lot, a lot its nearest line; where lots overlap, the narrower one keeps its entries.
MATCH = f"""
    WITH {LOOSE}, rail AS (
        SELECT p.entry_id, p.amount, p.currency, p.kind, {_THING} AS thing
          FROM posted p JOIN ledger_entry n ON n.id = p.entry_id WHERE p.kind IN ({_KINDS})
    ), answer AS (
        SELECT i.public_id AS item, i.original_trace, i.trace, e.public_id AS entry, f.id AS source, {_NAME} AS name,
               f.originator_id, (f.received_at AT TIME ZONE 'UTC')::date AS day
          FROM ach_inbounditem i JOIN ach_inboundfile f ON f.id = i.file_id LEFT JOIN ach_entry e ON e.id = i.entry_id
         WHERE f.livemode = (%(book)s = 'live') AND i.kind IN ('RETURN', 'FORWARD') AND i.state <> 'READ'
    ), unit AS (
        SELECT r.entry_id, r.amount, r.currency, 'OUT' AS way, f.originator_id AS owner, f.id AS source,
               {_NAME} AS name, e.batch_number AS batch, e.direction AS side, e.settles_on AS day, '' AS item,
               '' AS trace, '' AS answer
          FROM rail r JOIN ach_entry e ON e.public_id = r.thing JOIN ach_file f ON f.id = e.file_id
         WHERE r.kind = 'payments.ach_settled'
        UNION ALL
        SELECT r.entry_id, r.amount, r.currency, 'BACK', a.originator_id, a.source, a.name, 0, '', a.day,
               {KEY.format("a.item")}, a.original_trace, a.trace
          FROM rail r JOIN answer a ON a.entry = r.thing WHERE r.kind = 'payments.ach_returned'
        UNION ALL
        SELECT r.entry_id, r.amount, r.currency, 'BACK', a.originator_id, a.source, a.name, 0, '', a.day,
               {KEY.format("a.item")}, a.original_trace, a.trace
          FROM rail r JOIN answer a ON a.item = r.thing
    ), cells AS MATERIALIZED (
        SELECT row_number() OVER () AS cell, way, owner, source, name, batch, item, trace, answer, currency, day,
               CASE WHEN way = 'OUT' THEN side WHEN sum(amount) < 0 THEN 'DEBIT' ELSE 'CREDIT' END AS side,
               sum(amount) AS amount, array_agg(entry_id) AS entries
          FROM unit GROUP BY way, owner, source, name, batch, side, item, trace, answer, currency, day
    ), lots AS (
        {_LOTS}
    ), named AS MATERIALIZED (
        SELECT row_number() OVER () AS lot, l.* FROM lots l WHERE amount <> 0
    ), near AS (
        SELECT l.line_id, p.lot, p.grain, abs(p.day - l.day) AS apart, p.cells
          FROM named p JOIN loose l USING (currency, amount) JOIN escrow_statementline t ON t.id = l.line_id
         WHERE {NEAR}
           AND (p.grain > 4 OR EXISTS (SELECT FROM unnest(ARRAY[p.name, p.other, p.third]) AS x(name)
                                        WHERE x.name <> '' AND position(x.name IN {_TEXT}) > 0))
    ), first AS (
        SELECT *, row_number() OVER (PARTITION BY line_id ORDER BY grain, apart, lot) AS nth FROM near
    ), taken AS (
        SELECT *, row_number() OVER (PARTITION BY lot ORDER BY apart, line_id) AS mth FROM first WHERE nth = 1
    ), claims AS (
        SELECT t.line_id, c.cell, rank() OVER (PARTITION BY c.cell ORDER BY t.grain, t.line_id) = 1 AS won
          FROM taken t CROSS JOIN LATERAL unnest(t.cells) AS c(cell) WHERE t.mth = 1
    ), kept AS (
        SELECT line_id FROM claims GROUP BY line_id HAVING bool_and(won)
    )
    {INSERT}
    SELECT k.line_id, u.entry_id, p.amount, 'RAIL', %(now)s
      FROM kept k JOIN claims c USING (line_id) JOIN cells USING (cell)
      CROSS JOIN LATERAL unnest(cells.entries) AS u(entry_id) JOIN posted p ON p.entry_id = u.entry_id
"""  # noqa: S608

# A bank that tells every entry by itself: its reference is the trace number of what settled.
BY_TRACE = f"""
    WITH {LOOSE}, near AS (
        SELECT l.line_id, p.entry_id, p.amount, abs(e.settles_on - l.day) AS apart
          FROM posted p JOIN ledger_entry n ON n.id = p.entry_id JOIN ach_entry e ON e.public_id = {_THING}
          JOIN loose l ON l.key = e.trace AND l.amount = p.amount AND l.currency = p.currency
         WHERE p.kind = 'payments.ach_settled' AND abs(e.settles_on - l.day) <= %(bank_days)s::int
    ), pairs AS (
        SELECT *, row_number() OVER (PARTITION BY line_id ORDER BY apart, entry_id) AS nth,
               row_number() OVER (PARTITION BY entry_id ORDER BY apart, line_id) AS mth FROM near
    )
    {INSERT} SELECT line_id, entry_id, amount, 'RAIL', %(now)s FROM pairs WHERE nth = 1 AND mth = 1
"""  # noqa: S608
ANY = "SELECT 1 FROM ledger_account WHERE book = %(book)s AND kind IN ('ach_clearing:in', 'ach_clearing:out') LIMIT 1"

# Once an item in suspense has its entry, what left suspense and what came back cancel out: at the bank nothing moved,
# so both belong to the line that the item was.
RESOLVED = f"""
    WITH {POSTINGS}, rail AS (
        SELECT p.entry_id, p.amount, p.kind, {_THING} AS thing
          FROM posted p JOIN ledger_entry n ON n.id = p.entry_id
         WHERE p.kind IN ('payments.ach_returned', 'payments.ach_suspense_resolved')
    ), pairs AS (
        SELECT m.line_id, out.entry_id AS left_id, back.entry_id AS back_id, back.amount
          FROM rail out JOIN ach_inbounditem i ON i.public_id = out.thing JOIN ach_entry e ON e.id = i.entry_id
          JOIN rail back ON back.thing = e.public_id AND back.kind = 'payments.ach_returned'
          JOIN ledger_entry s ON s.idempotency_key = 'ach:' || i.public_id || ':in_suspense' AND s.book = %(book)s
          JOIN escrow_linematch m ON m.entry_id = s.id
         WHERE out.kind = 'payments.ach_suspense_resolved' AND out.amount + back.amount = 0
    )
    {INSERT}
    SELECT line_id, left_id, -amount, 'RAIL', %(now)s FROM pairs
    UNION ALL SELECT line_id, back_id, amount, 'RAIL', %(now)s FROM pairs
"""  # noqa: S608
ANY_RESOLVED = "SELECT 1 FROM ach_inbounditem WHERE state = 'RESOLVED' AND entry_id IS NOT NULL LIMIT 1"
