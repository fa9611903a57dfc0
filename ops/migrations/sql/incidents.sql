-- An incident stays about what it was opened for, counts forward, and is over once.
CREATE FUNCTION ops_check_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'RESOLVED' THEN
        RAISE EXCEPTION 'incident % does not change: % refused', OLD.incident_id, TG_OP
            USING ERRCODE = 'HF583', CONSTRAINT = 'resolved_incident_is_final', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.incident_id, NEW.alarm, NEW.subject, NEW.opened_at)
        IS DISTINCT FROM (OLD.incident_id, OLD.alarm, OLD.subject, OLD.opened_at)
        OR NEW.hits < OLD.hits OR NEW.severity > OLD.severity THEN
        RAISE EXCEPTION 'incident % keeps its alarm, subject and beginning, loses no hit and becomes no milder',
            OLD.incident_id
            USING ERRCODE = 'HF582', CONSTRAINT = 'incident_stays_what_it_is', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER incident_rules BEFORE UPDATE OR DELETE ON ops_incident
    FOR EACH ROW EXECUTE FUNCTION ops_check_incident();
REVOKE DELETE, TRUNCATE ON ops_incident FROM holdfast_app;
