-- Payments, escrows and users of access tokens rely on who a party is and in which mode.

CREATE FUNCTION compliance_check_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.party_id, NEW.livemode, NEW.type) IS DISTINCT FROM (OLD.party_id, OLD.livemode, OLD.type) THEN
        RAISE EXCEPTION 'a party keeps its id, its mode and its type'
            USING ERRCODE = 'HF274', CONSTRAINT = 'party_keeps_its_identity', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER party_rules BEFORE UPDATE ON compliance_party
    FOR EACH ROW EXECUTE FUNCTION compliance_check_party();
