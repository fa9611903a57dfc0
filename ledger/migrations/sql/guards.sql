-- A second writer: rows that did not come through ledger_post are proved when their transaction commits. Inside
-- ledger_post the setting is on, so its own rows, proved there already, cost nothing here.
CREATE FUNCTION ledger_prove_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_entry bigint := CASE TG_TABLE_NAME WHEN 'ledger_entry' THEN (to_jsonb(NEW) ->> 'id')::bigint
                                         ELSE (to_jsonb(NEW) ->> 'entry_id')::bigint END;
    v_phase text;
    v_legs bigint;
    v_strangers bigint;
    v_unbalanced bigint;
BEGIN
    SELECT e.phase INTO v_phase FROM ledger_entry e WHERE e.id = v_entry;
    IF v_phase IS NULL THEN
        RAISE EXCEPTION 'leg of no entry' USING ERRCODE = 'HF109', CONSTRAINT = 'entry_exists';
    END IF;
    WITH legs AS (
        SELECT g.account_id, g.currency, g.amount_minor FROM ledger_posting g
         WHERE g.entry_id = v_entry AND v_phase = 'POSTED'
        UNION ALL
        SELECT g.account_id, g.currency, g.amount_minor FROM ledger_pending_leg g
         WHERE g.entry_id = v_entry AND v_phase <> 'POSTED'
    )
    SELECT (SELECT count(*) FROM legs),
           (SELECT count(*) FROM legs l WHERE NOT EXISTS (
               SELECT FROM ledger_account a WHERE a.id = l.account_id AND a.currency = l.currency)),
           (SELECT count(*) FROM (SELECT FROM legs GROUP BY currency HAVING sum(amount_minor) <> 0) c)
      INTO v_legs, v_strangers, v_unbalanced;
    IF v_legs < (CASE v_phase WHEN 'VOID' THEN 0 WHEN 'HOLD' THEN 1 ELSE 2 END) THEN
        RAISE EXCEPTION 'legs' USING ERRCODE = 'HF102', CONSTRAINT = 'entry_has_the_legs_of_its_phase';
    ELSIF v_strangers > 0 THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'HF104', CONSTRAINT = 'account_is_in_the_chart';
    ELSIF v_unbalanced > 0 AND v_phase <> 'HOLD' THEN
        RAISE EXCEPTION 'unbalanced' USING ERRCODE = 'HF101', CONSTRAINT = 'entry_balances_per_currency';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_is_whole AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (current_setting('holdfast.ledger_writer', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ledger_prove_entry();
CREATE CONSTRAINT TRIGGER posting_is_balanced AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (current_setting('holdfast.ledger_writer', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ledger_prove_entry();
CREATE CONSTRAINT TRIGGER pending_leg_is_balanced AFTER INSERT ON ledger_pending_leg
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (current_setting('holdfast.ledger_writer', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ledger_prove_entry();

-- The application reads tables and calls three functions. Nothing else.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON
    ledger_account_kind, ledger_account, ledger_entry, ledger_posting, ledger_pending_leg, ledger_balance, ledger_delta,
    ledger_seal, ledger_open_reservation FROM holdfast_app;
GRANT SELECT ON ledger_account_kind TO holdfast_app;
REVOKE EXECUTE ON FUNCTION ledger_open_account, ledger_refuse_movement, ledger_require_form,
    ledger_parent, ledger_legs_of, ledger_settle, ledger_prepare_batch, ledger_roll_up_account, ledger_roll_up,
    ledger_post, ledger_post_many FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post, ledger_post_many, ledger_roll_up TO holdfast_app;

-- Balance rows are rewritten in place; deltas come and go every second.
ALTER TABLE ledger_balance SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE ledger_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                              autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);
