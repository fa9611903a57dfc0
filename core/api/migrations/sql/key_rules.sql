-- What the database itself refuses about API keys. Every refusal has a name (core.database.refusals).

-- Whether networks allow nothing that others do not; none at all is every network.
CREATE FUNCTION api_networks_within(wanted jsonb, held jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_array_length(held) = 0 OR (
        jsonb_array_length(wanted) > 0 AND NOT EXISTS (
            SELECT FROM jsonb_array_elements_text(wanted) AS inner_one (network)
             WHERE NOT EXISTS (
                SELECT FROM jsonb_array_elements_text(held) AS outer_one (network)
                 WHERE inner_one.network::inet <<= outer_one.network::inet)))
$$;

CREATE FUNCTION api_key_is_within(wanted api_apikey, held api_apikey) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT wanted.scopes <@ held.scopes
       AND coalesce(wanted.expires_at, 'infinity') <= coalesce(held.expires_at, 'infinity')
       AND api_networks_within(wanted.networks, held.networks)
$$;

CREATE FUNCTION api_check_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before api_apikey;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'API keys are kept'
            USING ERRCODE = 'HF801', CONSTRAINT = 'api_key_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.replaces_id IS NOT NULL THEN
            SELECT * INTO before FROM api_apikey WHERE id = NEW.replaces_id FOR UPDATE;
            IF before.place IS NULL
               OR (NEW.lineage, NEW.livemode, NEW.kind, NEW.account, NEW.approval_id)
                  IS DISTINCT FROM (before.lineage, before.livemode, before.kind, before.account, before.approval_id)
               OR NOT api_key_is_within(NEW, before)
            THEN
                RAISE EXCEPTION 'a successor may do what the key before it may, or less'
                    USING ERRCODE = 'HF804', CONSTRAINT = 'api_key_successor_has_no_wider_rights',
                          TABLE = TG_TABLE_NAME;
            END IF;
        ELSIF NEW.livemode AND NEW.created_by NOT LIKE 'SYSTEM:%' THEN
            PERFORM approvals_require_executed(NEW.approval_id, 'api.issue_live_key', NEW.public_id);
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.account, NEW.kind, NEW.prefix, NEW.livemode, NEW.lineage, NEW.replaces_id,
        NEW.approval_id, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.account, OLD.kind, OLD.prefix, OLD.livemode, OLD.lineage, OLD.replaces_id,
        OLD.approval_id, OLD.created_by, OLD.created_at)
       OR (OLD.secret_hash IS NOT NULL AND NEW.secret_hash IS DISTINCT FROM OLD.secret_hash)
    THEN
        RAISE EXCEPTION 'what an API key is does not change'
            USING ERRCODE = 'HF802', CONSTRAINT = 'api_key_identity_does_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF (OLD.place IS NULL AND NEW.place IS NOT NULL)
       OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    THEN
        RAISE EXCEPTION 'an API key that has ended stays so'
            USING ERRCODE = 'HF803', CONSTRAINT = 'ended_api_key_stays_ended', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.livemode AND NOT api_key_is_within(NEW, OLD) THEN
        IF NEW.widened_by = OLD.widened_by THEN
            RAISE EXCEPTION 'a live API key gets wider rights by a signed request'
                USING ERRCODE = 'HF805', CONSTRAINT = 'live_api_key_is_widened_by_signature', TABLE = TG_TABLE_NAME;
        END IF;
        PERFORM approvals_require_executed(NEW.widened_by, 'api.widen_live_key', NEW.public_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER api_key_rules BEFORE INSERT OR UPDATE OR DELETE ON api_apikey
    FOR EACH ROW EXECUTE FUNCTION api_check_key();
