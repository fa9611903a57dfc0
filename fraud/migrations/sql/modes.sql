-- A case and the decision it comes from are of one mode.

CREATE FUNCTION fraud_check_case_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fraud_assessment WHERE id = NEW.assessment_id AND livemode <> NEW.livemode) THEN
        RAISE EXCEPTION 'a case is of the mode of its assessment'
            USING ERRCODE = 'HF503', CONSTRAINT = 'case_stays_in_its_mode', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER case_mode BEFORE INSERT OR UPDATE OF livemode, assessment_id ON fraud_reviewcase
    FOR EACH ROW EXECUTE FUNCTION fraud_check_case_mode();
