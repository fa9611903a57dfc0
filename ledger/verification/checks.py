"""Each check is one statement that returns what is wrong: subject, what it should be, what it is. No rows: proved.

`ledger_request_hash`, `ledger_movement_digest` and `ledger_chain_next` give the canonical bytes; everything else is
told again here, differently from the writer.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`name` says what must be true; `counted` is the table whose rows it goes through."""

    name: str
    counted: str
    sql: str


ENTRIES_BALANCE = Check(
    "every entry balances in every currency",
    "ledger_posting",
    """
    SELECT 'entry ' || coalesce(e.public_id, '#' || bad.entry_id), '0 ' || bad.currency, bad.total::text
      FROM (SELECT entry_id, currency, sum(amount_minor) AS total FROM ledger_posting
             GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0) bad
      LEFT JOIN ledger_entry e ON e.id = bad.entry_id ORDER BY bad.entry_id
    """,
)

REFERENCES_HOLD = Check(
    "every leg has its entry and an account of its book and currency",
    "ledger_posting",
    """
    SELECT l.kind || ' ' || l.id, 'an entry of the phase and an account of its book and currency',
           'entry ' || coalesce(e.public_id, '#' || l.entry_id || ' missing') || ', account '
           || coalesce(a.code, '#' || l.account_id || ' missing')
      FROM (SELECT 'posting' AS kind, id, entry_id, account_id, currency FROM ledger_posting
            UNION ALL SELECT 'pending leg', id, entry_id, account_id, currency FROM ledger_pending_leg) l
      LEFT JOIN ledger_entry e ON e.id = l.entry_id
      LEFT JOIN ledger_account a ON a.id = l.account_id
     WHERE e.id IS NULL OR a.id IS NULL OR a.currency <> l.currency OR a.book <> e.book
        OR (l.kind = 'posting') <> (e.phase = 'POSTED') OR e.phase = 'VOID'
     ORDER BY l.kind, l.id
    """,
)

ENTRIES_ARE_WHOLE = Check(
    "every entry has its legs, numbered without a gap, and says what was asked",
    "ledger_entry",
    """
    SELECT 'entry ' || e.public_id,
           CASE WHEN l.count_matches IS TRUE OR (e.phase = 'VOID' AND l.entry_id IS NULL)
                THEN 'the request that was hashed' ELSE 'legs of a ' || e.phase || ' entry' END,
           coalesce(l.n, 0) || ' legs'
      FROM ledger_entry e
      LEFT JOIN (
            SELECT g.entry_id, count(*) AS n, array_agg(a.code::text ORDER BY g.leg) AS accounts,
                   array_agg(g.currency::text ORDER BY g.leg) AS currencies,
                   array_agg(g.amount_minor ORDER BY g.leg) AS amounts,
                   count(*) = max(g.leg) AND count(DISTINCT g.leg) = count(*) AND min(g.leg) = 1 AS count_matches
              FROM (SELECT entry_id, account_id, leg, currency, amount_minor FROM ledger_posting
                    UNION ALL
                    SELECT entry_id, account_id, leg, currency, amount_minor FROM ledger_pending_leg) g
              JOIN ledger_account a ON a.id = g.account_id
             GROUP BY g.entry_id) l ON l.entry_id = e.id
      LEFT JOIN ledger_entry reversed ON reversed.id = e.reverses_id
      LEFT JOIN ledger_entry settled ON settled.id = e.settles_id
     WHERE (e.reverses_id IS NOT NULL AND reversed.id IS NULL) OR (e.settles_id IS NOT NULL AND settled.id IS NULL)
        OR coalesce(l.n, 0) < (CASE e.phase WHEN 'VOID' THEN 0 WHEN 'HOLD' THEN 1 ELSE 2 END)
        OR l.count_matches IS FALSE
        OR e.request_hash <> ledger_request_hash(e.phase, e.kind, e.reference, e.description, reversed.public_id,
                                                 settled.public_id, l.accounts, l.currencies, l.amounts)
     ORDER BY e.id
    """,
)

BALANCES_MATCH = Check(
    "every balance is the sum of its postings and of its open reservations",
    "ledger_balance",
    """
    WITH posted AS (
        SELECT account_id, sum(amount_minor) AS amount FROM ledger_posting GROUP BY account_id
    ), reserved AS (
        SELECT l.account_id, sum(greatest(a.sign * l.amount_minor, 0)) AS pending_in,
               sum(greatest(-a.sign * l.amount_minor, 0)) AS pending_out
          FROM ledger_pending_leg l JOIN ledger_account a ON a.id = l.account_id
         WHERE NOT EXISTS (SELECT FROM ledger_entry s WHERE s.settles_id = l.entry_id)
         GROUP BY l.account_id
    ), waiting AS (
        SELECT account_id, sum(posted_minor) AS posted, sum(pending_in_minor) AS pending_in,
               sum(pending_out_minor) AS pending_out
          FROM ledger_delta GROUP BY account_id
    ), compared AS (
        SELECT a.id, a.book, a.code, a.currency,
               ROW(a.sign * coalesce(p.amount, 0), coalesce(r.pending_in, 0), coalesce(r.pending_out, 0))::text AS told,
               ROW(b.posted_minor + coalesce(w.posted, 0), b.pending_in_minor + coalesce(w.pending_in, 0),
                   b.pending_out_minor + coalesce(w.pending_out, 0))::text AS kept
          FROM ledger_account a
          LEFT JOIN ledger_balance b ON b.account_id = a.id
          LEFT JOIN posted p ON p.account_id = a.id
          LEFT JOIN reserved r ON r.account_id = a.id
          LEFT JOIN waiting w ON w.account_id = a.id)
    SELECT 'account ' || code || ' ' || currency || ' (' || book || ')', 'posted, in, out ' || told,
           coalesce(kept, 'no balance row')
      FROM compared WHERE kept IS DISTINCT FROM told ORDER BY id
    """,
)

FLOORS_HOLD = Check(
    "no account is below its floor, and every account has the rules of the chart",
    "ledger_account",
    """
    SELECT 'account ' || a.code || ' ' || a.currency || ' (' || a.book || ')',
           'at least ' || coalesce(k.min_balance_minor::text, 'anything') || ', rules of ' || a.kind,
           coalesce((b.posted_minor + coalesce(d.amount, 0) - b.pending_out_minor)::text, 'no balance row')
      FROM ledger_account a
      LEFT JOIN ledger_account_kind k ON k.prefix = a.kind
      LEFT JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN (SELECT account_id, sum(posted_minor - pending_out_minor) AS amount FROM ledger_delta GROUP BY 1) d
        ON d.account_id = a.id
     WHERE k.prefix IS NULL OR b.account_id IS NULL
        OR ROW(a.sign, a.min_balance_minor, a.hot) IS DISTINCT FROM ROW(k.sign, k.min_balance_minor, k.hot)
        OR b.min_balance_minor IS DISTINCT FROM k.min_balance_minor
        OR b.posted_minor + coalesce(d.amount, 0) - b.pending_out_minor < k.min_balance_minor
     ORDER BY a.id
    """,
)

# A link is one entry's movement on a normal account, or one seal of a hot account (many movements, by entry number).
CHAINS_HOLD = Check(
    "every account's hash chain runs unbroken to its head",
    "ledger_posting",
    """
    WITH movements AS MATERIALIZED (
        SELECT p.account_id, p.entry_id, min(p.account_seq) AS seq, min(p.head) AS head,
               count(DISTINCT p.head) > 1 AS torn,
               ledger_movement_digest(p.account_id, min(e.request_hash), min(e.public_id), min(e.effective_at),
                                      min(e.posted_at), string_agg(int8send(p.amount_minor), ''::bytea ORDER BY p.leg))
                   AS digest
          FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
         GROUP BY p.account_id, p.entry_id
    ), sealed AS (
        SELECT s.account_id, s.seq, s.head, s.id AS seal_id, member.entry_id, m.digest
          FROM ledger_seal s CROSS JOIN LATERAL unnest(s.entry_ids) member(entry_id)
          LEFT JOIN movements m ON m.account_id = s.account_id AND m.entry_id = member.entry_id AND m.seq IS NULL
    ), links AS (
        SELECT account_id, seq, head, digest AS content, torn AS broken FROM movements WHERE seq IS NOT NULL
        UNION ALL
        SELECT account_id, seq, head, string_agg(digest, ''::bytea ORDER BY entry_id), bool_or(digest IS NULL)
          FROM sealed GROUP BY account_id, seal_id, seq, head
    ), chained AS (
        SELECT l.*, row_number() OVER w AS place, lag(l.head) OVER w AS before,
               lead(l.seq) OVER w IS NULL AS is_last
          FROM links l WINDOW w AS (PARTITION BY l.account_id ORDER BY l.seq)
    ), loose AS (
        SELECT account_id, count(*) AS n FROM (
            SELECT account_id, entry_id FROM movements WHERE seq IS NULL
            EXCEPT ALL (SELECT account_id, entry_id FROM sealed
                        UNION ALL SELECT account_id, entry_id FROM ledger_delta WHERE digest IS NOT NULL)) x
         GROUP BY account_id
    ), wrong AS (
        SELECT c.account_id, c.place AS at, 'link ' || c.place AS expected,
               CASE WHEN c.seq <> c.place THEN 'link ' || c.seq WHEN c.broken THEN 'a link with missing movements'
                    WHEN c.is_last AND c.head = b.head AND c.seq <> b.seq THEN 'the chain ends elsewhere'
                    ELSE 'another content or head' END AS found
          FROM chained c
          JOIN ledger_account a ON a.id = c.account_id
          LEFT JOIN ledger_balance b ON b.account_id = c.account_id
         WHERE c.seq <> c.place OR c.broken OR c.content IS NULL
            OR c.head IS DISTINCT FROM
               ledger_chain_next(coalesce(c.before, ledger_chain_start(a.book, a.code, a.currency)), c.seq, c.content)
            OR (c.is_last AND ROW(c.seq, c.head) IS DISTINCT FROM ROW(b.seq, b.head))
        UNION ALL
        SELECT b.account_id, 0, 'an empty chain', 'links up to ' || b.seq FROM ledger_balance b
          JOIN ledger_account a ON a.id = b.account_id
         WHERE NOT EXISTS (SELECT FROM links l WHERE l.account_id = b.account_id)
           AND (b.seq <> 0 OR b.head <> ledger_chain_start(a.book, a.code, a.currency))
        UNION ALL
        SELECT account_id, 0, 'every movement sealed or waiting', n || ' in no link' FROM loose
    )
    SELECT 'account ' || a.code || ' ' || a.currency || ' (' || a.book || ')', w.expected, w.found
      FROM wrong w JOIN ledger_account a ON a.id = w.account_id ORDER BY w.account_id, w.at
    """,
)

RESERVATIONS_ARE_OPEN = Check(
    "the open reservations are those nobody settled",
    "ledger_open_reservation",
    """
    SELECT 'entry ' || coalesce(e.public_id, '#' || coalesce(o.entry_id, e.id)),
           CASE WHEN e.id IS NULL THEN 'closed' ELSE 'open' END,
           CASE WHEN o.entry_id IS NULL THEN 'closed' ELSE 'open' END
      FROM (SELECT e.id, e.public_id FROM ledger_entry e WHERE e.phase IN ('PENDING', 'HOLD')
               AND NOT EXISTS (SELECT FROM ledger_entry s WHERE s.settles_id = e.id)) e
      FULL JOIN ledger_open_reservation o ON o.entry_id = e.id
     WHERE e.id IS NULL OR o.entry_id IS NULL
    """,
)

TRIAL_BALANCE_IS_ZERO = Check(
    "the trial balance of every book and currency is zero",
    "ledger_balance",
    """
    SELECT 'book ' || a.book || ', ' || a.currency, '0', sum(a.sign * (b.posted_minor + coalesce(d.amount, 0)))::text
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN (SELECT account_id, sum(posted_minor) AS amount FROM ledger_delta GROUP BY 1) d ON d.account_id = a.id
     GROUP BY a.book, a.currency HAVING sum(a.sign * (b.posted_minor + coalesce(d.amount, 0))) <> 0
     ORDER BY a.book, a.currency
    """,
)

ALL = (
    ENTRIES_BALANCE,
    REFERENCES_HOLD,
    ENTRIES_ARE_WHOLE,
    BALANCES_MATCH,
    FLOORS_HOLD,
    CHAINS_HOLD,
    RESERVATIONS_ARE_OPEN,
    TRIAL_BALANCE_IS_ZERO,
)
