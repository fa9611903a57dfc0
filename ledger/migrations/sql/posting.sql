-- The only writer. One call writes one entry: its legs come as three arrays, debits positive and credits negative.
-- `p_reverses` and `p_settles` name another entry; book, kind, reference and legs then default to that one's.
CREATE FUNCTION ledger_post(
    p_book text, p_public_id text, p_phase text, p_kind text, p_reference text, p_key text, p_description text,
    p_effective_at timestamptz, p_expires_at timestamptz, p_reverses text, p_settles text, p_now timestamptz,
    p_accounts text[], p_currencies text[], p_amounts bigint[],
    OUT entry text, OUT replayed boolean
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET holdfast.ledger_writer = 'on'
AS $$
DECLARE
    v_parent ledger_entry;      -- the entry this one reverses or settles
    v_given_back record;        -- the legs a settlement gives back
    v_hash bytea;
    v_old_hash bytea;
    v_id bigint;
    r record;                   -- legs as arrays, in the order of (hot, account): the order of locks
    v_first int;
    v_change bigint;
    v_posted bigint;
    v_in bigint;
    v_out bigint;
    v_content bytea;
    v_seq bigint;
    v_head bytea;
    o_seq bigint[]; o_head bytea[];                                                    -- of each leg
    d_account bigint[]; d_posted bigint[]; d_in bigint[]; d_out bigint[]; d_digest bytea[];   -- of hot accounts
BEGIN
    IF p_reverses IS NOT NULL OR p_settles IS NOT NULL THEN
        v_parent := ledger_parent(p_book, p_phase, p_reverses, p_settles, p_key);
        p_book := v_parent.book;
        p_kind := coalesce(p_kind, v_parent.kind);
        p_reference := coalesce(p_reference, v_parent.reference);
        IF p_reverses IS NOT NULL OR (p_phase = 'POSTED' AND v_parent.phase = 'PENDING'
                                      AND cardinality(p_accounts) = 0) THEN
            SELECT l.accounts, l.currencies, l.amounts INTO p_accounts, p_currencies, p_amounts
              FROM ledger_legs_of(v_parent.id, CASE WHEN p_reverses IS NULL THEN 1 ELSE -1 END) l;
        END IF;
    END IF;
    PERFORM ledger_require_form(p_phase, p_kind, p_reference, p_key, p_description, p_accounts, p_currencies, p_amounts);

    v_hash := ledger_request_hash(p_phase, p_kind, p_reference, p_description, p_reverses, p_settles,
                                  p_accounts, p_currencies, p_amounts);
    INSERT INTO ledger_entry (public_id, book, phase, kind, reference, description, idempotency_key, request_hash,
                              effective_at, posted_at, expires_at, reverses_id, settles_id)
    VALUES (p_public_id, p_book, p_phase, p_kind, p_reference, p_description, p_key, v_hash, p_effective_at, p_now,
            p_expires_at, CASE WHEN p_reverses IS NOT NULL THEN v_parent.id END,
            CASE WHEN p_settles IS NOT NULL THEN v_parent.id END)
    ON CONFLICT (book, idempotency_key) DO NOTHING RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        SELECT e.public_id, e.request_hash INTO entry, v_old_hash
          FROM ledger_entry e WHERE e.book = p_book AND e.idempotency_key = p_key;
        IF v_old_hash IS DISTINCT FROM v_hash THEN
            RAISE EXCEPTION 'key reused' USING ERRCODE = 'HF108', CONSTRAINT = 'idempotency_key_has_one_request';
        END IF;
        replayed := true;
        RETURN;
    END IF;
    entry := p_public_id;
    replayed := false;

    IF p_settles IS NOT NULL THEN
        PERFORM ledger_settle(v_parent, p_phase, p_now, p_accounts, p_currencies, p_amounts);
        SELECT l.accounts, l.currencies, l.amounts INTO v_given_back FROM ledger_legs_of(v_parent.id, 1) l;
    ELSIF p_phase <> 'POSTED' THEN
        INSERT INTO ledger_open_reservation (entry_id, expires_at) VALUES (v_id, p_expires_at);
    END IF;

    -- f: 0 posts the amount, 1 reserves it, -1 gives a reservation back. What has to be opened comes first, in the
    -- order of the codes, so that two calls that open the same accounts never wait in a circle.
    LOOP
        IF p_settles IS NULL THEN
            SELECT array_agg(s.id) AS id, array_agg(s.hot) AS hot, array_agg(s.floor) AS floor, array_agg(s.sign) AS sign,
                   array_agg(s.account) AS account, array_agg(s.currency) AS currency, array_agg(s.amount) AS amount,
                   array_agg(s.leg) AS leg, array_agg(CASE p_phase WHEN 'POSTED' THEN 0 ELSE 1 END) AS f
              INTO r
              FROM (SELECT a.id, a.hot, a.min_balance_minor AS floor, a.sign, u.account, u.currency, u.amount, u.leg
                      FROM unnest(p_accounts, p_currencies, p_amounts)
                           WITH ORDINALITY u(account, currency, amount, leg)
                      LEFT JOIN LATERAL (
                            SELECT * FROM ledger_account x
                             WHERE x.book = p_book AND x.code = u.account AND x.currency = u.currency OFFSET 0) a ON true
                     ORDER BY a.hot NULLS FIRST, a.id NULLS FIRST, u.account COLLATE "C", u.currency COLLATE "C",
                              u.leg) s;
        ELSE
            SELECT array_agg(s.id) AS id, array_agg(s.hot) AS hot, array_agg(s.floor) AS floor, array_agg(s.sign) AS sign,
                   array_agg(s.account) AS account, array_agg(s.currency) AS currency, array_agg(s.amount) AS amount,
                   array_agg(s.leg) AS leg, array_agg(s.f) AS f
              INTO r
              FROM (SELECT a.id, a.hot, a.min_balance_minor AS floor, a.sign, u.account, u.currency, u.amount, u.leg, u.f
                      FROM (SELECT *, 0 AS f FROM unnest(p_accounts, p_currencies, p_amounts)
                                   WITH ORDINALITY w(account, currency, amount, leg)
                            UNION ALL
                            SELECT *, -1 FROM unnest(v_given_back.accounts, v_given_back.currencies,
                                                     v_given_back.amounts)
                                   WITH ORDINALITY w(account, currency, amount, leg)) u
                      LEFT JOIN LATERAL (
                            SELECT * FROM ledger_account x
                             WHERE x.book = p_book AND x.code = u.account AND x.currency = u.currency OFFSET 0) a ON true
                     ORDER BY a.hot NULLS FIRST, a.id NULLS FIRST, u.account COLLATE "C", u.currency COLLATE "C",
                              u.leg) s;
        END IF;
        EXIT WHEN r.id[1] IS NOT NULL;
        FOR i IN 1 .. cardinality(r.id) LOOP
            EXIT WHEN r.id[i] IS NOT NULL;
            PERFORM ledger_open_account(p_book, r.account[i], r.currency[i], p_now);
        END LOOP;
    END LOOP;

    FOR i IN 1 .. cardinality(r.id) LOOP
        IF i = 1 OR r.id[i] <> r.id[i - 1] THEN
            v_first := i; v_posted := 0; v_in := 0; v_out := 0; v_content := NULL; v_seq := NULL; v_head := NULL;
        END IF;
        v_change := r.sign[i] * r.amount[i];
        IF r.f[i] = 0 THEN
            v_posted := v_posted + v_change;
            v_content := coalesce(v_content, ''::bytea) || int8send(r.amount[i]);
        ELSIF v_change > 0 THEN
            v_in := v_in + r.f[i] * v_change;
        ELSE
            v_out := v_out - r.f[i] * v_change;
        END IF;
        CONTINUE WHEN r.id[i + 1] = r.id[i];    -- NULL after the last

        IF v_content IS NOT NULL THEN
            v_content := ledger_movement_digest(r.id[i], v_hash, p_public_id, p_effective_at, p_now, v_content);
        END IF;
        IF r.hot[i] AND (r.floor[i] IS NULL OR v_posted - v_out >= 0) THEN
            d_account := array_append(d_account, r.id[i]); d_posted := array_append(d_posted, v_posted);
            d_in := array_append(d_in, v_in); d_out := array_append(d_out, v_out);
            d_digest := array_append(d_digest, v_content);
        ELSE
            IF r.hot[i] THEN
                PERFORM ledger_roll_up_account(r.id[i], p_now);
            END IF;
            UPDATE ledger_balance b
               SET posted_minor = b.posted_minor + v_posted,
                   pending_in_minor = b.pending_in_minor + v_in, pending_out_minor = b.pending_out_minor + v_out,
                   seq = b.seq + (v_content IS NOT NULL)::int,
                   head = CASE WHEN v_content IS NULL THEN b.head
                               ELSE ledger_chain_next(b.head, b.seq + 1, v_content) END
             WHERE b.account_id = r.id[i]
               AND (b.min_balance_minor IS NULL
                    OR b.posted_minor + v_posted - b.pending_out_minor - v_out >= b.min_balance_minor)
            RETURNING b.seq, b.head INTO v_seq, v_head;
            IF NOT FOUND THEN
                PERFORM ledger_refuse_movement(r.id[i], r.account[i]);
            END IF;
        END IF;
        FOR j IN v_first .. i LOOP
            o_seq[j] := v_seq;
            o_head[j] := v_head;
        END LOOP;
    END LOOP;

    IF p_phase = 'POSTED' THEN
        INSERT INTO ledger_posting (entry_id, account_id, leg, amount_minor, currency, effective_at, account_seq, head)
        SELECT v_id, o.account, o.leg, o.amount, o.currency, p_effective_at, o.seq, o.head
          FROM unnest(r.id, r.leg, r.amount, r.currency, r.f, o_seq, o_head)
               o(account, leg, amount, currency, f, seq, head) WHERE o.f = 0;
    ELSIF p_phase <> 'VOID' THEN
        INSERT INTO ledger_pending_leg (entry_id, account_id, leg, amount_minor, currency)
        SELECT v_id, o.account, o.leg, o.amount, o.currency
          FROM unnest(r.id, r.leg, r.amount, r.currency) o(account, leg, amount, currency);
    END IF;
    IF d_account IS NOT NULL THEN
        INSERT INTO ledger_delta (account_id, entry_id, posted_minor, pending_in_minor, pending_out_minor, digest)
        SELECT d.account, v_id, d.posted, d.pin, d.pout, d.digest
          FROM unnest(d_account, d_posted, d_in, d_out, d_digest) d(account, posted, pin, pout, digest);
    END IF;
END $$;

-- Many entries in one call, all or none: an array per parameter of ledger_post, `p_leg_counts` says how many of the
-- legs belong to each. Everything is locked in the canonical order first. Answers in the order of the request.
CREATE FUNCTION ledger_post_many(
    p_now timestamptz, p_books text[], p_public_ids text[], p_phases text[], p_kinds text[], p_references text[],
    p_keys text[], p_descriptions text[], p_effective_at timestamptz[], p_expires_at timestamptz[],
    p_reverses text[], p_settles text[], p_leg_counts int[], p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS TABLE (entry text, replayed boolean) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET holdfast.ledger_writer = 'on'
AS $$
DECLARE
    v_from int[];
    v_to int[];
    v_next int := 1;
    v_entries text[];
    v_replayed boolean[];
    v_answer record;
    i int;
BEGIN
    FOR i IN 1 .. cardinality(p_keys) LOOP
        v_from[i] := v_next;
        v_next := v_next + p_leg_counts[i];
        v_to[i] := v_next - 1;
    END LOOP;
    PERFORM ledger_prepare_batch(p_now, p_books, p_reverses, p_settles, p_leg_counts, p_accounts, p_currencies,
                                 p_amounts);
    -- Keys in one order too: two batches with the same keys wait for each other instead of in a circle.
    FOR i IN SELECT u.at::int FROM unnest(p_keys) WITH ORDINALITY u(key, at) ORDER BY u.key COLLATE "C", u.at LOOP
        SELECT o.entry, o.replayed INTO v_answer FROM ledger_post(
            p_books[i], p_public_ids[i], p_phases[i], p_kinds[i], p_references[i], p_keys[i], p_descriptions[i],
            p_effective_at[i], p_expires_at[i], p_reverses[i], p_settles[i], p_now,
            p_accounts[v_from[i] : v_to[i]], p_currencies[v_from[i] : v_to[i]], p_amounts[v_from[i] : v_to[i]]) o;
        v_entries[i] := v_answer.entry;
        v_replayed[i] := v_answer.replayed;
    END LOOP;
    RETURN QUERY SELECT e, r FROM unnest(v_entries, v_replayed) WITH ORDINALITY u(e, r, n) ORDER BY n;
END $$;
