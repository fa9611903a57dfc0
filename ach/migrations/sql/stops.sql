-- What a return has stopped is lifted by signatures and by nothing else.
CREATE FUNCTION ach_check_stop() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.lifted_at IS NOT NULL
       OR (NEW.public_id, NEW.livemode, NEW.account_id, NEW.fingerprint, NEW.scope, NEW.code, NEW.item_id, NEW.at)
          IS DISTINCT FROM
          (OLD.public_id, OLD.livemode, OLD.account_id, OLD.fingerprint, OLD.scope, OLD.code, OLD.item_id, OLD.at)
    THEN
        RAISE EXCEPTION 'a stop stays what it was'
            USING ERRCODE = 'HF435', CONSTRAINT = 'ach_stop_stays', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.lifted_at IS NOT NULL THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'ach.lift_stop', NEW.public_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_stop_rules BEFORE UPDATE OR DELETE ON ach_accountstop
    FOR EACH ROW EXECUTE FUNCTION ach_check_stop();
