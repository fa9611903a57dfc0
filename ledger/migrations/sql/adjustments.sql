-- An entry of the kind for corrections by hand rests on signatures: its key is the id of the executed approval, which is
-- of this reference and book, or of the entry that is reversed.
CREATE FUNCTION ledger_require_approval() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.reverses_id IS NULL THEN
        PERFORM approvals_require_executed(NEW.idempotency_key, 'ledger.adjust', NEW.reference);
        IF NOT EXISTS (SELECT FROM approvals_request r
                        WHERE r.request_id = NEW.idempotency_key AND r.given ->> 'book' = NEW.book) THEN
            RAISE EXCEPTION 'approved for another book'
                USING ERRCODE = 'HF118', CONSTRAINT = 'adjustment_is_of_the_book_approved';
        END IF;
    ELSE
        PERFORM approvals_require_executed(NEW.idempotency_key, 'ledger.reverse', e.public_id)
           FROM ledger_entry e WHERE e.id = NEW.reverses_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjustment_is_approved BEFORE INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.kind = 'ledger.adjusted') EXECUTE FUNCTION ledger_require_approval();
