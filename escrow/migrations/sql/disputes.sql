-- What the database itself refuses about disputes, and about what was lost late.
-- The table of moves is that of escrow/dispute_states.py; tests/integration/escrow/test_dispute_rules.py compares the two.

CREATE FUNCTION escrow_check_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'disputes are kept'
            USING ERRCODE = 'HF220', CONSTRAINT = 'dispute_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('OPEN', 'ESCALATED') OR NEW.mediator <> '' OR NEW.approval_id <> '' THEN
            RAISE EXCEPTION 'a dispute begins with nobody deciding it'
                USING ERRCODE = 'HF221', CONSTRAINT = 'dispute_begins_open', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.escrow_id, NEW.livemode, NEW.side, NEW.raised_by, NEW.reason, NEW.text, NEW.amount_minor,
        NEW.currency, NEW.opened_at, NEW.evidence_due_at, NEW.auto_resolution_at, NEW.auto_outcome) IS DISTINCT FROM
       (OLD.public_id, OLD.escrow_id, OLD.livemode, OLD.side, OLD.raised_by, OLD.reason, OLD.text, OLD.amount_minor,
        OLD.currency, OLD.opened_at, OLD.evidence_due_at, OLD.auto_resolution_at, OLD.auto_outcome)
       OR (OLD.escalated_at IS NOT NULL AND NEW.escalated_at IS DISTINCT FROM OLD.escalated_at)
       OR (OLD.state IN ('RESOLVED', 'WITHDRAWN') AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'what a dispute is about stays, and so does its end'
            USING ERRCODE = 'HF222', CONSTRAINT = 'dispute_does_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('OPEN', 'EVIDENCE'), ('OPEN', 'ESCALATED'), ('EVIDENCE', 'ESCALATED'), ('ESCALATED', 'PROPOSED'),
        ('PROPOSED', 'ESCALATED'), ('OPEN', 'RESOLVED'), ('EVIDENCE', 'RESOLVED'), ('ESCALATED', 'RESOLVED'),
        ('PROPOSED', 'RESOLVED'), ('OPEN', 'WITHDRAWN'), ('EVIDENCE', 'WITHDRAWN'), ('ESCALATED', 'WITHDRAWN'),
        ('PROPOSED', 'WITHDRAWN'))
    THEN
        RAISE EXCEPTION 'a dispute does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'HF223', CONSTRAINT = 'dispute_state_moves_legally', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.mediator <> '' AND NEW.raised_by = 'STAFF:' || NEW.mediator THEN
        RAISE EXCEPTION 'whoever raised a dispute does not mediate it'
            USING ERRCODE = 'HF224', CONSTRAINT = 'dispute_is_mediated_by_another', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'WITHDRAWN' AND OLD.state <> 'WITHDRAWN' AND NEW.raised_by LIKE 'STAFF:%'
       AND NEW.ended_by <> NEW.raised_by
    THEN
        RAISE EXCEPTION 'a dispute is withdrawn by whoever raised it'
            USING ERRCODE = 'HF225', CONSTRAINT = 'dispute_is_withdrawn_by_its_raiser', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'RESOLVED' AND OLD.state <> 'RESOLVED' THEN
        IF NEW.ended_by = NEW.raised_by AND NEW.raised_by NOT LIKE 'SYSTEM:%' THEN
            RAISE EXCEPTION 'whoever raised a dispute does not resolve it'
                USING ERRCODE = 'HF226', CONSTRAINT = 'dispute_is_resolved_by_another', TABLE = TG_TABLE_NAME;
        ELSIF NEW.resolved_how = 'MEDIATOR' AND (NEW.mediator = '' OR NEW.ended_by <> 'STAFF:' || NEW.mediator) THEN
            RAISE EXCEPTION 'only its mediator decides a dispute'
                USING ERRCODE = 'HF227', CONSTRAINT = 'dispute_is_decided_by_its_mediator', TABLE = TG_TABLE_NAME;
        ELSIF NEW.resolved_how = 'MEDIATOR' AND NEW.escalated_at IS NOT NULL THEN
            RAISE EXCEPTION 'an escalated dispute takes signatures'
                USING ERRCODE = 'HF228', CONSTRAINT = 'escalated_dispute_is_signed', TABLE = TG_TABLE_NAME;
        ELSIF NEW.resolved_how = 'CLOCK' AND (NEW.ended_at < NEW.auto_resolution_at OR NEW.ended_by NOT LIKE 'SYSTEM:%')
        THEN
            RAISE EXCEPTION 'a dispute does not end by itself before its day'
                USING ERRCODE = 'HF229', CONSTRAINT = 'dispute_ends_by_itself_at_its_day', TABLE = TG_TABLE_NAME;
        ELSIF NEW.resolved_how = 'NETWORK' AND NOT EXISTS (
            SELECT FROM escrow_disputecause c WHERE c.dispute_id = NEW.id AND c.kind IN ('CHARGEBACK', 'ACH_RETURN'))
        THEN
            RAISE EXCEPTION 'no network has taken anything back'
                USING ERRCODE = 'HF230', CONSTRAINT = 'dispute_is_resolved_by_its_network', TABLE = TG_TABLE_NAME;
        ELSIF NEW.resolved_how = 'SIGNED' THEN
            SELECT public_id INTO subject FROM escrow_escrow WHERE id = NEW.escrow_id;
            PERFORM approvals_require_executed(NEW.approval_id, 'escrow.resolve_dispute', subject);
            IF NOT EXISTS (
                SELECT FROM approvals_request r WHERE r.request_id = NEW.approval_id
                  AND r.given->>'dispute' = NEW.public_id AND (r.given->>'releaseMinor')::bigint = NEW.release_minor
                  AND (r.given->>'refundMinor')::bigint = NEW.refund_minor)
            THEN
                RAISE EXCEPTION 'something else was signed'
                    USING ERRCODE = 'HF231', CONSTRAINT = 'dispute_ends_as_it_was_signed', TABLE = TG_TABLE_NAME;
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER dispute_rules BEFORE INSERT OR UPDATE OR DELETE ON escrow_dispute
    FOR EACH ROW EXECUTE FUNCTION escrow_check_dispute();

-- At the end of a transaction: an escrow is DISPUTED exactly as long as a dispute about it is open.
CREATE FUNCTION escrow_check_disputed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e bigint := CASE TG_TABLE_NAME WHEN 'escrow_escrow' THEN NEW.id ELSE (to_jsonb(NEW)->>'escrow_id')::bigint END;
BEGIN
    IF (SELECT status = 'DISPUTED' FROM escrow_escrow WHERE id = e) IS DISTINCT FROM EXISTS (
        SELECT FROM escrow_dispute WHERE escrow_id = e AND state NOT IN ('RESOLVED', 'WITHDRAWN'))
    THEN
        RAISE EXCEPTION 'an escrow is disputed as long as a dispute is open'
            USING ERRCODE = 'HF232', CONSTRAINT = 'escrow_is_disputed_while_a_dispute_is_open', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER escrow_disputed AFTER UPDATE OF status ON escrow_escrow
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escrow_check_disputed();
CREATE CONSTRAINT TRIGGER dispute_open AFTER INSERT OR UPDATE OF state ON escrow_dispute
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escrow_check_disputed();

-- While a dispute is open only a network moves the money; a resolution ends the dispute first.
CREATE FUNCTION escrow_check_movement_in_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind <> 'TAKEN_BACK' AND EXISTS (
        SELECT FROM escrow_dispute WHERE escrow_id = NEW.escrow_id AND state NOT IN ('RESOLVED', 'WITHDRAWN'))
    THEN
        RAISE EXCEPTION 'nothing moves while a dispute is open'
            USING ERRCODE = 'HF233', CONSTRAINT = 'movement_waits_for_the_dispute', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER movement_in_dispute BEFORE INSERT ON escrow_movement
    FOR EACH ROW EXECUTE FUNCTION escrow_check_movement_in_dispute();

-- Evidence comes in while its side may speak: before the deadline, before it has submitted, while the dispute is open.
CREATE FUNCTION escrow_check_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    d escrow_dispute%ROWTYPE;
BEGIN
    SELECT * INTO d FROM escrow_dispute WHERE id = NEW.dispute_id FOR NO KEY UPDATE;
    IF d.state IN ('RESOLVED', 'WITHDRAWN') OR (TG_TABLE_NAME = 'escrow_evidence' AND NEW.at >= d.evidence_due_at) THEN
        RAISE EXCEPTION 'evidence comes in time'
            USING ERRCODE = 'HF234', CONSTRAINT = 'evidence_comes_in_time', TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (SELECT FROM escrow_submission WHERE dispute_id = NEW.dispute_id AND side = NEW.side) THEN
        RAISE EXCEPTION 'a side that has submitted adds nothing'
            USING ERRCODE = 'HF235', CONSTRAINT = 'evidence_is_closed_once_submitted', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER evidence_rules BEFORE INSERT ON escrow_evidence
    FOR EACH ROW EXECUTE FUNCTION escrow_check_evidence();
CREATE TRIGGER submission_rules BEFORE INSERT ON escrow_submission
    FOR EACH ROW EXECUTE FUNCTION escrow_check_evidence();

-- A debt is what it is: it only gets smaller, by rows that say how.
CREATE FUNCTION escrow_check_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'receivables are kept'
            USING ERRCODE = 'HF236', CONSTRAINT = 'receivable_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.public_id, NEW.livemode, NEW.party_id, NEW.escrow_id, NEW.cause, NEW.amount_minor, NEW.currency, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.public_id, OLD.livemode, OLD.party_id, OLD.escrow_id, OLD.cause, OLD.amount_minor, OLD.currency, OLD.opened_at)
       OR NEW.recovered_minor < OLD.recovered_minor OR (OLD.state <> 'OPEN' AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'a debt only gets smaller'
            USING ERRCODE = 'HF237', CONSTRAINT = 'receivable_only_gets_smaller', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.state = 'WRITTEN_OFF' AND OLD.state <> 'WRITTEN_OFF' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'escrow.write_off_receivable', NEW.public_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER receivable_rules BEFORE UPDATE OR DELETE ON escrow_receivable
    FOR EACH ROW EXECUTE FUNCTION escrow_check_receivable();

CREATE FUNCTION escrow_check_recovered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM escrow_receivable r WHERE r.id = NEW.id AND r.recovered_minor + r.written_off_minor <> (
            SELECT coalesce(sum(amount_minor), 0) FROM escrow_recovery WHERE receivable_id = r.id))
    THEN
        RAISE EXCEPTION 'what came back is the sum of its rows'
            USING ERRCODE = 'HF238', CONSTRAINT = 'receivable_is_the_sum_of_its_recoveries', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER receivable_sums AFTER INSERT OR UPDATE ON escrow_receivable
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escrow_check_recovered();

CREATE FUNCTION escrow_check_reserve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR (NEW.escrow_id, NEW.transaction_id, NEW.amount_minor, NEW.entry_id,
        NEW.kept_at, NEW.ends_at) IS DISTINCT FROM (OLD.escrow_id, OLD.transaction_id, OLD.amount_minor, OLD.entry_id,
        OLD.kept_at, OLD.ends_at) OR NEW.ended_at < NEW.ends_at
    THEN
        RAISE EXCEPTION 'what is kept back is given once, at its end'
            USING ERRCODE = 'HF239', CONSTRAINT = 'reserve_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER reserve_rules BEFORE UPDATE OR DELETE ON escrow_reserve
    FOR EACH ROW EXECUTE FUNCTION escrow_check_reserve();
