-- An escrow holds the money of one payment, for the two who were named in it, in the mode it was made in.

CREATE FUNCTION escrow_check_escrow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payments_payment
        WHERE id = NEW.payment_id AND livemode = NEW.livemode AND currency = NEW.currency
          AND customer_id = NEW.payer_id AND provider_id = NEW.payee_id
    ) THEN
        RAISE EXCEPTION 'an escrow is of the mode, the currency and the parties of its payment'
            USING ERRCODE = 'HF273', CONSTRAINT = 'escrow_is_of_its_payment', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER escrow_rules BEFORE INSERT OR UPDATE OF livemode, currency, payment_id, payer_id, payee_id
    ON escrow_escrow FOR EACH ROW EXECUTE FUNCTION escrow_check_escrow();
