-- What is shipped has no signatures; every other row has its own, and begins on a day of New York that is to come.
CREATE FUNCTION ach_check_return_policy() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.approval_id = '' AND NEW.created_by = 'SYSTEM:holdfast' AND NEW.created_at = '2020-01-01T00:00:00Z' THEN
        RETURN NEW;
    END IF;
    PERFORM approvals_require_executed(NEW.approval_id, 'ach.change_return_policy', NEW.code);
    IF NEW.effective_from <= (NEW.created_at AT TIME ZONE 'America/New_York')::date THEN
        RAISE EXCEPTION 'a return policy begins on a day to come'
            USING ERRCODE = 'HF454', CONSTRAINT = 'return_policy_begins_on_a_day_to_come', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER return_policy_rules BEFORE INSERT ON ach_returnpolicy
    FOR EACH ROW EXECUTE FUNCTION ach_check_return_policy();
