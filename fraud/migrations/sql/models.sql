-- What a model is stays as it was registered, and it begins as a candidate whose text is the one of its digest and was
-- compared with its booster with every variable missing.
CREATE FUNCTION fraud_model_rules() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_legal boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'CANDIDATE' OR NEW.approval_id IS NOT NULL OR NEW.replaces_id IS NOT NULL THEN
            RAISE EXCEPTION 'model % begins as a candidate', NEW.name
                USING ERRCODE = 'HF521', CONSTRAINT = 'model_begins_as_a_candidate', TABLE = TG_TABLE_NAME;
        ELSIF NEW.sha256 <> encode(sha256(convert_to(NEW.source, 'UTF8')), 'hex')
              OR NEW.parity_columns <> cardinality(NEW.variables) THEN
            RAISE EXCEPTION 'model % was not proved equal to its booster', NEW.name
                USING ERRCODE = 'HF522', CONSTRAINT = 'model_was_proved', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' OR (to_jsonb(NEW) - ARRAY['state', 'approval_id', 'replaces_id', 'champion_at'])
          <> (to_jsonb(OLD) - ARRAY['state', 'approval_id', 'replaces_id', 'champion_at']) THEN
        RAISE EXCEPTION 'model % is fixed: % refused', OLD.name, TG_OP
            USING ERRCODE = 'HF520', CONSTRAINT = 'model_content_is_fixed', TABLE = TG_TABLE_NAME;
    END IF;
    v_legal := (OLD.state, NEW.state) IN (
        ('CANDIDATE', 'CHALLENGER'), ('CHALLENGER', 'CANDIDATE'), ('CANDIDATE', 'CHAMPION'), ('CHALLENGER', 'CHAMPION'),
        ('CHAMPION', 'RETIRED'), ('RETIRED', 'CHAMPION'), ('CANDIDATE', 'RETIRED'), ('CHALLENGER', 'RETIRED'));
    IF NEW.state <> OLD.state AND NOT v_legal OR NEW.state = OLD.state
       AND (NEW.approval_id, NEW.replaces_id, NEW.champion_at)
           IS DISTINCT FROM (OLD.approval_id, OLD.replaces_id, OLD.champion_at) THEN
        RAISE EXCEPTION 'model % does not go from % to %', OLD.name, OLD.state, NEW.state
            USING ERRCODE = 'HF523', CONSTRAINT = 'model_moves_legally', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'CHAMPION' AND OLD.state <> 'CHAMPION' THEN
        PERFORM approvals_require_executed(
            NEW.approval_id,
            CASE OLD.state WHEN 'RETIRED' THEN 'fraud.roll_back_model' ELSE 'fraud.promote_model' END,
            NEW.name);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER model_rules BEFORE INSERT OR UPDATE OR DELETE ON fraud_modelversion
    FOR EACH ROW EXECUTE FUNCTION fraud_model_rules();
REVOKE DELETE, TRUNCATE ON fraud_modelversion FROM holdfast_app;

-- A training that is over stays as it ended.
CREATE FUNCTION fraud_training_rules() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'ORDERED'
       AND (to_jsonb(NEW) - ARRAY['state', 'model_id', 'refusal', 'finished_at'])
           = (to_jsonb(OLD) - ARRAY['state', 'model_id', 'refusal', 'finished_at']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'training % is over: % refused', OLD.training_id, TG_OP
        USING ERRCODE = 'HF524', CONSTRAINT = 'finished_training_is_final', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER training_rules BEFORE UPDATE OR DELETE ON fraud_modeltraining
    FOR EACH ROW EXECUTE FUNCTION fraud_training_rules();
REVOKE DELETE, TRUNCATE ON fraud_modeltraining FROM holdfast_app;
