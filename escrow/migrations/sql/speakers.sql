-- What the database itself refuses about staff who act for a party (core.database.refusals).

-- Who told us of an end, and who ended an inspection early, stay as they were written.
CREATE OR REPLACE FUNCTION escrow_check_condition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.escrow_id, NEW.terms_id, NEW.condition_id, NEW.type) IS DISTINCT FROM
       (OLD.escrow_id, OLD.terms_id, OLD.condition_id, OLD.type)
       OR (OLD.state <> 'OPEN' AND (NEW.state, NEW.met_at, NEW.met_by, NEW.entered_by) IS DISTINCT FROM
           (OLD.state, OLD.met_at, OLD.met_by, OLD.entered_by))
       OR (OLD.accepted_by <> '' AND NEW.accepted_by IS DISTINCT FROM OLD.accepted_by)
    THEN
        RAISE EXCEPTION 'a condition is met or lapses once'
            USING ERRCODE = 'HF290', CONSTRAINT = 'condition_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION escrow_check_speaker() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    judge text;
    dispute bigint;
BEGIN
    IF TG_TABLE_NAME = 'escrow_dispute' THEN
        IF NEW.mediator = '' OR NEW.mediator IS NOT DISTINCT FROM OLD.mediator THEN
            RETURN NEW;
        END IF;
        judge := 'STAFF:' || NEW.mediator;
        IF NOT EXISTS (SELECT FROM escrow_evidence WHERE dispute_id = NEW.id AND by = judge)
           AND NOT EXISTS (SELECT FROM escrow_submission WHERE dispute_id = NEW.id AND by = judge)
        THEN
            RETURN NEW;
        END IF;
    ELSE
        dispute := (to_jsonb(NEW)->>'dispute_id')::bigint;
        SELECT 'STAFF:' || mediator INTO judge FROM escrow_dispute WHERE id = dispute;
        IF to_jsonb(NEW)->>'by' IS DISTINCT FROM judge THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'whoever mediates a dispute speaks for neither side'
        USING ERRCODE = 'HF299', CONSTRAINT = 'mediator_speaks_for_no_side', TABLE = TG_TABLE_NAME;
END $$;

-- Named to come after the rules of their tables, which hold the dispute.
CREATE TRIGGER dispute_speakers BEFORE UPDATE OF mediator ON escrow_dispute
    FOR EACH ROW EXECUTE FUNCTION escrow_check_speaker();
CREATE TRIGGER evidence_speakers BEFORE INSERT ON escrow_evidence
    FOR EACH ROW EXECUTE FUNCTION escrow_check_speaker();
CREATE TRIGGER submission_speakers BEFORE INSERT ON escrow_submission
    FOR EACH ROW EXECUTE FUNCTION escrow_check_speaker();
