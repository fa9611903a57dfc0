-- Test data and live data never meet in a payment or a refund.

CREATE FUNCTION payments_check_payment_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM compliance_party WHERE id IN (NEW.customer_id, NEW.provider_id) AND livemode <> NEW.livemode
    ) OR EXISTS (
        SELECT FROM fraud_assessment WHERE id = NEW.assessment_id AND livemode <> NEW.livemode
    ) THEN
        RAISE EXCEPTION 'a payment, its parties and its assessment are of one mode'
            USING ERRCODE = 'HF408', CONSTRAINT = 'payment_stays_in_its_mode', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payment_mode BEFORE INSERT ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_check_payment_mode();

CREATE FUNCTION payments_check_refund_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payments_payment
        WHERE id = NEW.payment_id AND livemode = NEW.livemode AND currency = NEW.currency
    ) THEN
        RAISE EXCEPTION 'a refund is of the mode and the currency of its payment'
            USING ERRCODE = 'HF409', CONSTRAINT = 'refund_is_of_its_payment', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refund_mode BEFORE INSERT ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_check_refund_mode();
