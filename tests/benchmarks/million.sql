-- The steps of tests/benchmarks/million.py in their order. %(name)s are its facts.

-- step: numbers
-- One row a payment, from which all other tables are written: everything follows from the number.
CREATE TEMPORARY TABLE story ON COMMIT DROP AS
SELECT i, livemode, CASE WHEN livemode THEN 'live' ELSE 'test' END AS book, at,
       'pay_' || (extract(epoch FROM at) * 1000)::bigint || '_' || lpad(i::text, 9, '0') AS payment_id,
       'txn_' || (extract(epoch FROM at) * 1000)::bigint || '_' || lpad(i::text, 9, '0') AS transaction_id,
       'ESC_' || (extract(epoch FROM at) * 1000)::bigint || '_' || lpad(i::text, 8, '0') AS escrow_id,
       1 + floor((CASE WHEN livemode THEN %(customers)s * 0.9 ELSE %(customers)s * 0.1 END) * u ^ 2.5)::bigint
         + CASE WHEN livemode THEN 0 ELSE (%(customers)s * 0.9)::bigint END AS customer,
       %(customers)s + 1 + floor((CASE WHEN livemode THEN %(providers)s * 0.9 ELSE %(providers)s * 0.1 END) * v ^ 1.5)::bigint
         + CASE WHEN livemode THEN 0 ELSE (%(providers)s * 0.9)::bigint END AS provider,
       amount, (amount * 800 + 5000) / 10000 AS fee,
       CASE WHEN age < 0.00002 THEN 'PROCESSING'
            WHEN age < 0.015 AND dice < 15 THEN 'PENDING'
            WHEN dice < 925 THEN 'COMPLETED' WHEN dice < 985 THEN 'FAILED' ELSE 'CANCELLED' END AS status,
       CASE WHEN dice BETWEEN 925 AND 954 THEN 750 WHEN dice < 40 THEN 310 + (i * 13 %% 380) ELSE i * 17 %% 300 END AS score,
       lpad((i * 48271 %% 10000)::text, 4, '0') AS last4
  FROM (SELECT i, i %% 10 <> 0 AS livemode, (i * 7919 %% 1000003) / 1000003.0 AS u, (i * 104729 %% 999983) / 999983.0 AS v,
               500 + i * 31 %% 99500 AS amount, i * 15485863 %% 1000 AS dice, 1 - i::numeric / %(size)s AS age,
               %(now)s::timestamptz - (1 - i::float8 / %(size)s) * %(days)s * interval '1 day' AS at
          FROM generate_series(1::bigint, %(size)s::bigint) AS i) AS numbers;

-- step: parties
INSERT INTO compliance_party (id, party_id, livemode, type, kind, first_name, last_name, email, created_at, updated_at)
SELECT i, CASE WHEN i <= %(customers)s THEN 'cus_bench_' ELSE 'prov_bench_' END || i,
       CASE WHEN i <= %(customers)s THEN i <= %(customers)s * 0.9 ELSE i - %(customers)s <= %(providers)s * 0.9 END,
       CASE WHEN i <= %(customers)s THEN 'CUSTOMER' ELSE 'PROVIDER' END, 'INDIVIDUAL', 'Robin', 'Number ' || i,
       'robin' || i || '@example.com', at, at
  FROM (SELECT i, %(now)s::timestamptz - (400 + i %% 300) * interval '1 day' AS at
          FROM generate_series(1, %(customers)s + %(providers)s) AS i) AS numbers;

-- step: assessments
INSERT INTO fraud_assessment (id, assessment_id, livemode, payment_id, transaction_id, customer_id, amount_minor,
    currency, inputs, features, thresholds, hits, not_evaluated, reason_codes, rule_set_version, base_score,
    approve_up_to, review_up_to, block_up_to, score, outcome, failure, evaluation_us, created_at)
SELECT i, 'asm_' || i, livemode, payment_id, transaction_id, 'cus_bench_' || customer, amount, 'USD',
       jsonb_build_object('amount_minor', amount, 'payer_id', 'cus_bench_' || customer), %(features)s::jsonb,
       '{"high_value_minor": 100000}', %(hits)s::jsonb, '{}', '{rule_new_customer}', 1, 125,
       300, 700, 900, score,
       CASE WHEN score <= 300 THEN 'APPROVE' WHEN score <= 700 THEN 'REVIEW' ELSE 'BLOCK' END, '', 900 + i %% 2000, at
  FROM story;

-- step: observations
INSERT INTO fraud_observation (payment_id, transaction_id, livemode, payer_id, payee_id, amount_minor, currency,
    payment_method, card_fingerprint, ip_address, device_id, outcome, at)
SELECT payment_id, transaction_id, livemode, 'cus_bench_' || customer, 'prov_bench_' || provider, amount, 'USD', 'card',
       'card_' || customer, ('10.0.' || (customer %% 200) || '.' || (customer %% 250))::inet, 'dev_' || customer,
       CASE status WHEN 'FAILED' THEN 'DECLINED' WHEN 'PENDING' THEN 'HELD' ELSE 'APPROVED' END, at
  FROM story;

-- step: cases
INSERT INTO fraud_reviewcase (case_id, livemode, subject, payment_id, transaction_id, assessment_id, payer_id, payee_id,
    amount_minor, currency, score, why, state, expected_loss_minor, priority, due_at, capture_deadline, next_action_at,
    claimed_by, decision, outcome, decision_reason, decided_by, decided_at, opened_at)
SELECT 'case_' || i, livemode, 'payment:' || payment_id, payment_id, transaction_id, i, 'cus_bench_' || customer,
       'prov_bench_' || provider, amount, 'USD', score, 'New customer with a high amount',
       CASE WHEN is_open THEN 'OPEN' ELSE 'DECIDED' END, amount * 15 / 100,
       log(2, greatest(amount * 15 / 100, 1)::numeric)::float8 - (i %% 5 + 1) * 23 / 24.0,
       CASE WHEN is_open THEN %(now)s + (i %% 5 + 1) * interval '23 hours' ELSE at + interval '5 days' END,
       CASE WHEN is_open THEN %(now)s + (i %% 5 + 1) * interval '1 day' ELSE at + interval '6 days' END,
       CASE WHEN is_open THEN %(now)s + (i %% 5 + 1) * interval '23 hours' ELSE at + interval '5 days' END, '',
       CASE WHEN is_open THEN '' WHEN status = 'COMPLETED' THEN 'APPROVE' ELSE 'DECLINE' END,
       CASE WHEN is_open THEN '' WHEN status = 'COMPLETED' THEN 'GENUINE' ELSE 'SUSPECTED_FRAUD' END,
       CASE WHEN is_open THEN '' ELSE 'The buyer answered the telephone.' END,
       CASE WHEN is_open THEN '' ELSE 'STAFF:fraud.analyst@holdfast.example' END,
       CASE WHEN is_open THEN NULL ELSE at + interval '3 hours' END, at
  FROM (SELECT *, status = 'PENDING' AS is_open FROM story) AS told WHERE is_open OR score BETWEEN 301 AND 700;

-- step: payments
INSERT INTO payments_payment (id, public_id, transaction_id, livemode, status, step, amount_minor, currency,
    fee_basis_points, fee_minor, net_minor, refunded_minor, refunded_fee_minor, disputed_minor, disputed_fee_minor, customer_id, provider_id,
    booking_id, service_id, escrow_id, payment_method, metadata, card_token, card_brand, card_last4, gateway, network_id,
    assessment_id, fraud_score, fraud_outcome, fraud_recommendation, compliance_flags, client, failure_code, void_reason,
    ledger_hold, capture_deadline, resume_at, claim_id, created_by, request_id, created_at, updated_at, captured_at,
    settled_at)
SELECT i, payment_id, transaction_id, livemode, status,
       CASE status WHEN 'PROCESSING' THEN 'CAPTURE' WHEN 'PENDING' THEN 'HOLD' ELSE 'DONE' END,
       amount, 'USD', 800, fee, amount - fee, CASE WHEN is_refunded THEN amount - fee ELSE 0 END, 0, 0, 0, customer, provider,
       'book_' || i, '', CASE WHEN status = 'COMPLETED' AND i %% 2 = 0 THEN escrow_id END, 'card',
       jsonb_build_object('order', i::text), 'tok_bench_' || customer, 'visa', last4, 'sandbox', 'net_' || i, i, score,
       CASE WHEN score <= 300 THEN 'APPROVE' WHEN score <= 700 THEN 'REVIEW' ELSE 'BLOCK' END,
       CASE WHEN score <= 300 THEN 'APPROVE' WHEN score <= 700 THEN 'REVIEW' ELSE 'BLOCK' END, '[]',
       '{"first6": "424242", "ip": "192.0.2.1"}',
       CASE WHEN status = 'FAILED' THEN CASE WHEN score > 700 THEN 'FRAUD_DETECTION_BLOCK' ELSE 'CARD_DECLINED' END ELSE '' END,
       '', '', CASE WHEN status = 'PENDING' THEN %(now)s + (i %% 5 + 1) * interval '1 day' END,
       CASE WHEN status = 'PROCESSING' THEN %(now)s + interval '1 day' END, i, 'API_KEY:key_bench', 'req_bench_' || i,
       at, at, CASE WHEN status = 'COMPLETED' THEN at + interval '1 second' END,
       CASE WHEN status = 'COMPLETED' AND at < %(now)s - interval '2 days' THEN at + interval '1 day' END
  FROM (SELECT *, status = 'COMPLETED' AND i %% 25 = 0 AS is_refunded FROM story) AS told;

-- step: refunds
INSERT INTO payments_refund (public_id, payment_id, livemode, status, amount_minor, fee_minor, net_minor, currency, reason,
    network_id, failure_code, reserve_entry, tries, stranded, created_by, request_id, created_at, completed_at, settled_at)
SELECT 'ref_bench_' || i, i, livemode, 'COMPLETED', amount - fee, 0, amount - fee, 'USD', 'requested_by_customer',
       'net_r' || i, '', '', 1, false, 'API_KEY:key_bench', 'req_bench_' || i, at + interval '1 day', at + interval '1 day',
       at + interval '2 days'
  FROM story WHERE status = 'COMPLETED' AND i %% 25 = 0;

-- step: attempts
INSERT INTO payments_gatewayattempt (payment_id, reference, operation, outcome, code, duration_ms, at)
SELECT i, payment_id, CASE WHEN status = 'PENDING' THEN 'AUTHORISE' ELSE 'CHARGE' END,
       CASE WHEN status = 'FAILED' THEN 'DECLINED' ELSE 'APPROVED' END, '', 20 + i %% 90, at
  FROM story WHERE score <= 700;

-- step: escrows
INSERT INTO escrow_escrow (public_id, account, livemode, status, payment_id, payer_id, payee_id, booking_id, amount_minor,
    released_minor, refunded_minor, currency, funding_rail, funded_at, available_at, created_at, updated_at, closed_at)
SELECT escrow_id, escrow_id, livemode, CASE WHEN is_old THEN 'RELEASED' ELSE 'FUNDED' END, i, customer, provider,
       'book_' || i, amount - fee, CASE WHEN is_old THEN amount - fee ELSE 0 END, 0, 'USD', 'CARD', at,
       at + interval '72 hours', at, at, CASE WHEN is_old THEN at + interval '30 days' END
  FROM (SELECT *, at < %(now)s - interval '45 days' AS is_old FROM story) AS told
 WHERE status = 'COMPLETED' AND i %% 2 = 0;

-- step: parts
INSERT INTO escrow_part (escrow_id, number, amount_minor, state, condition_id, created_at, settled_at)
SELECT id, 1, amount_minor, CASE status WHEN 'RELEASED' THEN 'RELEASED' ELSE 'HELD' END, '', created_at, closed_at
  FROM escrow_escrow;

-- step: movements
INSERT INTO escrow_movement (part_id, escrow_id, kind, amount_minor, entry_id, transaction_id, reference, by, reason, at)
SELECT p.id, e.id, 'RELEASE', e.amount_minor, 'ent_bench_r' || e.payment_id, 'txn_bench_' || e.payment_id, '',
       'SYSTEM:holdfast', 'by the terms, at their hour', e.closed_at
  FROM escrow_escrow AS e JOIN escrow_part AS p ON p.escrow_id = e.id
 WHERE e.status = 'RELEASED';

-- step: accounts
-- Numbers of accounts: 1 to 6 what all share, then providers, then escrows.
INSERT INTO ledger_account (id, book, code, currency, kind, sign, min_balance_minor, hot, one_currency, opened_at)
SELECT wanted.id, wanted.book, wanted.code, 'USD', k.prefix, k.sign, k.min_balance_minor, k.hot, k.one_currency, wanted.at
  FROM (SELECT row_number() OVER () AS id, book, code, code AS kind, %(now)s::timestamptz - interval '400 days' AS at
          FROM (VALUES ('live'), ('test')) AS books(book),
               (VALUES ('acquirer_receivable'), ('fees:platform'), ('bank:trust')) AS codes(code)
        UNION ALL
        SELECT 10 + id, CASE WHEN livemode THEN 'live' ELSE 'test' END, 'provider_payable:' || party_id,
               'provider_payable', created_at FROM compliance_party WHERE type = 'PROVIDER'
        UNION ALL
        SELECT 1000000 + i, book, 'escrow_held:' || escrow_id, 'escrow_held', at
          FROM story WHERE status = 'COMPLETED' AND i %% 2 = 0) AS wanted
  JOIN ledger_account_kind AS k ON k.prefix = wanted.kind;

-- step: entries
INSERT INTO ledger_entry (id, public_id, book, phase, kind, reference, description, idempotency_key, request_hash,
    effective_at, posted_at)
SELECT i, 'ent_bench_' || i, book, 'POSTED', 'payment.captured', payment_id, '', 'capture:' || payment_id,
       decode(md5(i::text) || md5(i::text), 'hex'), at, at
  FROM story WHERE status = 'COMPLETED'
UNION ALL
SELECT 5000000 + i, 'ent_bench_r' || i, book, 'POSTED', 'escrow.released', escrow_id, '', 'release:' || escrow_id,
       decode(md5('r' || i) || md5('r' || i), 'hex'), at + interval '30 days', at + interval '30 days'
  FROM story WHERE status = 'COMPLETED' AND i %% 2 = 0 AND at < %(now)s - interval '45 days';

-- step: postings
INSERT INTO ledger_posting (entry_id, account_id, leg, amount_minor, currency, effective_at)
SELECT i, leg.account, leg.number, leg.amount, 'USD', at
  FROM story
  JOIN ledger_account AS owed ON owed.code = 'acquirer_receivable' AND owed.book = story.book
  JOIN ledger_account AS fees ON fees.code = 'fees:platform' AND fees.book = story.book,
       LATERAL (VALUES (1, owed.id, amount),
                       (2, CASE WHEN i %% 2 = 0 THEN 1000000 + i ELSE 10 + provider END, fee - amount),
                       (3, fees.id, -fee)) AS leg(number, account, amount)
 WHERE status = 'COMPLETED'
UNION ALL
SELECT 5000000 + i, leg.account, leg.number, leg.amount, 'USD', at + interval '30 days'
  FROM story, LATERAL (VALUES (1, 1000000 + i, amount - fee), (2, 10 + provider, fee - amount)) AS leg(number, account, amount)
 WHERE status = 'COMPLETED' AND i %% 2 = 0 AND at < %(now)s - interval '45 days';

-- step: balances
INSERT INTO ledger_balance (account_id, posted_minor, pending_in_minor, pending_out_minor, min_balance_minor, seq, head)
SELECT a.id, coalesce(a.sign * p.total, 0), 0, 0, a.min_balance_minor, coalesce(p.legs, 0), decode(repeat('00', 32), 'hex')
  FROM ledger_account AS a
  LEFT JOIN (SELECT account_id, sum(amount_minor) AS total, count(*) AS legs FROM ledger_posting GROUP BY 1) AS p
    ON p.account_id = a.id;

-- step: requests
INSERT INTO idempotency_idempotentrequest (id, caller, key, operation, request_hash, status, recovery_point, resource_id,
    lease_until, response_status, response_body, created_at, finished_at)
SELECT i, 'marketplace:' || book, 'order-' || i, 'payments.create', decode(md5(i::text) || md5(i::text), 'hex'), 'FINISHED',
       'DONE', payment_id, at, 201, '{"paymentId": "' || payment_id || '"}', at, at
  FROM story;

-- step: audit
INSERT INTO audit_entry (id, recorded_at, actor_kind, actor_id, action, subject, result, correlation_id, origin, details,
    hash_version, key_id, mac)
SELECT (substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, at,
       CASE WHEN i %% 20 = 0 THEN 'STAFF' ELSE 'API_KEY' END,
       CASE WHEN i %% 20 = 0 THEN 'analyst' || (i %% 400) || '@holdfast.example' ELSE 'key_bench' END,
       'payments.payment.' || lower(status), payment_id, CASE WHEN status = 'FAILED' THEN 'FAILURE' ELSE 'SUCCESS' END,
       'req_bench_' || i, '192.0.2.1', '{"amount":' || amount || '}', 1, 'bench', decode(repeat('00', 32), 'hex')
  FROM (SELECT *, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS stamp FROM story) AS told;

-- step: links
INSERT INTO audit_link (seq, entry_id, sealed_at, previous_hash, hash, hash_version, key_id)
SELECT row_number() OVER (ORDER BY id), id, recorded_at, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'),
       1, 'bench'
  FROM audit_entry;

-- step: events
-- Only what the retention of delivered events leaves.
INSERT INTO outbox_event (id, name, version, payload, correlation_id, published_at, relayed_at)
SELECT 'evt_bench_' || lpad(i::text, 9, '0'), 'payments.payment_' || lower(status), 1, '{}', 'req_bench_' || i, at, at
  FROM story WHERE i > %(size)s * 0.9;

-- step: deliveries
INSERT INTO outbox_delivery (event_id, handler, state, attempts, due_at, last_error, created_at, finished_at)
SELECT 'evt_bench_' || lpad(i::text, 9, '0'), 'escrow.handlers.fund', 'DONE', 1, at, '', at, at
  FROM story WHERE i > %(size)s * 0.9;

-- step: deltas
-- What the roll-up has not yet added of hot accounts: the last seconds, a few hundred movements.
WITH moved AS (
    INSERT INTO ledger_delta (account_id, entry_id, posted_minor, pending_in_minor, pending_out_minor)
    SELECT a.id, p.entry_id, a.sign * p.amount_minor, 0, 0
      FROM ledger_account AS a
      JOIN LATERAL (SELECT * FROM ledger_posting WHERE account_id = a.id ORDER BY effective_at DESC, id DESC LIMIT 200) AS p
        ON true WHERE a.hot
    RETURNING account_id, posted_minor)
UPDATE ledger_balance AS b SET posted_minor = b.posted_minor - m.total
  FROM (SELECT account_id, sum(posted_minor) AS total FROM moved GROUP BY 1) AS m WHERE m.account_id = b.account_id;
