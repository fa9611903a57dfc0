-- A timer fires or is stopped once. What came of it is written after it fired, once.
CREATE OR REPLACE FUNCTION escrow_check_timer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.escrow_id, NEW.livemode, NEW.kind, NEW.key, NEW.due_at, NEW.created_at) IS DISTINCT FROM
       (OLD.escrow_id, OLD.livemode, OLD.kind, OLD.key, OLD.due_at, OLD.created_at)
       OR (OLD.state <> 'PENDING' AND NOT (
           OLD.state = 'FIRED' AND OLD.outcome = ''
           AND (NEW.state, NEW.ended_at, NEW.late_seconds) IS NOT DISTINCT FROM
               (OLD.state, OLD.ended_at, OLD.late_seconds)))
    THEN
        RAISE EXCEPTION 'a timer fires or is stopped, once'
            USING ERRCODE = 'HF293', CONSTRAINT = 'timer_fires_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
