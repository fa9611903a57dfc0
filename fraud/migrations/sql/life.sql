-- The life of a version of the rules: the table of fraud/rules/states.py.
CREATE FUNCTION fraud_check_rule_set_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_state text;
    v_version integer;
    v_last record;
BEGIN
    SELECT state, version INTO v_state, v_version FROM fraud_ruleset WHERE id = NEW.rule_set_id FOR UPDATE;
    IF NEW.from_state <> v_state OR (NEW.move, NEW.from_state, NEW.to_state) NOT IN (
        ('SHADOW', 'DRAFT', 'SHADOW'),
        ('SHARE', 'SHADOW', 'SHARED'), ('SHARE', 'SHARED', 'SHARED'),
        ('UNSHARE', 'SHARED', 'SHADOW'),
        ('PUBLISH', 'SHADOW', 'ACTIVE'), ('PUBLISH', 'SHARED', 'ACTIVE'),
        ('SUPERSEDE', 'ACTIVE', 'RETIRED'),
        ('WITHDRAW', 'DRAFT', 'RETIRED'), ('WITHDRAW', 'SHADOW', 'RETIRED'), ('WITHDRAW', 'SHARED', 'RETIRED'),
        ('ROLL_BACK', 'RETIRED', 'ACTIVE')) THEN
        RAISE EXCEPTION 'rules version % is %: % refused', v_version, v_state, NEW.move
            USING ERRCODE = 'HF531', CONSTRAINT = 'rule_set_moves_legally', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.move = 'SHARE' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'fraud.share_rules', 'fraud_rules_v' || v_version);
    ELSIF NEW.move = 'PUBLISH' THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'fraud.publish_rules', 'fraud_rules_v' || v_version);
    ELSIF NEW.move = 'ROLL_BACK' THEN
        SELECT move, replaces INTO v_last FROM fraud_rulesetstep WHERE to_state = 'ACTIVE' ORDER BY id DESC LIMIT 1;
        IF v_last.move IS DISTINCT FROM 'PUBLISH' OR v_last.replaces IS DISTINCT FROM v_version THEN
            RAISE EXCEPTION 'rules version % was not in force just before', v_version
                USING ERRCODE = 'HF532', CONSTRAINT = 'rule_set_rolls_back_one_step', TABLE = TG_TABLE_NAME;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_set_step_rules BEFORE INSERT ON fraud_rulesetstep
    FOR EACH ROW EXECUTE FUNCTION fraud_check_rule_set_step();

-- The state follows the newest step. A version begins as a draft, the very first in force.
CREATE FUNCTION fraud_check_rule_set_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_step record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'DRAFT' AND (NEW.state <> 'ACTIVE' OR EXISTS (SELECT FROM fraud_ruleset)) THEN
            RAISE EXCEPTION 'rules version % begins as a draft', NEW.version
                USING ERRCODE = 'HF533', CONSTRAINT = 'rule_set_begins_as_a_draft', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.state, NEW.share) IS NOT DISTINCT FROM (OLD.state, OLD.share) THEN
        RETURN NEW;
    END IF;
    SELECT from_state, to_state, share INTO v_step
      FROM fraud_rulesetstep WHERE rule_set_id = NEW.id ORDER BY id DESC LIMIT 1;
    IF (v_step.from_state, v_step.to_state, v_step.share) IS DISTINCT FROM (OLD.state, NEW.state, NEW.share) THEN
        RAISE EXCEPTION 'rules version % becomes % by no step', OLD.version, NEW.state
            USING ERRCODE = 'HF534', CONSTRAINT = 'rule_set_moves_by_a_step', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_set_state_rules BEFORE INSERT OR UPDATE ON fraud_ruleset
    FOR EACH ROW EXECUTE FUNCTION fraud_check_rule_set_state();

-- Payments are never without rules: whoever retires the version in force puts another in its place.
CREATE FUNCTION fraud_require_active_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM fraud_ruleset WHERE state = 'ACTIVE') THEN
        RAISE EXCEPTION 'no version of the rules would be in force'
            USING ERRCODE = 'HF535', CONSTRAINT = 'some_rule_set_is_active', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER rule_set_is_replaced AFTER UPDATE ON fraud_ruleset DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state = 'ACTIVE' AND NEW.state <> 'ACTIVE')
    EXECUTE FUNCTION fraud_require_active_rules();

-- A pause ends once, by signature; nothing else of it changes.
CREATE FUNCTION fraud_check_rule_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.resumed_at IS NOT NULL
       OR (NEW.pause_id, NEW.code, NEW.reason, NEW.paused_by, NEW.paused_at)
          IS DISTINCT FROM (OLD.pause_id, OLD.code, OLD.reason, OLD.paused_by, OLD.paused_at) THEN
        RAISE EXCEPTION 'pause % is fixed', OLD.pause_id
            USING ERRCODE = 'HF536', CONSTRAINT = 'rule_pause_only_ends', TABLE = TG_TABLE_NAME;
    END IF;
    IF NEW.resumed_at IS NOT NULL THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'fraud.resume_rule', NEW.code);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_pause_rules BEFORE UPDATE OR DELETE ON fraud_rulepause
    FOR EACH ROW EXECUTE FUNCTION fraud_check_rule_pause();
REVOKE DELETE, TRUNCATE ON fraud_rulepause FROM holdfast_app;

-- A suppression only ends.
CREATE FUNCTION fraud_check_suppression() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR (NEW.suppression_id, NEW.livemode, NEW.code, NEW.kind, NEW.value, NEW.reason, NEW.added_by, NEW.added_at,
           NEW.expires_at)
          IS DISTINCT FROM (OLD.suppression_id, OLD.livemode, OLD.code, OLD.kind, OLD.value, OLD.reason, OLD.added_by,
           OLD.added_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'suppression % is fixed', OLD.suppression_id
            USING ERRCODE = 'HF537', CONSTRAINT = 'suppression_only_ends', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER suppression_rules BEFORE UPDATE OR DELETE ON fraud_suppression
    FOR EACH ROW EXECUTE FUNCTION fraud_check_suppression();
REVOKE DELETE, TRUNCATE ON fraud_suppression FROM holdfast_app;

-- What of the rules has no effect on one payment: a row per rule, a pause before a suppression.
CREATE FUNCTION fraud_held_back(
    p_livemode boolean, p_customer text, p_card text, p_device text, p_seller text, p_now timestamptz
) RETURNS TABLE (code varchar, reason text, held_by varchar) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (held.code) held.code, held.reason, held.held_by FROM (
        SELECT p.code, 'PAUSED' AS reason, p.pause_id AS held_by, 0 AS place, p.id
          FROM fraud_rulepause p WHERE p.resumed_at IS NULL
        UNION ALL
        SELECT s.code, 'SUPPRESSED', s.suppression_id, 1, s.id
          FROM fraud_suppression s
         WHERE s.ended_at IS NULL AND s.livemode = p_livemode AND s.expires_at > p_now
           AND (s.kind, s.value) IN (('CUSTOMER', p_customer), ('CARD', p_card), ('DEVICE', p_device),
                                     ('SELLER', p_seller))
    ) AS held ORDER BY held.code, held.place, held.id
$$;
