-- What a backtest was asked to judge is fixed; once it is over, so is what it found. None disappears.
CREATE FUNCTION fraud_refuse_backtest_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state IN ('QUEUED', 'RUNNING') AND (NEW.backtest_id, NEW.livemode,
        NEW.rule_set_version, NEW.digest, NEW.active_version, NEW.active_digest, NEW.from_at, NEW.to_at, NEW.as_of,
        NEW.mature_before, NEW.terms, NEW.asked_by, NEW.asked_at) IS NOT DISTINCT FROM (OLD.backtest_id, OLD.livemode,
        OLD.rule_set_version, OLD.digest, OLD.active_version, OLD.active_digest, OLD.from_at, OLD.to_at, OLD.as_of,
        OLD.mature_before, OLD.terms, OLD.asked_by, OLD.asked_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'backtest % is fixed: % refused', OLD.backtest_id, TG_OP
        USING ERRCODE = 'HF541', CONSTRAINT = 'finished_backtest_is_final', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER finished_backtest_is_final BEFORE UPDATE OR DELETE ON fraud_backtest
    FOR EACH ROW EXECUTE FUNCTION fraud_refuse_backtest_change();
REVOKE DELETE, TRUNCATE ON fraud_backtest FROM holdfast_app;
