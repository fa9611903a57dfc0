-- A payout account goes from one state to the next and nowhere else; where money goes is signed for.

ALTER TABLE compliance_bankaccount ADD CONSTRAINT bank_account_routing_number_has_its_check_digit CHECK (
    routing_number ~ '^[0-9]{9}$' AND routing_number <> '000000000'
    AND (3 * (substr(routing_number, 1, 1)::int + substr(routing_number, 4, 1)::int + substr(routing_number, 7, 1)::int)
       + 7 * (substr(routing_number, 2, 1)::int + substr(routing_number, 5, 1)::int + substr(routing_number, 8, 1)::int)
       + 1 * (substr(routing_number, 3, 1)::int + substr(routing_number, 6, 1)::int + substr(routing_number, 9, 1)::int)
       ) % 10 = 0);

CREATE FUNCTION compliance_check_bank_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' OR NEW.version <> 1 OR NEW.approval_id <> '' OR NEW.active_from IS NOT NULL
           OR NEW.livemode <> (SELECT p.livemode FROM compliance_party p WHERE p.id = NEW.party_id) THEN
            RAISE EXCEPTION 'bank account % begins pending, in the mode of its party', NEW.account_id
                USING ERRCODE = 'HF585', CONSTRAINT = 'bank_account_begins_pending', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR (NEW.account_id, NEW.livemode, NEW.party_id, NEW.holder_name, NEW.account_type, NEW.routing_number, NEW.last4,
           NEW.sealed, NEW.fingerprint, NEW.requested_by, NEW.created_at)
          IS DISTINCT FROM
          (OLD.account_id, OLD.livemode, OLD.party_id, OLD.holder_name, OLD.account_type, OLD.routing_number, OLD.last4,
           OLD.sealed, OLD.fingerprint, OLD.requested_by, OLD.created_at) THEN
        RAISE EXCEPTION 'bank account % stays as it was entered', OLD.account_id
            USING ERRCODE = 'HF279', CONSTRAINT = 'bank_account_stays_as_entered', TABLE = TG_TABLE_NAME;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('PENDING', 'PENDING'), ('PENDING', 'ACTIVE'), ('PENDING', 'REJECTED'),
                                      ('ACTIVE', 'RETIRED'))
       OR (NEW.state <> OLD.state OR NEW.active_from IS DISTINCT FROM OLD.active_from)
          AND NEW.version <> OLD.version + 1
       OR (OLD.approval_id <> '' AND NEW.approval_id <> OLD.approval_id)
       OR (OLD.active_from IS NOT NULL AND NEW.active_from IS DISTINCT FROM OLD.active_from)
       OR (OLD.activated_at IS NOT NULL AND NEW.activated_at IS DISTINCT FROM OLD.activated_at) THEN
        RAISE EXCEPTION 'bank account % goes forward only', OLD.account_id
            USING ERRCODE = 'HF584', CONSTRAINT = 'bank_account_goes_forward', TABLE = TG_TABLE_NAME;
    END IF;
    -- Test data may go without; an account whose signatures were asked for needs them there too.
    IF (NEW.active_from IS DISTINCT FROM OLD.active_from OR NEW.state = 'ACTIVE')
       AND (NEW.livemode OR NEW.approval_id <> '') THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'compliance.change_payout_account', NEW.account_id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bank_account_rules BEFORE INSERT OR UPDATE OR DELETE ON compliance_bankaccount
    FOR EACH ROW EXECUTE FUNCTION compliance_check_bank_account();
REVOKE DELETE, TRUNCATE ON compliance_bankaccount FROM holdfast_app;
