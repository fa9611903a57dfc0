-- What the database itself refuses about chargebacks. The moves are those of payments/states.py.

CREATE FUNCTION payments_check_chargeback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'chargebacks are kept'
            USING ERRCODE = 'HF410', CONSTRAINT = 'chargeback_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'OPEN' THEN
            RAISE EXCEPTION 'a chargeback begins open'
                USING ERRCODE = 'HF411', CONSTRAINT = 'chargeback_begins_open', TABLE = TG_TABLE_NAME;
        END IF;
        IF NOT EXISTS (
            SELECT FROM payments_payment
            WHERE id = NEW.payment_id AND livemode = NEW.livemode AND currency = NEW.currency AND gateway = NEW.gateway
              AND status = 'COMPLETED' AND amount_minor >= NEW.amount_minor
        ) THEN
            RAISE EXCEPTION 'a chargeback takes no more than its captured payment took, through the same gateway'
                USING ERRCODE = 'HF412', CONSTRAINT = 'chargeback_is_of_its_payment', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.payment_id, NEW.livemode, NEW.gateway, NEW.network_reference, NEW.kind, NEW.reason_code,
        NEW.amount_minor, NEW.currency, NEW.fee_minor, NEW.held_minor, NEW.late_minor, NEW.beyond_minor, NEW.entry_id,
        NEW.opened_at, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.payment_id, OLD.livemode, OLD.gateway, OLD.network_reference, OLD.kind, OLD.reason_code,
        OLD.amount_minor, OLD.currency, OLD.fee_minor, OLD.held_minor, OLD.late_minor, OLD.beyond_minor, OLD.entry_id,
        OLD.opened_at, OLD.created_at)
       OR (OLD.contested_at IS NOT NULL AND (NEW.contested_at, NEW.contested_by, NEW.evidence)
           IS DISTINCT FROM (OLD.contested_at, OLD.contested_by, OLD.evidence))
    THEN
        RAISE EXCEPTION 'what was taken, and what was said against it, does not change'
            USING ERRCODE = 'HF413', CONSTRAINT = 'chargeback_terms_do_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state <> OLD.state AND OLD.state <> 'OPEN' THEN
        RAISE EXCEPTION 'a chargeback does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF414', CONSTRAINT = 'chargeback_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER chargeback_rules BEFORE INSERT OR UPDATE OR DELETE ON payments_chargeback
    FOR EACH ROW EXECUTE FUNCTION payments_check_chargeback();

-- At commit: the payment counts as disputed exactly what its chargebacks took and have not given back.

CREATE FUNCTION payments_check_disputed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payment bigint := CASE WHEN TG_TABLE_NAME = 'payments_payment' THEN (to_jsonb(NEW) ->> 'id')::bigint
                           ELSE (to_jsonb(NEW) ->> 'payment_id')::bigint END;
BEGIN
    IF EXISTS (
        SELECT FROM payments_payment p,
            LATERAL (SELECT coalesce(sum(amount_minor - beyond_minor), 0) AS disputed, coalesce(sum(fee_minor), 0) AS fee
                       FROM payments_chargeback WHERE payment_id = p.id AND state <> 'WON') c
        WHERE p.id = payment AND (p.disputed_minor <> c.disputed OR p.disputed_fee_minor <> c.fee)
    ) THEN
        RAISE EXCEPTION 'a payment is disputed by its chargebacks'
            USING ERRCODE = 'HF415', CONSTRAINT = 'payment_is_disputed_by_its_chargebacks', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER chargeback_counts AFTER INSERT OR UPDATE OF state ON payments_chargeback
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_disputed();

CREATE CONSTRAINT TRIGGER payment_disputes AFTER UPDATE OF disputed_minor, disputed_fee_minor ON payments_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.disputed_minor, OLD.disputed_fee_minor) IS DISTINCT FROM (NEW.disputed_minor, NEW.disputed_fee_minor))
    EXECUTE FUNCTION payments_check_disputed();
