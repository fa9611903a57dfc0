-- Opens what a call needs and nobody opened yet, in the order of the codes so that two calls never wait in a circle.
CREATE FUNCTION ledger_open_accounts(p_book text, p_accounts text[], p_currencies text[], p_now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_row record;
BEGIN
    FOR v_row IN
        SELECT DISTINCT u.account COLLATE "C" AS account, u.currency COLLATE "C" AS currency
          FROM unnest(p_accounts, p_currencies) u(account, currency)
         WHERE NOT EXISTS (SELECT FROM ledger_account a
                            WHERE a.book = p_book AND a.code = u.account AND a.currency = u.currency)
         ORDER BY 1, 2
    LOOP
        PERFORM ledger_open_account(p_book, v_row.account, v_row.currency, p_now);
    END LOOP;
END $$;

-- A capture takes no more than was reserved, on the same side. Of a PENDING entry it touches nothing else; of a HOLD
-- it must touch the held account and may send the money anywhere.
CREATE FUNCTION ledger_require_within(
    p_parent bigint, p_closed boolean, p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT a.code, g.currency, sum(g.amount_minor) AS amount
                       FROM ledger_pending_leg g JOIN ledger_account a ON a.id = g.account_id
                      WHERE g.entry_id = p_parent GROUP BY 1, 2) reserved
          FULL JOIN (SELECT u.account, u.currency, sum(u.amount) AS amount
                       FROM unnest(p_accounts, p_currencies, p_amounts) u(account, currency, amount)
                      GROUP BY 1, 2) taken ON taken.account = reserved.code AND taken.currency = reserved.currency
         WHERE (reserved.code IS NULL AND p_closed)
            OR (reserved.code IS NOT NULL AND taken.account IS NULL AND NOT p_closed)
            OR (reserved.code IS NOT NULL AND taken.account IS NOT NULL
                AND (sign(taken.amount) <> sign(reserved.amount) OR abs(taken.amount) > abs(reserved.amount)))
    ) THEN
        RAISE EXCEPTION 'more than reserved' USING ERRCODE = 'HF114', CONSTRAINT = 'capture_is_within_the_reservation';
    END IF;
END $$;

-- One entry. Not callable by the application: ledger_post is the door.
CREATE FUNCTION ledger_post_one(
    p_book text, p_public_id text, p_phase text, p_kind text, p_reference text, p_key text, p_description text,
    p_effective_at timestamptz, p_expires_at timestamptz, p_reverses text, p_settles text, p_now timestamptz,
    p_accounts text[], p_currencies text[], p_amounts bigint[],
    OUT entry text, OUT replayed boolean
) LANGUAGE plpgsql AS $$
DECLARE
    leg_limit CONSTANT bigint := 1000000000000000;
    v_parent ledger_entry;           -- the entry this one reverses or settles
    v_reserved_accounts bigint[];    -- what a settlement gives back
    v_reserved_amounts bigint[];
    v_hash bytea;
    v_legs text;
    v_balanced boolean;
    v_valid boolean;
    v_id bigint;
    v_old_hash bytea;
    v_content bytea;
    v_seq bigint;
    v_head bytea;
    v_row record;
    o_account bigint[]; o_leg int[]; o_amount bigint[]; o_currency text[]; o_seq bigint[]; o_head bytea[];
    d_account bigint[]; d_posted bigint[]; d_in bigint[]; d_out bigint[]; d_digest bytea[];
    v_missing boolean;
    v_count int;
BEGIN
    IF p_reverses IS NOT NULL OR p_settles IS NOT NULL THEN
        SELECT * INTO v_parent FROM ledger_entry e WHERE e.public_id = coalesce(p_reverses, p_settles)
           AND (p_book IS NULL OR e.book = p_book);
        IF v_parent.id IS NULL THEN
            RAISE EXCEPTION 'no such entry' USING ERRCODE = 'HF109', CONSTRAINT = 'entry_exists';
        END IF;
        p_book := v_parent.book;
        p_kind := coalesce(p_kind, v_parent.kind);
        p_reference := coalesce(p_reference, v_parent.reference);
        IF p_reverses IS NOT NULL THEN
            IF v_parent.phase <> 'POSTED' OR v_parent.reverses_id IS NOT NULL THEN
                RAISE EXCEPTION 'not reversible' USING ERRCODE = 'HF111', CONSTRAINT = 'entry_is_reversible';
            END IF;
            SELECT array_agg(a.code ORDER BY g.leg), array_agg(g.currency ORDER BY g.leg),
                   array_agg(-g.amount_minor ORDER BY g.leg)
              INTO p_accounts, p_currencies, p_amounts
              FROM ledger_posting g JOIN ledger_account a ON a.id = g.account_id WHERE g.entry_id = v_parent.id;
        ELSE
            IF v_parent.phase NOT IN ('PENDING', 'HOLD') THEN
                RAISE EXCEPTION 'no reservation' USING ERRCODE = 'HF117', CONSTRAINT = 'only_a_reservation_is_settled';
            END IF;
            SELECT array_agg(g.account_id ORDER BY g.leg), array_agg(g.amount_minor ORDER BY g.leg)
              INTO v_reserved_accounts, v_reserved_amounts
              FROM ledger_pending_leg g WHERE g.entry_id = v_parent.id;
            IF p_phase = 'POSTED' AND coalesce(cardinality(p_accounts), 0) = 0 AND v_parent.phase = 'PENDING' THEN
                SELECT array_agg(a.code ORDER BY g.leg), array_agg(g.currency ORDER BY g.leg),
                       array_agg(g.amount_minor ORDER BY g.leg)
                  INTO p_accounts, p_currencies, p_amounts
                  FROM ledger_pending_leg g JOIN ledger_account a ON a.id = g.account_id
                 WHERE g.entry_id = v_parent.id;
            END IF;
        END IF;
    END IF;

    SELECT string_agg(c.legs, '' ORDER BY c.currency COLLATE "C"), bool_and(c.total = 0), bool_and(c.valid)
      INTO v_legs, v_balanced, v_valid
      FROM (SELECT u.currency, sum(u.amount) AS total,
                   bool_and(u.amount <> 0 AND u.amount BETWEEN -leg_limit AND leg_limit) IS TRUE AS valid,
                   string_agg(ledger_leg(u.currency, u.account, u.amount), ''
                              ORDER BY u.account COLLATE "C", u.amount) AS legs
              FROM unnest(p_accounts, p_currencies, p_amounts) u(account, currency, amount)
             GROUP BY u.currency) c;
    v_count := coalesce(cardinality(p_accounts), 0);
    IF v_count < (CASE p_phase WHEN 'VOID' THEN 0 WHEN 'HOLD' THEN 1 ELSE 2 END)
       OR v_count > (CASE p_phase WHEN 'VOID' THEN 0 WHEN 'HOLD' THEN 1 ELSE 5000 END) THEN
        RAISE EXCEPTION 'legs' USING ERRCODE = 'HF102', CONSTRAINT = 'entry_has_the_legs_of_its_phase';
    ELSIF (char_length(p_key) BETWEEN 1 AND 255 AND char_length(p_kind) <= 64 AND char_length(p_reference) <= 100
           AND char_length(p_description) <= 255) IS NOT TRUE THEN
        RAISE EXCEPTION 'text' USING ERRCODE = 'HF115', CONSTRAINT = 'entry_texts_are_within_limits';
    ELSIF v_count > 0 AND v_valid IS NOT TRUE THEN
        RAISE EXCEPTION 'amount' USING ERRCODE = 'HF103', CONSTRAINT = 'leg_amount_is_within_limits';
    ELSIF v_count > 1 AND v_balanced IS NOT TRUE THEN
        RAISE EXCEPTION 'unbalanced' USING ERRCODE = 'HF101', CONSTRAINT = 'entry_balances_per_currency';
    END IF;
    v_hash := ledger_request_hash(p_phase, p_kind, p_reference, p_description, p_reverses, p_settles, v_legs);

    INSERT INTO ledger_entry (public_id, book, phase, kind, reference, description, idempotency_key, request_hash,
                              effective_at, posted_at, expires_at, reverses_id, settles_id)
    VALUES (p_public_id, p_book, p_phase, p_kind, p_reference, p_description, p_key, v_hash, p_effective_at, p_now,
            p_expires_at, CASE WHEN p_reverses IS NOT NULL THEN v_parent.id END,
            CASE WHEN p_settles IS NOT NULL THEN v_parent.id END)
    ON CONFLICT DO NOTHING RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        SELECT e.public_id, e.request_hash INTO entry, v_old_hash
          FROM ledger_entry e WHERE e.book = p_book AND e.idempotency_key = p_key;
        IF entry IS NULL AND p_reverses IS NOT NULL THEN
            RAISE EXCEPTION 'reversed before' USING ERRCODE = 'HF110', CONSTRAINT = 'entry_is_reversed_once';
        ELSIF entry IS NULL AND p_settles IS NOT NULL THEN
            RAISE EXCEPTION 'settled before' USING ERRCODE = 'HF112', CONSTRAINT = 'reservation_is_settled_once';
        ELSIF v_old_hash IS DISTINCT FROM v_hash THEN
            RAISE EXCEPTION 'key reused' USING ERRCODE = 'HF108', CONSTRAINT = 'idempotency_key_has_one_request';
        END IF;
        replayed := true;
        RETURN;
    END IF;
    entry := p_public_id;
    replayed := false;

    IF p_settles IS NOT NULL THEN
        IF p_phase = 'POSTED' AND v_parent.expires_at <= p_now THEN
            RAISE EXCEPTION 'expired' USING ERRCODE = 'HF113', CONSTRAINT = 'reservation_has_not_expired';
        END IF;
        DELETE FROM ledger_open_reservation o WHERE o.entry_id = v_parent.id;
        IF p_phase = 'POSTED' THEN
            PERFORM ledger_require_within(v_parent.id, v_parent.phase = 'PENDING', p_accounts, p_currencies, p_amounts);
        END IF;
    ELSIF p_phase <> 'POSTED' THEN
        INSERT INTO ledger_open_reservation (entry_id, expires_at) VALUES (v_id, p_expires_at);
    END IF;

    -- f: 0 posts the amount, 1 reserves it, -1 gives a reservation back. Locks are taken in the order of (hot, id).
    <<apply>>
    LOOP
        v_missing := false;
        o_account := '{}'; o_leg := '{}'; o_amount := '{}'; o_currency := '{}'; o_seq := '{}'; o_head := '{}';
        d_account := '{}'; d_posted := '{}'; d_in := '{}'; d_out := '{}'; d_digest := '{}';
        FOR v_row IN
            SELECT a.id, a.hot, a.min_balance_minor AS floor, a.code,
                   a.sign * coalesce(sum(m.amount) FILTER (WHERE m.f = 0), 0)::bigint AS posted,
                   sum(m.f * greatest(a.sign * m.amount, 0))::bigint AS pending_in,
                   sum(m.f * greatest(-a.sign * m.amount, 0))::bigint AS pending_out,
                   array_agg(m.amount ORDER BY m.leg) FILTER (WHERE m.f >= 0) AS amounts,
                   array_agg(m.leg ORDER BY m.leg) FILTER (WHERE m.f >= 0) AS legs,
                   string_agg(int8send(m.amount), ''::bytea ORDER BY m.leg) FILTER (WHERE m.f = 0) AS bytes,
                   min(a.currency) AS currency
              FROM (SELECT u.account, u.currency, NULL::bigint AS account_id, u.amount, u.leg::int AS leg,
                           CASE WHEN p_phase = 'POSTED' THEN 0 ELSE 1 END AS f
                      FROM unnest(p_accounts, p_currencies, p_amounts)
                           WITH ORDINALITY u(account, currency, amount, leg)
                    UNION ALL
                    SELECT NULL, NULL, r.account_id, r.amount, NULL, -1
                      FROM unnest(v_reserved_accounts, v_reserved_amounts) r(account_id, amount)) m
              LEFT JOIN LATERAL (
                    SELECT * FROM ledger_account x
                     WHERE x.book = p_book AND x.code = m.account AND x.currency = m.currency AND m.account_id IS NULL
                    UNION ALL
                    SELECT * FROM ledger_account x WHERE x.id = m.account_id) a ON true
             GROUP BY a.id, a.hot, a.min_balance_minor, a.code, a.sign
             ORDER BY a.hot NULLS FIRST, a.id
        LOOP
            IF v_row.id IS NULL THEN
                v_missing := true;
                EXIT;
            END IF;
            v_seq := NULL; v_head := NULL; v_content := NULL;
            IF v_row.bytes IS NOT NULL THEN
                v_content := ledger_movement_digest(v_row.id, v_hash, p_public_id, p_effective_at, p_now, v_row.bytes);
            END IF;
            IF v_row.hot AND (v_row.floor IS NULL OR v_row.posted - v_row.pending_out >= 0) THEN
                d_account := d_account || v_row.id; d_posted := d_posted || v_row.posted;
                d_in := d_in || v_row.pending_in; d_out := d_out || v_row.pending_out;
                d_digest := array_append(d_digest, v_content);
            ELSE
                IF v_row.hot THEN
                    PERFORM ledger_roll_up_account(v_row.id, p_now);
                END IF;
                SELECT m.seq, m.head INTO v_seq, v_head
                  FROM ledger_move(v_row.id, v_row.posted, v_row.pending_in, v_row.pending_out, v_content, v_row.code) m;
            END IF;
            FOR i IN 1 .. coalesce(cardinality(v_row.legs), 0) LOOP
                o_account := o_account || v_row.id; o_leg := o_leg || v_row.legs[i];
                o_amount := o_amount || v_row.amounts[i]; o_currency := o_currency || v_row.currency;
                o_seq := array_append(o_seq, v_seq); o_head := array_append(o_head, v_head);
            END LOOP;
        END LOOP;
        EXIT apply WHEN NOT v_missing;
        PERFORM ledger_open_accounts(p_book, p_accounts, p_currencies, p_now);
    END LOOP;

    IF p_phase = 'POSTED' THEN
        INSERT INTO ledger_posting (entry_id, account_id, leg, amount_minor, currency, effective_at, account_seq, head)
        SELECT v_id, o.account, o.leg, o.amount, o.currency, p_effective_at, o.seq, o.head
          FROM unnest(o_account, o_leg, o_amount, o_currency, o_seq, o_head)
               o(account, leg, amount, currency, seq, head);
    ELSIF p_phase <> 'VOID' THEN
        INSERT INTO ledger_pending_leg (entry_id, account_id, leg, amount_minor, currency)
        SELECT v_id, o.account, o.leg, o.amount, o.currency
          FROM unnest(o_account, o_leg, o_amount, o_currency) o(account, leg, amount, currency);
    END IF;
    IF cardinality(d_account) > 0 THEN
        INSERT INTO ledger_delta (account_id, entry_id, posted_minor, pending_in_minor, pending_out_minor, digest)
        SELECT d.account, v_id, d.posted, d.pin, d.pout, d.digest
          FROM unnest(d_account, d_posted, d_in, d_out, d_digest) d(account, posted, pin, pout, digest);
    END IF;
END $$;

-- Opens and locks everything a batch will touch, in the order of (hot, id) that single entries follow too.
CREATE FUNCTION ledger_prepare_batch(
    p_now timestamptz, p_books text[], p_reverses text[], p_settles text[], p_leg_counts int[],
    p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_book text;
    v_leg_books text[];
BEGIN
    IF cardinality(p_accounts) > 0 THEN
        SELECT array_agg(c.book ORDER BY c.at, n) INTO v_leg_books
          FROM unnest(p_books, p_leg_counts) WITH ORDINALITY c(book, legs, at), generate_series(1, c.legs) n;
        FOR v_book IN SELECT DISTINCT b FROM unnest(v_leg_books) b WHERE b IS NOT NULL ORDER BY b LOOP
            PERFORM ledger_open_accounts(v_book, array_agg(u.account), array_agg(u.currency), p_now)
               FROM unnest(v_leg_books, p_accounts, p_currencies) u(book, account, currency) WHERE u.book = v_book;
        END LOOP;
    END IF;
    PERFORM FROM ledger_balance b
       JOIN (SELECT a.id, a.hot FROM (
                 SELECT x.id, x.hot, x.min_balance_minor, x.sign * u.amount < 0 AS takes
                   FROM unnest(v_leg_books, p_accounts, p_currencies, p_amounts) u(book, account, currency, amount)
                   JOIN ledger_account x ON x.book = u.book AND x.code = u.account AND x.currency = u.currency
                 UNION ALL
                 SELECT x.id, x.hot, x.min_balance_minor, true
                   FROM unnest(p_reverses || p_settles) named(public_id)
                   JOIN ledger_entry e ON e.public_id = named.public_id
                   JOIN (SELECT entry_id, account_id FROM ledger_posting
                         UNION ALL SELECT entry_id, account_id FROM ledger_pending_leg) g ON g.entry_id = e.id
                   JOIN ledger_account x ON x.id = g.account_id) a
              GROUP BY a.id, a.hot
             HAVING NOT a.hot OR bool_or(a.takes AND a.min_balance_minor IS NOT NULL)) needed
         ON needed.id = b.account_id
      ORDER BY needed.hot, needed.id FOR NO KEY UPDATE OF b;
END $$;

-- The door. One call, one or many entries: an array per field of the entry, `p_leg_counts` says how many of the legs
-- belong to each. Answers in the order of the request. In a batch every row is locked in the canonical order first.
CREATE FUNCTION ledger_post(
    p_now timestamptz, p_books text[], p_public_ids text[], p_phases text[], p_kinds text[], p_references text[],
    p_keys text[], p_descriptions text[], p_effective_at timestamptz[], p_expires_at timestamptz[],
    p_reverses text[], p_settles text[], p_leg_counts int[], p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS TABLE (entry text, replayed boolean) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET holdfast.ledger_writer = 'on'
AS $$
DECLARE
    v_count int := coalesce(cardinality(p_keys), 0);
    v_from int[];
    v_next int := 1;
    v_entries text[];
    v_replayed boolean[];
    v_at int;
BEGIN
    IF v_count = 1 THEN
        RETURN QUERY SELECT o.entry, o.replayed FROM ledger_post_one(
            p_books[1], p_public_ids[1], p_phases[1], p_kinds[1], p_references[1], p_keys[1], p_descriptions[1],
            p_effective_at[1], p_expires_at[1], p_reverses[1], p_settles[1], p_now,
            p_accounts, p_currencies, p_amounts) o;
        RETURN;
    END IF;
    FOR i IN 1 .. v_count LOOP
        v_from[i] := v_next;
        v_next := v_next + p_leg_counts[i];
    END LOOP;
    PERFORM ledger_prepare_batch(p_now, p_books, p_reverses, p_settles, p_leg_counts, p_accounts, p_currencies,
                                 p_amounts);
    FOR v_at IN SELECT u.at::int FROM unnest(p_keys) WITH ORDINALITY u(key, at) ORDER BY u.key COLLATE "C", u.at LOOP
        SELECT o.entry, o.replayed INTO v_entries[v_at], v_replayed[v_at] FROM ledger_post_one(
            p_books[v_at], p_public_ids[v_at], p_phases[v_at], p_kinds[v_at], p_references[v_at], p_keys[v_at],
            p_descriptions[v_at], p_effective_at[v_at], p_expires_at[v_at], p_reverses[v_at], p_settles[v_at], p_now,
            p_accounts[v_from[v_at] : v_from[v_at] + p_leg_counts[v_at] - 1],
            p_currencies[v_from[v_at] : v_from[v_at] + p_leg_counts[v_at] - 1],
            p_amounts[v_from[v_at] : v_from[v_at] + p_leg_counts[v_at] - 1]) o;
    END LOOP;
    RETURN QUERY SELECT e, r FROM unnest(v_entries, v_replayed) WITH ORDINALITY u(e, r, n) ORDER BY n;
END $$;
