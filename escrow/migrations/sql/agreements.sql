-- What the database itself refuses about escrows. Every refusal has a name (core.database.refusals).
-- The table of moves is that of escrow/states.py; tests/integration/escrow/test_database_rules.py compares the two.

CREATE FUNCTION escrow_check_life() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'escrows are kept'
            USING ERRCODE = 'HF280', CONSTRAINT = 'escrow_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status NOT IN ('CREATED', 'FUNDED') OR NEW.released_minor <> 0 OR NEW.refunded_minor <> 0 THEN
            RAISE EXCEPTION 'an escrow begins unfunded, or with the money of its payment'
                USING ERRCODE = 'HF281', CONSTRAINT = 'escrow_begins_at_the_beginning', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.public_id, NEW.livemode, NEW.payer_id, NEW.payee_id, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.public_id, OLD.livemode, OLD.payer_id, OLD.payee_id, OLD.currency, OLD.created_at)
       OR (OLD.funded_at IS NOT NULL AND (NEW.account, NEW.payment_id, NEW.amount_minor, NEW.fee_minor,
           NEW.funding_rail, NEW.funded_at) IS DISTINCT FROM (OLD.account, OLD.payment_id, OLD.amount_minor,
           OLD.fee_minor, OLD.funding_rail, OLD.funded_at))
    THEN
        RAISE EXCEPTION 'what an escrow is about does not change'
            USING ERRCODE = 'HF282', CONSTRAINT = 'escrow_identity_does_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('CREATED', 'FUNDED'), ('CREATED', 'REFUNDED'), ('FUNDED', 'LOCKED'), ('LOCKED', 'FUNDED'),
        ('FUNDED', 'RELEASED'), ('LOCKED', 'RELEASED'), ('FUNDED', 'REFUNDED'), ('LOCKED', 'REFUNDED'),
        ('FUNDED', 'DISPUTED'), ('LOCKED', 'DISPUTED'), ('DISPUTED', 'FUNDED'), ('DISPUTED', 'LOCKED'),
        ('DISPUTED', 'RELEASED'), ('DISPUTED', 'REFUNDED'), ('REFUNDED', 'FUNDED'),
        ('RELEASED', 'FUNDED'))
    THEN
        RAISE EXCEPTION 'an escrow does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'HF283', CONSTRAINT = 'escrow_status_moves_legally', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.status <> OLD.status AND NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a change of an escrow is a new version of it'
            USING ERRCODE = 'HF284', CONSTRAINT = 'escrow_version_grows', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER escrow_life BEFORE INSERT OR UPDATE OR DELETE ON escrow_escrow
    FOR EACH ROW EXECUTE FUNCTION escrow_check_life();

-- Standalone escrows have no payment until one funds them.
CREATE OR REPLACE FUNCTION escrow_check_escrow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.payment_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM payments_payment
        WHERE id = NEW.payment_id AND livemode = NEW.livemode AND currency = NEW.currency
          AND customer_id = NEW.payer_id AND provider_id = NEW.payee_id
    ) THEN
        RAISE EXCEPTION 'an escrow is of the mode, the currency and the parties of its payment'
            USING ERRCODE = 'HF273', CONSTRAINT = 'escrow_is_of_its_payment', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION escrow_check_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'parts are kept'
            USING ERRCODE = 'HF285', CONSTRAINT = 'part_is_never_deleted', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.escrow_id, NEW.number, NEW.parent_id, NEW.amount_minor, NEW.condition_id)
       IS DISTINCT FROM (OLD.escrow_id, OLD.number, OLD.parent_id, OLD.amount_minor, OLD.condition_id)
       OR (OLD.state <> 'HELD' AND NEW.state <> OLD.state)
    THEN
        RAISE EXCEPTION 'a part keeps its amount and ends once'
            USING ERRCODE = 'HF286', CONSTRAINT = 'part_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER part_rules BEFORE UPDATE OR DELETE ON escrow_part
    FOR EACH ROW EXECUTE FUNCTION escrow_check_part();

CREATE FUNCTION escrow_check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    act text;
    escrow text;
BEGIN
    IF NOT EXISTS (
        SELECT FROM escrow_part p WHERE p.id = NEW.part_id AND p.escrow_id = NEW.escrow_id
          AND p.amount_minor = NEW.amount_minor
          AND p.state = CASE NEW.kind WHEN 'RELEASE' THEN 'RELEASED' ELSE 'REFUNDED' END
    ) THEN
        RAISE EXCEPTION 'a movement ends one part, whole'
            USING ERRCODE = 'HF287', CONSTRAINT = 'movement_ends_its_part', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.approval_id <> '' THEN
        SELECT action INTO act FROM approvals_request WHERE request_id = NEW.approval_id;
        SELECT public_id INTO escrow FROM escrow_escrow WHERE id = NEW.escrow_id;
        IF act IS NULL OR act NOT LIKE 'escrow.%' THEN
            RAISE EXCEPTION 'signatures for something else move nothing here'
                USING ERRCODE = 'HF278', CONSTRAINT = 'movement_was_signed', TABLE = TG_TABLE_NAME;
        END IF;
        PERFORM approvals_require_executed(NEW.approval_id, act, escrow);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER movement_rules BEFORE INSERT ON escrow_movement
    FOR EACH ROW EXECUTE FUNCTION escrow_check_movement();

CREATE FUNCTION escrow_check_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'terms are kept'
            USING ERRCODE = 'HF288', CONSTRAINT = 'terms_are_kept', TABLE = TG_TABLE_NAME;
    END IF;
    IF (NEW.escrow_id, NEW.version, NEW.document, NEW.digest, NEW.proposed_by)
       IS DISTINCT FROM (OLD.escrow_id, OLD.version, OLD.document, OLD.digest, OLD.proposed_by)
       OR (OLD.payer_agreed_at IS NOT NULL AND NEW.payer_agreed_at IS DISTINCT FROM OLD.payer_agreed_at)
       OR (OLD.payee_agreed_at IS NOT NULL AND NEW.payee_agreed_at IS DISTINCT FROM OLD.payee_agreed_at)
       OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('PROPOSED', 'AGREED'), ('PROPOSED', 'REJECTED'),
           ('PROPOSED', 'LAPSED'), ('AGREED', 'SUPERSEDED')))
    THEN
        RAISE EXCEPTION 'what was agreed does not change'
            USING ERRCODE = 'HF289', CONSTRAINT = 'terms_do_not_change', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER terms_rules BEFORE UPDATE OR DELETE ON escrow_terms
    FOR EACH ROW EXECUTE FUNCTION escrow_check_terms();

CREATE FUNCTION escrow_check_condition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.escrow_id, NEW.terms_id, NEW.condition_id, NEW.type) IS DISTINCT FROM
       (OLD.escrow_id, OLD.terms_id, OLD.condition_id, OLD.type)
       OR (OLD.state <> 'OPEN' AND (NEW.state, NEW.met_at, NEW.met_by) IS DISTINCT FROM (OLD.state, OLD.met_at, OLD.met_by))
    THEN
        RAISE EXCEPTION 'a condition is met or lapses once'
            USING ERRCODE = 'HF290', CONSTRAINT = 'condition_ends_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER condition_rules BEFORE UPDATE ON escrow_condition
    FOR EACH ROW EXECUTE FUNCTION escrow_check_condition();

CREATE FUNCTION escrow_check_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.lifted_at IS NOT NULL OR (NEW.escrow_id, NEW.reason, NEW.placed_by, NEW.placed_at)
       IS DISTINCT FROM (OLD.escrow_id, OLD.reason, OLD.placed_by, OLD.placed_at)
    THEN
        RAISE EXCEPTION 'a lock is lifted once'
            USING ERRCODE = 'HF291', CONSTRAINT = 'lock_is_lifted_once', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.lifted_at IS NOT NULL AND NEW.reason IN ('COMPLIANCE', 'FRAUD', 'RECONCILIATION')
       AND NEW.placed_by LIKE 'STAFF:%' AND NEW.lifted_by = NEW.placed_by
    THEN
        RAISE EXCEPTION 'whoever placed a hold does not lift it'
            USING ERRCODE = 'HF292', CONSTRAINT = 'hold_is_lifted_by_another', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lock_rules BEFORE UPDATE OR DELETE ON escrow_lock
    FOR EACH ROW EXECUTE FUNCTION escrow_check_lock();

CREATE FUNCTION escrow_check_timer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'PENDING' OR (NEW.escrow_id, NEW.kind, NEW.key, NEW.due_at) IS DISTINCT FROM
       (OLD.escrow_id, OLD.kind, OLD.key, OLD.due_at)
    THEN
        RAISE EXCEPTION 'a timer fires or is stopped, once'
            USING ERRCODE = 'HF293', CONSTRAINT = 'timer_fires_once', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER timer_rules BEFORE UPDATE ON escrow_timer
    FOR EACH ROW EXECUTE FUNCTION escrow_check_timer();

-- At the end of a transaction: what is held is the sum of the held parts, what went is the sum of the movements, and the
-- status says whether something is locked.
CREATE FUNCTION escrow_check_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e escrow_escrow%ROWTYPE;
    held bigint;
    released bigint;
    locked boolean;
BEGIN
    SELECT * INTO e FROM escrow_escrow WHERE id = NEW.id;
    IF e.funded_at IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(amount_minor), 0) INTO held FROM escrow_part WHERE escrow_id = e.id AND state = 'HELD';
    SELECT coalesce(sum(amount_minor), 0) INTO released FROM escrow_movement
        WHERE escrow_id = e.id AND kind = 'RELEASE';
    IF released <> e.released_minor OR held <> e.amount_minor - e.fee_minor - e.released_minor - e.refunded_minor THEN
        RAISE EXCEPTION 'the parts of an escrow are its amount'
            USING ERRCODE = 'HF294', CONSTRAINT = 'escrow_is_the_sum_of_its_parts', TABLE = 'escrow_escrow';
    END IF;
    IF (e.status IN ('RELEASED', 'REFUNDED')) <> (held = 0) THEN
        RAISE EXCEPTION 'an escrow ends with its last part'
            USING ERRCODE = 'HF295', CONSTRAINT = 'escrow_ends_with_its_last_part', TABLE = 'escrow_escrow';
    END IF;
    SELECT EXISTS (SELECT FROM escrow_lock WHERE escrow_id = e.id AND lifted_at IS NULL) INTO locked;
    IF (e.status = 'LOCKED' AND NOT locked) OR (e.status = 'FUNDED' AND locked) THEN
        RAISE EXCEPTION 'an escrow is locked as long as it has a reason'
            USING ERRCODE = 'HF296', CONSTRAINT = 'escrow_is_locked_for_a_reason', TABLE = 'escrow_escrow';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER escrow_sums AFTER INSERT OR UPDATE OF status, released_minor, refunded_minor, funded_at, version
    ON escrow_escrow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escrow_check_sums();

CREATE FUNCTION escrow_check_sums_of_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parts bigint;
BEGIN
    IF NEW.state = 'DIVIDED' THEN
        SELECT coalesce(sum(amount_minor), 0) INTO parts FROM escrow_part WHERE parent_id = NEW.id;
        IF parts <> NEW.amount_minor THEN
            RAISE EXCEPTION 'a divided part is the sum of its children'
                USING ERRCODE = 'HF297', CONSTRAINT = 'part_is_the_sum_of_its_children', TABLE = 'escrow_part';
        END IF;
    ELSIF NEW.state <> 'HELD' AND NOT EXISTS (SELECT FROM escrow_movement WHERE part_id = NEW.id) THEN
        RAISE EXCEPTION 'a part ends with its posting'
            USING ERRCODE = 'HF298', CONSTRAINT = 'part_ends_with_its_posting', TABLE = 'escrow_part';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER part_sums AFTER INSERT OR UPDATE OF state
    ON escrow_part DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escrow_check_sums_of_part();
