-- What was received, found and decided stays: a file is read once, a finished run is final, a break keeps what it is
-- about and ends once, by signatures where it is written off.
CREATE FUNCTION escrow_keep_reconciliation() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_may_change text[] := CASE TG_TABLE_NAME
        WHEN 'escrow_statementfile' THEN ARRAY['state', 'format', 'problem', 'read_at']
        WHEN 'escrow_reconciliationrun' THEN ARRAY['state', 'started_at', 'finished_at', 'checks', 'totals', 'found',
            'fresh', 'cleared', 'milliseconds', 'problem']
        ELSE ARRAY['state', 'expected_minor', 'actual_minor', 'detail', 'last_run_id', 'last_seen_at', 'closed_at',
            'closed_why', 'approval_id', 'entry_id'] END;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what reconciliation found is kept'
            USING ERRCODE = 'HF277', CONSTRAINT = 'reconciliation_is_final', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state NOT IN ('STORED', 'WAITING', 'RUNNING', 'OPEN')
       OR (to_jsonb(NEW) - v_may_change) IS DISTINCT FROM (to_jsonb(OLD) - v_may_change)
    THEN
        RAISE EXCEPTION 'what reconciliation found is final'
            USING ERRCODE = 'HF277', CONSTRAINT = 'reconciliation_is_final', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statement_file_is_final BEFORE UPDATE OR DELETE ON escrow_statementfile
    FOR EACH ROW EXECUTE FUNCTION escrow_keep_reconciliation();
CREATE TRIGGER run_is_final BEFORE UPDATE OR DELETE ON escrow_reconciliationrun
    FOR EACH ROW EXECUTE FUNCTION escrow_keep_reconciliation();
CREATE TRIGGER break_is_final BEFORE UPDATE OR DELETE ON escrow_break
    FOR EACH ROW EXECUTE FUNCTION escrow_keep_reconciliation();
REVOKE DELETE, TRUNCATE ON escrow_statementfile, escrow_reconciliationrun, escrow_break FROM holdfast_app;

CREATE FUNCTION escrow_require_write_off() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM approvals_require_executed(NEW.approval_id, 'escrow.write_off', NEW.public_id);
    RETURN NEW;
END $$;
CREATE TRIGGER write_off_is_approved BEFORE INSERT OR UPDATE ON escrow_break
    FOR EACH ROW WHEN (NEW.state = 'WRITTEN_OFF') EXECUTE FUNCTION escrow_require_write_off();

-- An entry that writes off rests on the same signatures: its key is the approval, its reference the break.
CREATE FUNCTION escrow_require_written_off() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM approvals_require_executed(NEW.idempotency_key, 'escrow.write_off', NEW.reference);
    RETURN NEW;
END $$;
CREATE TRIGGER written_off_entry_is_approved BEFORE INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.kind = 'escrow.written_off') EXECUTE FUNCTION escrow_require_written_off();
