-- Opens an account of a kind in the chart: insert, then whoever needs its balance locks it. Two sessions that open the
-- same account meet at the unique index; the second finds the first one's row.
CREATE FUNCTION ledger_open_account(p_book text, p_code text, p_currency text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_kind ledger_account_kind;
    v_id bigint;
BEGIN
    SELECT * INTO v_kind FROM ledger_account_kind k
     WHERE (k.prefix = p_code AND NOT k.per_owner)
        OR (k.per_owner AND k.prefix = split_part(p_code, ':', 1)
            AND p_code ~ '^[a-z_]+:[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$');
    IF v_kind.prefix IS NULL THEN
        RAISE EXCEPTION 'no kind of the chart' USING ERRCODE = 'HF104', CONSTRAINT = 'account_is_in_the_chart',
            DETAIL = p_code;
    END IF;
    INSERT INTO ledger_account (book, code, currency, kind, sign, min_balance_minor, hot, one_currency, opened_at)
    VALUES (p_book, p_code, p_currency, v_kind.prefix, v_kind.sign, v_kind.min_balance_minor, v_kind.hot,
            v_kind.one_currency, p_now)
    ON CONFLICT DO NOTHING RETURNING id INTO v_id;
    IF v_id IS NOT NULL THEN
        INSERT INTO ledger_balance
            (account_id, posted_minor, pending_in_minor, pending_out_minor, min_balance_minor, seq, head)
        VALUES (v_id, 0, 0, 0, v_kind.min_balance_minor, 0, ledger_chain_start(p_book, p_code, p_currency));
    ELSIF NOT EXISTS (SELECT FROM ledger_account a
                       WHERE a.book = p_book AND a.code = p_code AND a.currency = p_currency) THEN
        RAISE EXCEPTION 'second currency' USING ERRCODE = 'HF105', CONSTRAINT = 'account_keeps_its_currency',
            DETAIL = p_code;
    END IF;
END $$;

-- Says why a balance row did not move.
CREATE FUNCTION ledger_refuse_movement(p_account bigint, p_code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_balance b WHERE b.account_id = p_account) THEN
        RAISE EXCEPTION 'below the floor' USING ERRCODE = 'HF106', CONSTRAINT = 'account_is_not_overdrawn',
            DETAIL = p_code;
    END IF;
    RAISE EXCEPTION 'no balance row' USING ERRCODE = 'HF116', CONSTRAINT = 'account_has_a_balance', DETAIL = p_code;
END $$;
