-- A transfer is what was asked; it moves along the edges of payments/transfer_states.py.
CREATE FUNCTION payments_check_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'transfers are kept'
            USING ERRCODE = 'HF441', CONSTRAINT = 'transfer_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('PENDING_REVIEW', 'PENDING_APPROVAL', 'SUBMITTED', 'FAILED') THEN
            RAISE EXCEPTION 'a transfer begins by being asked for'
                USING ERRCODE = 'HF442', CONSTRAINT = 'transfer_begins_at_the_beginning', TABLE = TG_TABLE_NAME;
        END IF;
        IF EXISTS (SELECT FROM compliance_party WHERE id IN (NEW.payer_id, NEW.payee_id, NEW.customer_id)
                   AND livemode <> NEW.livemode)
           OR EXISTS (SELECT FROM compliance_bankaccount
                      WHERE (id = NEW.from_account_id AND party_id <> NEW.payer_id)
                         OR (id = NEW.to_account_id AND party_id <> NEW.payee_id)) THEN
            RAISE EXCEPTION 'a transfer is between its parties and their accounts, in one mode'
                USING ERRCODE = 'HF443', CONSTRAINT = 'transfer_is_of_its_parties', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.livemode, NEW.purpose, NEW.type, NEW.amount_minor, NEW.currency, NEW.description,
        NEW.company_description, NEW.sec, NEW.customer_id, NEW.payer_id, NEW.payee_id, NEW.from_account_id,
        NEW.to_account_id, NEW.escrow_id, NEW.caller, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.purpose, OLD.type, OLD.amount_minor, OLD.currency, OLD.description,
        OLD.company_description, OLD.sec, OLD.customer_id, OLD.payer_id, OLD.payee_id, OLD.from_account_id,
        OLD.to_account_id, OLD.escrow_id, OLD.caller, OLD.created_by, OLD.created_at)
    THEN
        RAISE EXCEPTION 'a transfer stays what was asked'
            USING ERRCODE = 'HF444', CONSTRAINT = 'transfer_stays_what_was_asked', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('PENDING_REVIEW', 'PENDING_APPROVAL'), ('PENDING_REVIEW', 'SUBMITTED'), ('PENDING_REVIEW', 'FAILED'),
            ('PENDING_REVIEW', 'CANCELLED'), ('PENDING_APPROVAL', 'SUBMITTED'), ('PENDING_APPROVAL', 'FAILED'),
            ('PENDING_APPROVAL', 'CANCELLED'), ('SUBMITTED', 'PROCESSING'), ('SUBMITTED', 'ACKNOWLEDGED'),
            ('SUBMITTED', 'COMPLETED'), ('SUBMITTED', 'RETURNED'), ('SUBMITTED', 'CANCELLED'),
            ('SUBMITTED', 'REQUIRES_ATTENTION'), ('REQUIRES_ATTENTION', 'SUBMITTED'),
            ('REQUIRES_ATTENTION', 'PROCESSING'), ('REQUIRES_ATTENTION', 'ACKNOWLEDGED'),
            ('REQUIRES_ATTENTION', 'COMPLETED'), ('REQUIRES_ATTENTION', 'RETURNED'),
            ('REQUIRES_ATTENTION', 'CANCELLED'), ('PROCESSING', 'ACKNOWLEDGED'), ('PROCESSING', 'COMPLETED'),
            ('PROCESSING', 'RETURNED'), ('PROCESSING', 'REQUIRES_ATTENTION'), ('ACKNOWLEDGED', 'COMPLETED'),
            ('ACKNOWLEDGED', 'RETURNED'), ('ACKNOWLEDGED', 'REQUIRES_ATTENTION'), ('COMPLETED', 'RETURNED'),
            ('RETURNED', 'SUBMITTED'), ('RETURNED', 'PROCESSING'), ('RETURNED', 'ACKNOWLEDGED'),
            ('RETURNED', 'COMPLETED')
    ) THEN
        RAISE EXCEPTION 'a transfer does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF445', CONSTRAINT = 'transfer_edge_exists', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER transfer_rules BEFORE INSERT OR UPDATE OR DELETE ON payments_transfer
    FOR EACH ROW EXECUTE FUNCTION payments_check_transfer();

-- What was booked stays booked, in its order, for the entry it was booked for.
CREATE FUNCTION payments_check_booking() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.entry_id, NEW.transfer_id, NEW.livemode, NEW.direction, NEW.amount_minor, NEW.currency, NEW.owner,
           NEW.account, NEW.held_in, NEW.hold_id, NEW.created_at)
          IS DISTINCT FROM
          (OLD.entry_id, OLD.transfer_id, OLD.livemode, OLD.direction, OLD.amount_minor, OLD.currency, OLD.owner,
           OLD.account, OLD.held_in, OLD.hold_id, OLD.created_at)
       OR OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at
       OR OLD.settled_at IS NOT NULL AND NEW.settled_at IS DISTINCT FROM OLD.settled_at
       OR OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_to) IS DISTINCT FROM (OLD.released_at, OLD.released_to)
       OR OLD.returned_at IS NOT NULL AND NEW.returned_at IS DISTINCT FROM OLD.returned_at
       OR OLD.undone_at IS NOT NULL AND NEW.undone_at IS DISTINCT FROM OLD.undone_at
       OR OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at
    THEN
        RAISE EXCEPTION 'what was booked of an entry stays booked'
            USING ERRCODE = 'HF446', CONSTRAINT = 'booking_goes_forward', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER booking_rules BEFORE UPDATE OR DELETE ON payments_booking
    FOR EACH ROW EXECUTE FUNCTION payments_check_booking();

-- Which account, how, and when: fixed. Whatever ended, ended.
CREATE FUNCTION payments_check_verification() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' AND NOT EXISTS (
            SELECT FROM ach_change c
            WHERE c.public_id = NEW.source_reference AND c.state = 'APPLIED' AND c.replaced_by_id = NEW.account_id
              AND NEW.state = 'VERIFIED' AND EXISTS (
                SELECT FROM payments_accountverification v WHERE v.account_id = c.account_id AND v.verified_at IS NOT NULL))
        THEN
            RAISE EXCEPTION 'a verification begins pending'
                USING ERRCODE = 'HF448', CONSTRAINT = 'verification_begins_pending', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR (NEW.public_id, NEW.livemode, NEW.account_id, NEW.method, NEW.sealed, NEW.source, NEW.source_reference,
           NEW.created_by, NEW.created_at)
          IS DISTINCT FROM
          (OLD.public_id, OLD.livemode, OLD.account_id, OLD.method, OLD.sealed, OLD.source, OLD.source_reference,
           OLD.created_by, OLD.created_at)
       OR NEW.tries_left > OLD.tries_left
       OR OLD.state <> 'PENDING' AND NEW.state <> OLD.state AND (OLD.state, NEW.state) <> ('VERIFIED', 'FAILED')
    THEN
        RAISE EXCEPTION 'a verification goes forward only'
            USING ERRCODE = 'HF447', CONSTRAINT = 'verification_goes_forward', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'VERIFIED' AND OLD.state <> 'VERIFIED' AND NEW.method = 'TRUSTED_SOURCE' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'payments.trust_account', NEW.public_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER verification_rules BEFORE INSERT OR UPDATE OR DELETE ON payments_accountverification
    FOR EACH ROW EXECUTE FUNCTION payments_check_verification();
