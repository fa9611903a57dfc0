-- An account that its bank corrects is signed as what the bank said, and stands in the place of the one it corrects.
CREATE OR REPLACE FUNCTION compliance_check_bank_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' OR NEW.version <> 1 OR NEW.approval_id <> '' OR NEW.active_from IS NOT NULL
           OR NEW.livemode <> (SELECT p.livemode FROM compliance_party p WHERE p.id = NEW.party_id) THEN
            RAISE EXCEPTION 'bank account % begins pending, in the mode of its party', NEW.account_id
                USING ERRCODE = 'HF585', CONSTRAINT = 'bank_account_begins_pending', TABLE = TG_TABLE_NAME;
        END IF;
        IF NEW.corrects_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM compliance_bankaccount
            WHERE id = NEW.corrects_id AND party_id = NEW.party_id AND state = 'ACTIVE'
        ) THEN
            RAISE EXCEPTION 'bank account % corrects none that its party is paid to', NEW.account_id
                USING ERRCODE = 'HF586', CONSTRAINT = 'bank_account_corrects_one_in_use', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR (NEW.account_id, NEW.livemode, NEW.party_id, NEW.holder_name, NEW.account_type, NEW.routing_number, NEW.last4,
           NEW.sealed, NEW.fingerprint, NEW.requested_by, NEW.created_at, NEW.corrects_id, NEW.correction)
          IS DISTINCT FROM
          (OLD.account_id, OLD.livemode, OLD.party_id, OLD.holder_name, OLD.account_type, OLD.routing_number, OLD.last4,
           OLD.sealed, OLD.fingerprint, OLD.requested_by, OLD.created_at, OLD.corrects_id, OLD.correction) THEN
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
    IF NEW.active_from IS DISTINCT FROM OLD.active_from OR NEW.state = 'ACTIVE' THEN
        IF NEW.corrects_id IS NOT NULL THEN
            PERFORM approvals_require_executed(NEW.approval_id, 'ach.apply_change', NEW.correction);
        -- Test data may go without; an account whose signatures were asked for needs them there too.
        ELSIF NEW.livemode OR NEW.approval_id <> '' THEN
            PERFORM approvals_require_executed(NEW.approval_id, 'compliance.change_payout_account', NEW.account_id);
        END IF;
    END IF;
    RETURN NEW;
END $$;
