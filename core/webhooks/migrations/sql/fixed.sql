-- What was published is sent again as it was, whenever it is sent; what was answered stays answered. Both end by age alone.
CREATE FUNCTION webhooks_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'event % is published: % refused', OLD.id, TG_OP
        USING ERRCODE = 'HF901', CONSTRAINT = 'webhook_event_is_fixed', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER webhook_event_is_fixed BEFORE UPDATE ON webhooks_event
    FOR EACH ROW EXECUTE FUNCTION webhooks_refuse_event_change();
REVOKE UPDATE, TRUNCATE ON webhooks_event FROM holdfast_app;

CREATE FUNCTION webhooks_refuse_attempt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'attempt % is over: % refused', OLD.id, TG_OP
        USING ERRCODE = 'HF902', CONSTRAINT = 'webhook_attempt_is_fixed', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER webhook_attempt_is_fixed BEFORE UPDATE ON webhooks_attempt
    FOR EACH ROW EXECUTE FUNCTION webhooks_refuse_attempt_change();
REVOKE UPDATE, TRUNCATE ON webhooks_attempt FROM holdfast_app;

-- Deliveries change a few times soon after they are made: vacuum by number of rows, not by share of the table.
ALTER TABLE webhooks_delivery
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 85);
