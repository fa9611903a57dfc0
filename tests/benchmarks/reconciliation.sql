-- The bench's database is thrown away afterwards: this section is its last, and begins with nothing.
TRUNCATE escrow_escrow, ledger_entry, ledger_posting, ledger_account, ledger_balance, ledger_delta, ledger_seal,
    ledger_open_reservation, ledger_pending_leg, audit_entry, outbox_event CASCADE;

INSERT INTO compliance_party (party_id, livemode, type, created_at, updated_at)
SELECT name, false, type, now(), now()
  FROM (VALUES ('cus_reconciled', 'CUSTOMER'), ('prov_reconciled', 'PROVIDER')) AS p(name, type);

-- 500.00 each, paid by wire; of every second one 200.00 went to the payee.
CREATE TEMPORARY TABLE story ON COMMIT DROP AS
SELECT i::bigint AS i, 'ESC_1772463600000_' || lpad(i::text, 8, '0') AS escrow, i % 2 = 0 AS released,
       '2026-03-02 12:00+00'::timestamptz AS at
  FROM generate_series(1, %(size)s) AS i;

INSERT INTO escrow_escrow (id, public_id, account, livemode, status, payer_id, payee_id, booking_id, amount_minor,
    released_minor, refunded_minor, currency, funding_rail, funded_at, next_due_at, created_by, created_at, updated_at)
SELECT i, escrow, escrow, false, 'FUNDED', payer.id, payee.id, 'b' || i, 50000, CASE WHEN released THEN 20000 ELSE 0 END,
       0, 'USD', 'BANK', at, at + interval '14 days', 'bench', at, at
  FROM story, compliance_party payer, compliance_party payee
 WHERE payer.party_id = 'cus_reconciled' AND payee.party_id = 'prov_reconciled';
INSERT INTO escrow_part (id, escrow_id, number, parent_id, amount_minor, state, condition_id, created_at, settled_at)
SELECT i * 3, i, 1, NULL::bigint, 50000, CASE WHEN released THEN 'DIVIDED' ELSE 'HELD' END, '', at,
       CASE WHEN released THEN at END FROM story
UNION ALL SELECT i * 3 + 1, i, 2, i * 3, 20000, 'RELEASED', '', at, at FROM story WHERE released
UNION ALL SELECT i * 3 + 2, i, 3, i * 3, 30000, 'HELD', '', at, NULL FROM story WHERE released;
INSERT INTO escrow_movement (part_id, escrow_id, kind, amount_minor, entry_id, transaction_id, reference, by, reason, at)
SELECT i * 3 + 1, i, 'RELEASE', 20000, 'ent_r' || i, 'txn_' || i, '', 'bench', '', at FROM story WHERE released;
INSERT INTO escrow_timer (escrow_id, livemode, kind, key, due_at, state, created_at, outcome)
SELECT i, false, kind, '', at + interval '14 days', 'PENDING', at, ''
  FROM story, (VALUES ('AUTO_RELEASE'), ('AUTO_REFUND'), ('WARNING')) AS k(kind);

INSERT INTO ledger_account (id, book, code, currency, kind, sign, min_balance_minor, hot, one_currency, opened_at)
SELECT i, 'test', 'escrow_held:' || escrow, 'USD', 'escrow_held', -1, 0, false, true, at FROM story
UNION ALL SELECT 0, 'test', 'bank:trust', 'USD', 'bank:trust', 1, NULL, true, false, now()
UNION ALL SELECT -1, 'test', 'provider_payable:prov_reconciled', 'USD', 'provider_payable', -1, 0, false, false, now();
INSERT INTO ledger_balance (account_id, posted_minor, pending_in_minor, pending_out_minor, min_balance_minor, seq, head)
SELECT i, CASE WHEN released THEN 30000 ELSE 50000 END, 0, 0, 0, 1, sha256(i::text::bytea) FROM story
UNION ALL SELECT 0, %(size)s::bigint * 50000, 0, 0, NULL, 1, sha256('')
UNION ALL SELECT -1, %(size)s::bigint / 2 * 20000, 0, 0, 0, 1, sha256('');
INSERT INTO ledger_entry (id, public_id, book, phase, kind, reference, description, idempotency_key, request_hash,
    effective_at, posted_at)
SELECT i * 2, 'ent_f' || i, 'test', 'POSTED', 'escrow.funded_by_bank', escrow, 'pay_bench_' || i, 'f' || i, ''::bytea, at, at
  FROM story
UNION ALL SELECT i * 2 + 1, 'ent_r' || i, 'test', 'POSTED', 'escrow.released', escrow, '', 'r' || i, ''::bytea, at, at
  FROM story WHERE released;
INSERT INTO ledger_posting (entry_id, account_id, leg, amount_minor, currency, effective_at)
SELECT i * 2, 0, 1, 50000, 'USD', at FROM story
UNION ALL SELECT i * 2, i, 2, -50000, 'USD', at FROM story
UNION ALL SELECT i * 2 + 1, i, 1, 20000, 'USD', at FROM story WHERE released
UNION ALL SELECT i * 2 + 1, -1, 2, -20000, 'USD', at FROM story WHERE released;

INSERT INTO audit_entry (id, recorded_at, actor_kind, actor_id, action, subject, result, correlation_id, origin, details,
    hash_version, key_id, mac)
SELECT gen_random_uuid(), at, 'SYSTEM', 'bench', action, escrow, 'SUCCESS', '', '', '{}', 1, 'bench', ''::bytea
  FROM story, (VALUES ('escrow.escrow.funded'), ('escrow.escrow.released')) AS a(action)
 WHERE released OR action = 'escrow.escrow.funded';
INSERT INTO outbox_event (id, name, version, payload, correlation_id, published_at, relayed_at)
SELECT 'evt_' || kind || i, name, 1, jsonb_build_object('escrow_id', escrow), '', at, at
  FROM story, (VALUES ('f', 'escrow.escrow_funded'), ('r', 'escrow.escrow_released')) AS e(kind, name)
 WHERE released OR kind = 'f';
SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), %(size)s * 5 + 20);

-- The rail: as many credits of 1.00 in one file, settled; every tenth came back before that, every hundredth is away.
CREATE TEMPORARY TABLE rail ON COMMIT DROP AS
SELECT i::bigint AS i, 'ent_rail' || i AS entry, '2026-03-02 12:00+00'::timestamptz AS at,
       CASE WHEN i % 100 = 1 THEN 'ACKNOWLEDGED' WHEN i % 10 = 0 THEN 'RETURNED' ELSE 'SETTLED' END AS state
  FROM generate_series(1, %(size)s) AS i;
TRUNCATE ach_entry, ach_file, ach_batch, ach_cutoff, payments_booking CASCADE;
INSERT INTO ach_file (id, public_id, livemode, originator_id, cutoff_id, name, created_on, created_time, modifier, state,
    state_why, version, batches, entry_count, addenda_count, debit_minor, credit_minor, entry_hash, lines, size, sha256,
    content, approval_id, tries, remote_name, by_hand, created_at, built_at, delivered_at, acknowledged_at)
VALUES (1, 'file_rail', false, 1, 1, 'rail', '2026-03-02', '1200', 'A', 'ACKNOWLEDGED', '', 1, 1, %(size)s, 0, 0,
    %(size)s::bigint * 100, '', 0, 0, 'rail', '', '', 0, '', '', now(), now(), now(), now());
INSERT INTO ach_entry (id, public_id, livemode, originator_id, kind, reference, account_id, party_id, direction,
    amount_minor, currency, sec, transaction_code, payment_type, name, individual_id, description, addenda, priority,
    effective_on, due_at, state, state_why, file_id, batch_number, line, trace, filed_at, sent_at, settles_on, settled_at,
    return_code, returned_at, created_by, created_at)
SELECT i, entry, false, 1, 'PAYMENT', 'r' || i, 1, 1, 'CREDIT', 100, 'USD', 'PPD', '22', '', 'BENCH', '', 'PAYOUT', '',
       'STANDARD', '2026-03-02', at, state, '', 1, 1, i, lpad(i::text, 15, '0'), at, at, '2026-03-02',
       CASE state WHEN 'SETTLED' THEN at END, CASE state WHEN 'RETURNED' THEN 'R03' ELSE '' END,
       CASE state WHEN 'RETURNED' THEN at END, 'bench', at FROM rail;
INSERT INTO payments_booking (id, entry_id, livemode, direction, amount_minor, currency, owner, account, held_in, hold_id,
    sent_at, settled_at, returned_at, released_to, late_minor, created_at)
SELECT i, i, false, 'CREDIT', 100, 'USD', '', 'costs:bench', '', '', at, CASE state WHEN 'SETTLED' THEN at END,
       CASE state WHEN 'RETURNED' THEN at END, '', 0, at FROM rail;
INSERT INTO ledger_account (id, book, code, currency, kind, sign, min_balance_minor, hot, one_currency, opened_at)
VALUES (-2, 'test', 'ach_clearing:out', 'USD', 'ach_clearing:out', -1, NULL, true, false, now()),
       (-3, 'test', 'costs:bench', 'USD', 'costs', 1, NULL, true, false, now());
INSERT INTO ledger_balance (account_id, posted_minor, pending_in_minor, pending_out_minor, min_balance_minor, seq, head)
SELECT -2, count(*) * 100, 0, 0, NULL, 1, sha256('') FROM rail WHERE state = 'ACKNOWLEDGED';
INSERT INTO ledger_entry (id, public_id, book, phase, kind, reference, description, idempotency_key, request_hash,
    effective_at, posted_at)
SELECT %(size)s * 2 + 10 + i * 2 + n, 'ent_' || verb || i, 'test', 'POSTED', 'payments.ach_' || verb, 'r' || i, '',
       'ach:' || entry || ':' || verb, ''::bytea, at, at
  FROM rail, (VALUES (0, 'sent'), (1, 'settled'), (1, 'returned')) AS v(n, verb)
 WHERE verb = 'sent' OR upper(verb) = state;
INSERT INTO ledger_posting (entry_id, account_id, leg, amount_minor, currency, effective_at)
SELECT %(size)s * 2 + 10 + i * 2 + n, account, leg, amount, 'USD', at
  FROM rail, (VALUES (0, 'sent', -3, 1, 100), (0, 'sent', -2, 2, -100), (1, 'settled', -2, 1, 100),
                     (1, 'settled', 0, 2, -100), (1, 'returned', -2, 1, 100), (1, 'returned', -3, 2, -100))
       AS v(n, verb, account, leg, amount)
 WHERE verb = 'sent' OR upper(verb) = state;
UPDATE ledger_balance SET posted_minor = posted_minor + %(size)s::bigint * 100 WHERE account_id = 0;
INSERT INTO ach_batch (file_id, number, sec, description, descriptive_date, effective_on, service_class, entry_count,
    addenda_count, debit_minor, credit_minor, entry_hash)
VALUES (1, 1, 'PPD', 'PAYOUT', '', '2026-03-02', '220', %(size)s, 0, 0, %(size)s::bigint * 100, '');
