-- Steps of ledger_post. None of them is open to the application.

-- Whether the request has the form of its phase, before anything is written.
CREATE FUNCTION ledger_require_form(
    p_phase text, p_kind text, p_reference text, p_key text, p_description text,
    p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    leg_limit CONSTANT bigint := 1000000000000000;
    v_count int := coalesce(cardinality(p_amounts), 0);
    v_total bigint := 0;
    v_one_currency boolean := true;
BEGIN
    IF v_count < (CASE p_phase WHEN 'VOID' THEN 0 WHEN 'HOLD' THEN 1 ELSE 2 END)
       OR v_count > (CASE p_phase WHEN 'VOID' THEN 0 WHEN 'HOLD' THEN 1 ELSE 5000 END) THEN
        RAISE EXCEPTION 'legs' USING ERRCODE = 'HF102', CONSTRAINT = 'entry_has_the_legs_of_its_phase';
    ELSIF (char_length(p_key) BETWEEN 1 AND 255 AND char_length(p_kind) <= 64 AND char_length(p_reference) <= 100
           AND char_length(p_description) <= 255 AND p_phase IN ('POSTED', 'PENDING', 'HOLD', 'VOID')
           AND coalesce(cardinality(p_accounts), 0) = v_count
           AND coalesce(cardinality(p_currencies), 0) = v_count) IS NOT TRUE THEN
        RAISE EXCEPTION 'text' USING ERRCODE = 'HF115', CONSTRAINT = 'entry_texts_are_within_limits';
    END IF;
    FOR i IN 1 .. v_count LOOP
        IF (p_amounts[i] <> 0 AND p_amounts[i] BETWEEN -leg_limit AND leg_limit) IS NOT TRUE THEN
            RAISE EXCEPTION 'amount' USING ERRCODE = 'HF103', CONSTRAINT = 'leg_amount_is_within_limits';
        END IF;
        v_total := v_total + p_amounts[i];
        v_one_currency := v_one_currency AND p_currencies[i] = p_currencies[1];
    END LOOP;
    IF p_phase IN ('POSTED', 'PENDING') AND (v_total <> 0 OR NOT v_one_currency AND EXISTS (
        SELECT FROM unnest(p_currencies, p_amounts) u(currency, amount) GROUP BY u.currency HAVING sum(u.amount) <> 0
    )) THEN
        RAISE EXCEPTION 'unbalanced' USING ERRCODE = 'HF101', CONSTRAINT = 'entry_balances_per_currency';
    END IF;
END $$;

-- The entry a reversal or a settlement points at. Two sessions at once meet at unique indexes of the same names.
CREATE FUNCTION ledger_parent(p_book text, p_phase text, p_reverses text, p_settles text, p_key text)
RETURNS ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    v_parent ledger_entry;
BEGIN
    SELECT * INTO v_parent FROM ledger_entry e
     WHERE e.public_id = coalesce(p_reverses, p_settles) AND (p_book IS NULL OR e.book = p_book);
    IF v_parent.id IS NULL THEN
        RAISE EXCEPTION 'no such entry' USING ERRCODE = 'HF109', CONSTRAINT = 'entry_exists';
    ELSIF p_reverses IS NOT NULL AND (v_parent.phase <> 'POSTED' OR v_parent.reverses_id IS NOT NULL
                                      OR p_phase <> 'POSTED' OR p_settles IS NOT NULL) THEN
        RAISE EXCEPTION 'not reversible' USING ERRCODE = 'HF111', CONSTRAINT = 'entry_is_reversible';
    ELSIF p_reverses IS NOT NULL AND EXISTS (
        SELECT FROM ledger_entry e WHERE e.reverses_id = v_parent.id AND e.idempotency_key IS DISTINCT FROM p_key
    ) THEN
        RAISE EXCEPTION 'reversed before' USING ERRCODE = 'HF110', CONSTRAINT = 'entry_is_reversed_once';
    ELSIF p_settles IS NOT NULL AND (v_parent.phase NOT IN ('PENDING', 'HOLD') OR p_phase NOT IN ('POSTED', 'VOID')) THEN
        RAISE EXCEPTION 'no reservation' USING ERRCODE = 'HF117', CONSTRAINT = 'only_a_reservation_is_settled';
    ELSIF p_settles IS NOT NULL AND EXISTS (
        SELECT FROM ledger_entry e WHERE e.settles_id = v_parent.id AND e.idempotency_key IS DISTINCT FROM p_key
    ) THEN
        RAISE EXCEPTION 'settled before' USING ERRCODE = 'HF112', CONSTRAINT = 'reservation_is_settled_once';
    END IF;
    RETURN v_parent;
END $$;

-- The legs of an entry, posted or reserved, in their order; `p_factor` -1 turns them round.
CREATE FUNCTION ledger_legs_of(
    p_entry bigint, p_factor int, OUT accounts text[], OUT currencies text[], OUT amounts bigint[]
) LANGUAGE sql AS $$
    SELECT array_agg(a.code ORDER BY g.leg)::text[], array_agg(g.currency ORDER BY g.leg)::text[],
           array_agg(p_factor * g.amount_minor ORDER BY g.leg)
      FROM (SELECT account_id, leg, currency, amount_minor FROM ledger_posting WHERE entry_id = p_entry
            UNION ALL
            SELECT account_id, leg, currency, amount_minor FROM ledger_pending_leg WHERE entry_id = p_entry) g
      JOIN ledger_account a ON a.id = g.account_id
$$;

-- A reservation ends. A capture comes in time and takes no more than was reserved, on the same side: of a PENDING entry
-- it touches nothing else; of a HOLD it must touch the held account and may send the money anywhere.
CREATE FUNCTION ledger_settle(
    p_parent ledger_entry, p_phase text, p_now timestamptz, p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM ledger_open_reservation o WHERE o.entry_id = p_parent.id;
    IF p_phase <> 'POSTED' THEN
        RETURN;
    ELSIF p_parent.expires_at <= p_now THEN
        RAISE EXCEPTION 'expired' USING ERRCODE = 'HF113', CONSTRAINT = 'reservation_has_not_expired';
    ELSIF EXISTS (
        SELECT FROM (SELECT a.code, g.currency, sum(g.amount_minor) AS amount
                       FROM ledger_pending_leg g JOIN ledger_account a ON a.id = g.account_id
                      WHERE g.entry_id = p_parent.id GROUP BY 1, 2) reserved
          FULL JOIN (SELECT u.account, u.currency, sum(u.amount) AS amount
                       FROM unnest(p_accounts, p_currencies, p_amounts) u(account, currency, amount)
                      GROUP BY 1, 2) taken ON taken.account = reserved.code AND taken.currency = reserved.currency
         WHERE (reserved.code IS NULL AND p_parent.phase = 'PENDING')
            OR (taken.account IS NULL AND p_parent.phase = 'HOLD')
            OR sign(taken.amount) <> sign(reserved.amount) OR abs(taken.amount) > abs(reserved.amount)
    ) THEN
        RAISE EXCEPTION 'more than reserved' USING ERRCODE = 'HF114', CONSTRAINT = 'capture_is_within_the_reservation';
    END IF;
END $$;

-- Opens and locks everything a batch will touch, in the order of (hot, id) that single entries follow too.
CREATE FUNCTION ledger_prepare_batch(
    p_now timestamptz, p_books text[], p_reverses text[], p_settles text[], p_leg_counts int[],
    p_accounts text[], p_currencies text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_open record;
    v_leg_books text[];
BEGIN
    SELECT array_agg(c.book ORDER BY c.at, n) INTO v_leg_books
      FROM unnest(p_books, p_leg_counts) WITH ORDINALITY c(book, legs, at), generate_series(1, c.legs) n;
    FOR v_open IN
        SELECT DISTINCT u.book COLLATE "C" AS book, u.account COLLATE "C" AS account, u.currency COLLATE "C" AS currency
          FROM unnest(v_leg_books, p_accounts, p_currencies) u(book, account, currency)
         WHERE u.book IS NOT NULL AND NOT EXISTS (
               SELECT FROM ledger_account a WHERE a.book = u.book AND a.code = u.account AND a.currency = u.currency)
         ORDER BY 1, 2, 3
    LOOP
        PERFORM ledger_open_account(v_open.book, v_open.account, v_open.currency, p_now);
    END LOOP;
    PERFORM FROM ledger_balance b
       JOIN (SELECT a.id, a.hot FROM (
                 SELECT x.id, x.hot, x.min_balance_minor, x.sign * u.amount < 0 AS takes
                   FROM unnest(v_leg_books, p_accounts, p_currencies, p_amounts) u(book, account, currency, amount)
                   JOIN ledger_account x ON x.book = u.book AND x.code = u.account AND x.currency = u.currency
                 UNION ALL
                 SELECT x.id, x.hot, x.min_balance_minor, true
                   FROM unnest(p_reverses || p_settles) named(public_id)
                   JOIN ledger_entry e ON e.public_id = named.public_id
                  CROSS JOIN LATERAL (
                        SELECT account_id FROM ledger_posting WHERE entry_id = e.id
                        UNION ALL SELECT account_id FROM ledger_pending_leg WHERE entry_id = e.id) g
                   JOIN ledger_account x ON x.id = g.account_id) a
              GROUP BY a.id, a.hot
             HAVING NOT a.hot OR bool_or(a.takes AND a.min_balance_minor IS NOT NULL)) needed
         ON needed.id = b.account_id
      ORDER BY needed.hot, needed.id FOR NO KEY UPDATE OF b;
END $$;
