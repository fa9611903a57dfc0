-- A posting is what the accepted file said; only what became of it changes.
CREATE FUNCTION ach_check_sandbox_posting() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.inbox_id, NEW.line, NEW.batch_number, NEW.trace, NEW.routing, NEW.sec, NEW.transaction_code,
        NEW.direction, NEW.amount_minor, NEW.behaviour, NEW.account_key)
       IS DISTINCT FROM
       (OLD.inbox_id, OLD.line, OLD.batch_number, OLD.trace, OLD.routing, OLD.sec, OLD.transaction_code,
        OLD.direction, OLD.amount_minor, OLD.behaviour, OLD.account_key)
    THEN
        RAISE EXCEPTION 'a posting stays what the file said'
            USING ERRCODE = 'HF431', CONSTRAINT = 'sandbox_posting_stays_as_filed', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('ACCEPTED', 'SETTLED'), ('ACCEPTED', 'RETURNED'), ('ACCEPTED', 'REFUSED'), ('SETTLED', 'RETURNED'),
            ('RETURNED', 'DISHONORED'), ('DISHONORED', 'CONTESTED')
    ) THEN
        RAISE EXCEPTION 'a posting does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF432', CONSTRAINT = 'sandbox_posting_edge_exists', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sandbox_posting_rules BEFORE UPDATE ON ach_sandboxposting
    FOR EACH ROW EXECUTE FUNCTION ach_check_sandbox_posting();

-- Nothing live reaches the sandbox, whatever the program believes.
CREATE FUNCTION ach_check_sandbox_inbox() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ach_originator WHERE id = NEW.originator_id AND livemode) THEN
        RAISE EXCEPTION 'the sandbox bank is for test data'
            USING ERRCODE = 'HF433', CONSTRAINT = 'sandbox_inbox_is_test_data', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sandbox_inbox_rules BEFORE INSERT ON ach_sandboxinbox
    FOR EACH ROW EXECUTE FUNCTION ach_check_sandbox_inbox();
