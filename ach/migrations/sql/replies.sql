-- A line of the bank says what it says; what became of it is said once, and once more by a person.
CREATE OR REPLACE FUNCTION ach_check_item() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.public_id, NEW.file_id, NEW.line, NEW.kind, NEW.code, NEW.sec, NEW.transaction_code, NEW.amount_minor,
        NEW.original_trace, NEW.original_rdfi, NEW.company_id, NEW.trace, NEW.settles_on, NEW.date_of_death,
        NEW.detail, NEW.description, NEW.dishonored_trace, NEW.sealed)
       IS DISTINCT FROM
       (OLD.public_id, OLD.file_id, OLD.line, OLD.kind, OLD.code, OLD.sec, OLD.transaction_code, OLD.amount_minor,
        OLD.original_trace, OLD.original_rdfi, OLD.company_id, OLD.trace, OLD.settles_on, OLD.date_of_death,
        OLD.detail, OLD.description, OLD.dishonored_trace, OLD.sealed)
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

-- A correction is applied by signatures; open ones may be asked, denied and asked again. A refusal that the bank was
-- never told is taken back by opening it again.
CREATE OR REPLACE FUNCTION ach_check_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.public_id, NEW.item_id, NEW.code, NEW.after, NEW.mark, NEW.due_at, NEW.refusable_until, NEW.received_at)
          IS DISTINCT FROM
          (OLD.public_id, OLD.item_id, OLD.code, OLD.after, OLD.mark, OLD.due_at, OLD.refusable_until, OLD.received_at)
       OR OLD.state NOT IN ('OPEN', 'ASKED')
          AND NOT (OLD.state = 'REFUSED' AND NEW.state = 'OPEN'
                   AND NOT EXISTS (SELECT FROM ach_reply WHERE change_id = OLD.id AND state <> 'WITHDRAWN'))
    THEN
        RAISE EXCEPTION 'a change goes forward'
            USING ERRCODE = 'HF438', CONSTRAINT = 'ach_change_goes_forward', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'APPLIED' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'ach.apply_change', NEW.public_id);
    END IF;
    RETURN NEW;
END $$;

-- A reply answers one item for one reason; from the moment that a file has it, it goes where its file goes.
CREATE FUNCTION ach_check_reply() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'WAITING'
           OR NEW.kind = 'DISHONOR' AND NOT EXISTS (
               SELECT FROM ach_dishonor WHERE id = NEW.dishonor_id AND item_id = NEW.item_id AND code = NEW.code
                  AND state = 'OPEN')
           OR NEW.kind = 'REFUSAL' AND NOT EXISTS (
               SELECT FROM ach_change WHERE id = NEW.change_id AND item_id = NEW.item_id AND refusal_code = NEW.code
                  AND state = 'REFUSED')
        THEN
            RAISE EXCEPTION 'a reply is for an open dishonor or a refused change, and begins by waiting'
                USING ERRCODE = 'HF451', CONSTRAINT = 'ach_reply_has_its_reason', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.livemode, NEW.originator_id, NEW.kind, NEW.item_id, NEW.dishonor_id, NEW.change_id,
        NEW.code, NEW.direction, NEW.amount_minor, NEW.deadline_at, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.originator_id, OLD.kind, OLD.item_id, OLD.dishonor_id, OLD.change_id,
        OLD.code, OLD.direction, OLD.amount_minor, OLD.deadline_at, OLD.created_by, OLD.created_at)
       OR (OLD.trace <> '' AND NEW.trace NOT IN (OLD.trace, ''))
    THEN
        RAISE EXCEPTION 'a reply stays what was decided'
            USING ERRCODE = 'HF452', CONSTRAINT = 'ach_reply_stays_what_was_decided', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('WAITING', 'PARKED'), ('WAITING', 'FILED'), ('WAITING', 'WITHDRAWN'), ('PARKED', 'WITHDRAWN'),
        ('FILED', 'WAITING'), ('FILED', 'PARKED'), ('FILED', 'SENT'), ('SENT', 'FILED')
    ) THEN
        RAISE EXCEPTION 'a reply does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF453', CONSTRAINT = 'ach_reply_edge_exists', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_reply_rules BEFORE INSERT OR UPDATE ON ach_reply
    FOR EACH ROW EXECUTE FUNCTION ach_check_reply();
CREATE TRIGGER ach_reply_is_kept BEFORE DELETE ON ach_reply FOR EACH ROW EXECUTE FUNCTION ach_refuse_delete();
