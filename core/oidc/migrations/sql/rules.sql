-- What the database itself refuses about issuers and users. Every refusal has a name (core.database.refusals).

CREATE FUNCTION oidc_check_issuer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two decisions at the same moment see each other.
    PERFORM pg_advisory_xact_lock(hashtext('oidc_issuer'));
    IF EXISTS (
        SELECT FROM oidc_issuer
        WHERE (issuer = NEW.issuer AND (code, livemode) IS DISTINCT FROM (NEW.code, NEW.livemode))
           OR (code = NEW.code AND issuer <> NEW.issuer)
    ) THEN
        RAISE EXCEPTION 'an issuer keeps its code and its mode'
            USING ERRCODE = 'HF271', CONSTRAINT = 'issuer_keeps_its_name_and_mode', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER issuer_rules BEFORE INSERT ON oidc_issuer FOR EACH ROW EXECUTE FUNCTION oidc_check_issuer();

CREATE FUNCTION oidc_check_user_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR
       (NEW.issuer_code, NEW.subject, NEW.livemode, NEW.party_id, NEW.linked_at, NEW.linked_by) IS DISTINCT FROM
       (OLD.issuer_code, OLD.subject, OLD.livemode, OLD.party_id, OLD.linked_at, OLD.linked_by)
    THEN
        RAISE EXCEPTION 'the link of a user only ends, and once'
            USING ERRCODE = 'HF272', CONSTRAINT = 'user_link_only_ends', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER user_link_rules BEFORE UPDATE OR DELETE ON oidc_userlink
    FOR EACH ROW EXECUTE FUNCTION oidc_check_user_link();
