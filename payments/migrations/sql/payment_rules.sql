-- What the database itself refuses about payments. Every refusal has a name (core.database.refusals).
-- The table of moves is that of payments/states.py; tests/integration/payments/test_database_rules.py compares the two.

CREATE FUNCTION payments_check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status NOT IN ('PROCESSING', 'FAILED') OR NEW.refunded_minor <> 0 OR NEW.disputed_minor <> 0 THEN
            RAISE EXCEPTION 'a payment begins with the gateway or with a refusal'
                USING ERRCODE = 'HF401', CONSTRAINT = 'payment_begins_at_the_beginning', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payments are kept'
            USING ERRCODE = 'HF402', CONSTRAINT = 'payment_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.public_id, NEW.transaction_id, NEW.livemode, NEW.amount_minor, NEW.currency, NEW.fee_basis_points,
        NEW.fee_minor, NEW.net_minor, NEW.customer_id, NEW.provider_id, NEW.escrow_id, NEW.gateway, NEW.created_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.transaction_id, OLD.livemode, OLD.amount_minor, OLD.currency, OLD.fee_basis_points,
        OLD.fee_minor, OLD.net_minor, OLD.customer_id, OLD.provider_id, OLD.escrow_id, OLD.gateway, OLD.created_at)
    THEN
        RAISE EXCEPTION 'what was agreed about a payment does not change'
            USING ERRCODE = 'HF403', CONSTRAINT = 'payment_terms_do_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('PENDING', 'PROCESSING'), ('PENDING', 'FAILED'),
        ('PROCESSING', 'PENDING'), ('PROCESSING', 'COMPLETED'), ('PROCESSING', 'FAILED'), ('PROCESSING', 'CANCELLED'))
    THEN
        RAISE EXCEPTION 'a payment does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'HF404', CONSTRAINT = 'payment_status_moves_legally', TABLE = TG_TABLE_NAME;
    END IF;
    -- Only a capture completes: a payment that is being voided ends given back or failed.
    IF NEW.status = 'COMPLETED' AND OLD.status = 'PROCESSING' AND OLD.step = 'VOID' THEN
        RAISE EXCEPTION 'a payment being voided cannot complete'
            USING ERRCODE = 'HF404', CONSTRAINT = 'payment_status_moves_legally', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payment_rules BEFORE INSERT OR UPDATE OR DELETE ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_check_payment();

CREATE FUNCTION payments_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'refunds are kept'
            USING ERRCODE = 'HF405', CONSTRAINT = 'refund_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.public_id, NEW.payment_id, NEW.livemode, NEW.amount_minor, NEW.fee_minor, NEW.net_minor, NEW.currency)
       IS DISTINCT FROM
       (OLD.public_id, OLD.payment_id, OLD.livemode, OLD.amount_minor, OLD.fee_minor, OLD.net_minor, OLD.currency)
    THEN
        RAISE EXCEPTION 'what was refunded does not change'
            USING ERRCODE = 'HF406', CONSTRAINT = 'refund_terms_do_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.status <> OLD.status AND OLD.status <> 'PENDING' THEN
        RAISE EXCEPTION 'a refund ends once'
            USING ERRCODE = 'HF407', CONSTRAINT = 'refund_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refund_rules BEFORE UPDATE OR DELETE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_check_refund();
