-- An entry is what it was when it was asked; before it is filed it may go to the account that its bank has corrected.
CREATE OR REPLACE FUNCTION ach_check_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('WAITING', 'HELD') THEN
            RAISE EXCEPTION 'an entry begins by waiting'
                USING ERRCODE = 'HF421', CONSTRAINT = 'ach_entry_begins_by_waiting', TABLE = TG_TABLE_NAME;
        END IF;
        IF NOT EXISTS (SELECT FROM compliance_bankaccount
                       WHERE id = NEW.account_id AND party_id = NEW.party_id AND livemode = NEW.livemode)
           OR NOT EXISTS (SELECT FROM ach_originator WHERE id = NEW.originator_id AND livemode = NEW.livemode) THEN
            RAISE EXCEPTION 'an entry is of the party of its account, in one mode'
                USING ERRCODE = 'HF424', CONSTRAINT = 'ach_entry_is_of_its_account', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.livemode, NEW.originator_id, NEW.kind, NEW.reference, NEW.party_id,
        NEW.on_behalf_id, NEW.original_id, NEW.direction, NEW.amount_minor, NEW.currency, NEW.sec,
        NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.originator_id, OLD.kind, OLD.reference, OLD.party_id,
        OLD.on_behalf_id, OLD.original_id, OLD.direction, OLD.amount_minor, OLD.currency, OLD.sec,
        OLD.created_by, OLD.created_at)
       OR (OLD.trace <> '' AND NEW.trace NOT IN (OLD.trace, ''))
       OR (NEW.account_id, NEW.transaction_code) IS DISTINCT FROM (OLD.account_id, OLD.transaction_code)
          AND NOT (OLD.state IN ('WAITING', 'HELD', 'PARKED') AND NEW.state IN ('WAITING', 'HELD', 'PARKED')
                   AND EXISTS (SELECT FROM compliance_bankaccount
                               WHERE id = NEW.account_id AND corrects_id = OLD.account_id))
    THEN
        RAISE EXCEPTION 'an entry stays what was asked'
            USING ERRCODE = 'HF422', CONSTRAINT = 'ach_entry_stays_what_was_asked', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('WAITING', 'HELD'), ('WAITING', 'PARKED'), ('WAITING', 'FILED'),
            ('WAITING', 'CANCELLED'), ('HELD', 'WAITING'), ('HELD', 'CANCELLED'),
            ('PARKED', 'WAITING'), ('PARKED', 'CANCELLED'), ('FILED', 'WAITING'),
            ('FILED', 'PARKED'), ('FILED', 'SENT'), ('SENT', 'FILED'),
            ('SENT', 'ACKNOWLEDGED'), ('SENT', 'SETTLED'), ('SENT', 'RETURNED'),
            ('ACKNOWLEDGED', 'FILED'), ('ACKNOWLEDGED', 'SETTLED'), ('ACKNOWLEDGED', 'RETURNED'),
            ('SETTLED', 'RETURNED')
    ) THEN
        RAISE EXCEPTION 'an entry does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF423', CONSTRAINT = 'ach_entry_edge_exists', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

-- A line of the bank says what it says; what became of it is said once, and once more by a person.
CREATE FUNCTION ach_check_item() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.public_id, NEW.file_id, NEW.line, NEW.kind, NEW.code, NEW.sec, NEW.transaction_code, NEW.amount_minor,
        NEW.original_trace, NEW.original_rdfi, NEW.company_id, NEW.trace, NEW.settles_on, NEW.date_of_death,
        NEW.detail, NEW.sealed)
       IS DISTINCT FROM
       (OLD.public_id, OLD.file_id, OLD.line, OLD.kind, OLD.code, OLD.sec, OLD.transaction_code, OLD.amount_minor,
        OLD.original_trace, OLD.original_rdfi, OLD.company_id, OLD.trace, OLD.settles_on, OLD.date_of_death,
        OLD.detail, OLD.sealed)
       OR (OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id)
    THEN
        RAISE EXCEPTION 'an item stays as it came'
            USING ERRCODE = 'HF436', CONSTRAINT = 'ach_item_stays_as_it_came', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('READ', 'APPLIED'), ('READ', 'SUSPENSE'), ('SUSPENSE', 'RESOLVED')
    ) THEN
        RAISE EXCEPTION 'an item does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF437', CONSTRAINT = 'ach_item_edge_exists', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_item_rules BEFORE UPDATE ON ach_inbounditem
    FOR EACH ROW EXECUTE FUNCTION ach_check_item();

-- A correction is applied by signatures; open ones may be asked, denied and asked again.
CREATE FUNCTION ach_check_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.public_id, NEW.item_id, NEW.code, NEW.after, NEW.mark, NEW.due_at, NEW.refusable_until, NEW.received_at)
          IS DISTINCT FROM
          (OLD.public_id, OLD.item_id, OLD.code, OLD.after, OLD.mark, OLD.due_at, OLD.refusable_until, OLD.received_at)
       OR OLD.state NOT IN ('OPEN', 'ASKED')
    THEN
        RAISE EXCEPTION 'a change goes forward'
            USING ERRCODE = 'HF438', CONSTRAINT = 'ach_change_goes_forward', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'APPLIED' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'ach.apply_change', NEW.public_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_change_rules BEFORE UPDATE OR DELETE ON ach_change
    FOR EACH ROW EXECUTE FUNCTION ach_check_change();

-- A return is sent back by signatures, and that ends once.
CREATE FUNCTION ach_check_dishonor() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM approvals_require_executed(
            NEW.approval_id, 'ach.dishonor_return', (SELECT public_id FROM ach_inbounditem WHERE id = NEW.item_id));
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.state <> 'OPEN'
       OR (NEW.public_id, NEW.item_id, NEW.code, NEW.approval_id, NEW.requested_by, NEW.requested_at)
          IS DISTINCT FROM
          (OLD.public_id, OLD.item_id, OLD.code, OLD.approval_id, OLD.requested_by, OLD.requested_at)
    THEN
        RAISE EXCEPTION 'a dishonored return ends once'
            USING ERRCODE = 'HF439', CONSTRAINT = 'ach_dishonor_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_dishonor_rules BEFORE INSERT OR UPDATE OR DELETE ON ach_dishonor
    FOR EACH ROW EXECUTE FUNCTION ach_check_dishonor();
