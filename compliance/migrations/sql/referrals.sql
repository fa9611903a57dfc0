-- What was handed over stays as it was said; a referral goes forward only, and a closed one is over.
CREATE FUNCTION compliance_check_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'CLOSED' THEN
        RAISE EXCEPTION 'referral % does not change: % refused', OLD.referral_id, TG_OP
            USING ERRCODE = 'HF581', CONSTRAINT = 'closed_referral_is_final', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.referral_id, NEW.livemode, NEW.subject_kind, NEW.subject_id, NEW.party_ids, NEW.reason, NEW.referred_by,
        NEW.opened_at)
        IS DISTINCT FROM (OLD.referral_id, OLD.livemode, OLD.subject_kind, OLD.subject_id, OLD.party_ids, OLD.reason,
        OLD.referred_by, OLD.opened_at)
        OR (OLD.state = 'TAKEN' AND (NEW.taken_by, NEW.taken_at) IS DISTINCT FROM (OLD.taken_by, OLD.taken_at)) THEN
        RAISE EXCEPTION 'referral % stays as it was handed over and taken', OLD.referral_id
            USING ERRCODE = 'HF580', CONSTRAINT = 'referral_stays_as_handed_over', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_rules BEFORE UPDATE OR DELETE ON compliance_referral
    FOR EACH ROW EXECUTE FUNCTION compliance_check_referral();
REVOKE DELETE, TRUNCATE ON compliance_referral FROM holdfast_app;
