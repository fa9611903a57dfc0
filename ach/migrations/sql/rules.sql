-- An entry is what it was when it was asked; it moves along its edges, and its place in a file is given once a file.
CREATE FUNCTION ach_check_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
    IF (NEW.public_id, NEW.livemode, NEW.originator_id, NEW.kind, NEW.reference, NEW.account_id, NEW.party_id,
        NEW.on_behalf_id, NEW.original_id, NEW.direction, NEW.amount_minor, NEW.currency, NEW.sec,
        NEW.transaction_code, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.originator_id, OLD.kind, OLD.reference, OLD.account_id, OLD.party_id,
        OLD.on_behalf_id, OLD.original_id, OLD.direction, OLD.amount_minor, OLD.currency, OLD.sec,
        OLD.transaction_code, OLD.created_by, OLD.created_at)
       OR (OLD.trace <> '' AND NEW.trace NOT IN (OLD.trace, ''))
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

CREATE TRIGGER ach_entry_rules BEFORE INSERT OR UPDATE ON ach_entry
    FOR EACH ROW EXECUTE FUNCTION ach_check_entry();

-- What was written stays written; bytes that left cannot change under the bank's hands.
CREATE FUNCTION ach_check_file() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.public_id, NEW.livemode, NEW.originator_id, NEW.cutoff_id, NEW.replaces_id, NEW.created_on,
        NEW.created_time, NEW.modifier, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.originator_id, OLD.cutoff_id, OLD.replaces_id, OLD.created_on,
        OLD.created_time, OLD.modifier, OLD.created_at)
       OR (OLD.state <> 'PLANNED' AND
           (NEW.sha256, NEW.content, NEW.size, NEW.lines, NEW.batches, NEW.entry_count, NEW.addenda_count,
            NEW.debit_minor, NEW.credit_minor, NEW.entry_hash)
           IS DISTINCT FROM
           (OLD.sha256, OLD.content, OLD.size, OLD.lines, OLD.batches, OLD.entry_count, OLD.addenda_count,
            OLD.debit_minor, OLD.credit_minor, OLD.entry_hash))
    THEN
        RAISE EXCEPTION 'a file stays as it was written'
            USING ERRCODE = 'HF425', CONSTRAINT = 'ach_file_stays_as_written', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('PLANNED', 'BUILT'), ('PLANNED', 'WITHDRAWN'), ('BUILT', 'UNSIGNED'),
            ('BUILT', 'READY'), ('BUILT', 'WITHDRAWN'), ('UNSIGNED', 'READY'),
            ('UNSIGNED', 'WITHDRAWN'), ('READY', 'DELIVERED'), ('READY', 'WITHDRAWN'),
            ('DELIVERED', 'ACKNOWLEDGED'), ('DELIVERED', 'REJECTED'), ('ACKNOWLEDGED', 'REJECTED')
    ) THEN
        RAISE EXCEPTION 'a file does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF426', CONSTRAINT = 'ach_file_edge_exists', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_file_rules BEFORE UPDATE ON ach_file
    FOR EACH ROW EXECUTE FUNCTION ach_check_file();

-- What the bank sent stays as it came.
CREATE FUNCTION ach_check_inbound() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.public_id, NEW.livemode, NEW.originator_id, NEW.name, NEW.sha256, NEW.size, NEW.content, NEW.received_by,
        NEW.received_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.originator_id, OLD.name, OLD.sha256, OLD.size, OLD.content, OLD.received_by,
        OLD.received_at)
    THEN
        RAISE EXCEPTION 'what the bank sent stays as it came'
            USING ERRCODE = 'HF427', CONSTRAINT = 'ach_inbound_stays_as_it_came', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ach_inbound_rules BEFORE UPDATE ON ach_inboundfile
    FOR EACH ROW EXECUTE FUNCTION ach_check_inbound();

CREATE FUNCTION ach_refuse_delete() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'records of the rail are kept'
        USING ERRCODE = 'HF428', CONSTRAINT = 'ach_record_is_kept', TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER ach_entry_is_kept BEFORE DELETE ON ach_entry FOR EACH ROW EXECUTE FUNCTION ach_refuse_delete();
CREATE TRIGGER ach_file_is_kept BEFORE DELETE ON ach_file FOR EACH ROW EXECUTE FUNCTION ach_refuse_delete();
CREATE TRIGGER ach_inbound_is_kept BEFORE DELETE ON ach_inboundfile FOR EACH ROW EXECUTE FUNCTION ach_refuse_delete();
CREATE TRIGGER ach_item_is_kept BEFORE DELETE ON ach_inbounditem FOR EACH ROW EXECUTE FUNCTION ach_refuse_delete();
