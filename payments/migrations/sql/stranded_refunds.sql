-- A refund ends once, but for one that is stranded: it was refused, its money is still set aside, and it is tried again.

CREATE OR REPLACE FUNCTION payments_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'refunds are kept'
            USING ERRCODE = 'HF405', CONSTRAINT = 'refund_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.public_id, NEW.payment_id, NEW.livemode, NEW.amount_minor, NEW.fee_minor, NEW.net_minor, NEW.currency,
        NEW.escrow_reference)
       IS DISTINCT FROM
       (OLD.public_id, OLD.payment_id, OLD.livemode, OLD.amount_minor, OLD.fee_minor, OLD.net_minor, OLD.currency,
        OLD.escrow_reference)
    THEN
        RAISE EXCEPTION 'what was refunded does not change'
            USING ERRCODE = 'HF406', CONSTRAINT = 'refund_terms_do_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.status <> OLD.status AND OLD.status <> 'PENDING'
       AND NOT (OLD.stranded AND NEW.status = 'PENDING' AND NEW.tries = OLD.tries + 1)
    THEN
        RAISE EXCEPTION 'a refund ends once'
            USING ERRCODE = 'HF407', CONSTRAINT = 'refund_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
