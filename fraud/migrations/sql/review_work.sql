-- A difference between two reviews is settled once, nothing that is filled changes, and no second review disappears.
CREATE FUNCTION fraud_refuse_second_review_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (NEW.first_id, NEW.second_id, NEW.first_by, NEW.drawn_at)
            IS NOT DISTINCT FROM (OLD.first_id, OLD.second_id, OLD.first_by, OLD.drawn_at)
        AND (OLD.concluded_at IS NULL OR (NEW.second_by, NEW.agrees, NEW.concluded_at)
            IS NOT DISTINCT FROM (OLD.second_by, OLD.agrees, OLD.concluded_at))
        AND OLD.settled_at IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'second review % is as it was concluded: % refused', OLD.id, TG_OP
        USING ERRCODE = 'HF550', CONSTRAINT = 'second_review_is_final', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER second_review_is_final BEFORE UPDATE OR DELETE ON fraud_secondreview
    FOR EACH ROW EXECUTE FUNCTION fraud_refuse_second_review_change();
REVOKE DELETE, TRUNCATE ON fraud_secondreview FROM holdfast_app;
