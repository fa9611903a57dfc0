-- A list keeps its name, kind and effect: rules were checked against them.
CREATE FUNCTION fraud_check_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.name, NEW.kind, NEW.effect, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.name, OLD.kind, OLD.effect, OLD.created_by, OLD.created_at) THEN
        RAISE EXCEPTION 'list % is fixed', OLD.name
            USING ERRCODE = 'HF538', CONSTRAINT = 'list_keeps_its_terms', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER list_rules BEFORE UPDATE OR DELETE ON fraud_list FOR EACH ROW EXECUTE FUNCTION fraud_check_list();
REVOKE DELETE, TRUNCATE ON fraud_list FROM holdfast_app;

-- An entry only ends; one of an allow list begins by signature.
CREATE FUNCTION fraud_check_list_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_list record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT name, effect INTO v_list FROM fraud_list WHERE id = NEW.list_id;
        IF v_list.effect = 'ALLOW' THEN
            PERFORM approvals_require_executed(
                NEW.approval_id, 'fraud.allow_entry',
                v_list.name || '/' || CASE WHEN NEW.livemode THEN 'live' ELSE 'test' END || '/' || NEW.value);
        END IF;
    ELSIF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR (NEW.entry_id, NEW.list_id, NEW.livemode, NEW.value, NEW.reason, NEW.approval_id, NEW.added_by, NEW.added_at,
           NEW.expires_at)
          IS DISTINCT FROM (OLD.entry_id, OLD.list_id, OLD.livemode, OLD.value, OLD.reason, OLD.approval_id,
           OLD.added_by, OLD.added_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'list entry % is fixed', OLD.entry_id
            USING ERRCODE = 'HF539', CONSTRAINT = 'list_entry_only_ends', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER list_entry_rules BEFORE INSERT OR UPDATE OR DELETE ON fraud_listentry
    FOR EACH ROW EXECUTE FUNCTION fraud_check_list_entry();
REVOKE DELETE, TRUNCATE ON fraud_listentry FROM holdfast_app;

-- One number for all lists, counted up in the transaction of the change: decisions ask it and keep the content at hand.
-- Numbers of a sequence are not given back: a change that is undone leaves no number that another change gets.
CREATE SEQUENCE fraud_list_changes;
INSERT INTO fraud_listversion (id, number) VALUES (1, nextval('fraud_list_changes'));
CREATE FUNCTION fraud_count_list_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fraud_listversion (id, number) VALUES (1, nextval('fraud_list_changes'))
        ON CONFLICT (id) DO UPDATE SET number = excluded.number;
    RETURN NULL;
END $$;
CREATE TRIGGER list_counts_up AFTER INSERT OR UPDATE ON fraud_list
    FOR EACH STATEMENT EXECUTE FUNCTION fraud_count_list_version();
CREATE TRIGGER list_entry_counts_up AFTER INSERT OR UPDATE ON fraud_listentry
    FOR EACH STATEMENT EXECUTE FUNCTION fraud_count_list_version();

-- Decisions that a list, a pause, a suppression or a candidate had a part in: a few of all, found by what had it.
CREATE INDEX assessment_by_listed ON fraud_assessment USING gin (hits jsonb_path_ops)
    WHERE jsonb_path_exists(hits, '$[*].lists');
CREATE INDEX assessment_by_held_back ON fraud_assessment USING gin (held_back jsonb_path_ops)
    WHERE held_back <> '[]'::jsonb;
CREATE INDEX assessment_by_shadow ON fraud_assessment ((shadow ->> 'version'), id) WHERE shadow IS NOT NULL;
CREATE INDEX assessment_by_rule_set ON fraud_assessment (rule_set_version, livemode, id);
