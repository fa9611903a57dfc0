-- A version's content is fixed: only its state may change, and no version disappears.
CREATE FUNCTION fraud_refuse_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.version, NEW.rules, NEW.digest, NEW.note, NEW.created_by, NEW.created_at)
        IS NOT DISTINCT FROM (OLD.version, OLD.rules, OLD.digest, OLD.note, OLD.created_by, OLD.created_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rules version % is fixed: % refused', OLD.version, TG_OP
        USING ERRCODE = 'HF501', CONSTRAINT = 'rule_set_content_is_fixed', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER rule_set_content_is_fixed BEFORE UPDATE OR DELETE ON fraud_ruleset
    FOR EACH ROW EXECUTE FUNCTION fraud_refuse_rule_change();
REVOKE DELETE, TRUNCATE ON fraud_ruleset FROM holdfast_app;

-- A decided case never changes again, and no case disappears.
CREATE FUNCTION fraud_refuse_case_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> 'DECIDED' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'case % is decided: % refused', OLD.case_id, TG_OP
        USING ERRCODE = 'HF502', CONSTRAINT = 'decided_case_is_final', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER decided_case_is_final BEFORE UPDATE OR DELETE ON fraud_reviewcase
    FOR EACH ROW EXECUTE FUNCTION fraud_refuse_case_change();
REVOKE DELETE, TRUNCATE ON fraud_reviewcase FROM holdfast_app;
