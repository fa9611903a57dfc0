-- Whether an act was signed. Users of the engine call it from triggers of their own tables.
CREATE FUNCTION approvals_require_executed(p_request text, p_action text, p_subject text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_request r
                    WHERE r.request_id = p_request AND r.action = p_action AND r.subject = p_subject
                      AND r.state = 'EXECUTED') THEN
        RAISE EXCEPTION 'no executed approval of % for %', p_action, p_subject
            USING ERRCODE = 'HF201', CONSTRAINT = 'act_is_approved';
    END IF;
END $$;

-- The life of a request: what was asked stays, states move as core/approvals/states.py says, and EXECUTED needs the
-- signatures of people whose accounts are open now, other than the asker and those it is about.
CREATE FUNCTION approvals_guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_signers bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'request % stays', OLD.request_id
            USING ERRCODE = 'HF202', CONSTRAINT = 'approval_is_never_deleted';
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' OR NEW.revision <> 1 THEN
            RAISE EXCEPTION 'request % begins pending', NEW.request_id
                USING ERRCODE = 'HF203', CONSTRAINT = 'approval_begins_pending';
        END IF;
    ELSIF (NEW.request_id, NEW.action, NEW.subject, NEW.given, NEW.reason, NEW.asked_by, NEW.asked_at, NEW.expires_at,
           NEW.policy_id) IS DISTINCT FROM
          (OLD.request_id, OLD.action, OLD.subject, OLD.given, OLD.reason, OLD.asked_by, OLD.asked_at, OLD.expires_at,
           OLD.policy_id)
       OR (NEW.digest <> OLD.digest AND NEW.revision <> OLD.revision + 1)
       OR (NEW.digest = OLD.digest AND NEW.revision <> OLD.revision)
       OR (OLD.state <> 'PENDING' AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'request % is fixed', OLD.request_id
            USING ERRCODE = 'HF204', CONSTRAINT = 'approval_terms_do_not_change';
    ELSIF NEW.state <> OLD.state AND NEW.state = 'PENDING' THEN
        RAISE EXCEPTION 'request % cannot become pending', OLD.request_id
            USING ERRCODE = 'HF205', CONSTRAINT = 'approval_state_moves_legally';
    ELSIF NEW.state = 'EXECUTED' AND OLD.state <> 'EXECUTED' THEN
        SELECT count(DISTINCT s.signer_id) INTO v_signers
          FROM approvals_signature s JOIN staff_user u ON u.id = s.signer_id
         WHERE s.request_id = NEW.id AND s.revision = NEW.revision AND s.digest = NEW.digest AND s.verdict = 'SIGN'
           AND u.is_active AND NEW.asked_by <> 'STAFF:' || u.email
           AND NOT (NEW.covered::jsonb -> 'people') ? u.email;
        IF v_signers < NEW.needed OR NEW.closed_at >= NEW.expires_at
           OR EXISTS (SELECT FROM approvals_signature s WHERE s.request_id = NEW.id AND s.verdict = 'DENY') THEN
            RAISE EXCEPTION 'request % has % of % signatures', NEW.request_id, v_signers, NEW.needed
                USING ERRCODE = 'HF206', CONSTRAINT = 'approval_has_its_signatures';
        END IF;
    ELSIF NEW.state = 'DENIED' AND OLD.state <> 'DENIED' AND NOT EXISTS (
        SELECT FROM approvals_signature s WHERE s.request_id = NEW.id AND s.verdict = 'DENY') THEN
        RAISE EXCEPTION 'request % was denied by nobody', NEW.request_id
            USING ERRCODE = 'HF207', CONSTRAINT = 'denial_is_signed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_rules BEFORE INSERT OR UPDATE OR DELETE ON approvals_request
    FOR EACH ROW EXECUTE FUNCTION approvals_guard_request();
REVOKE DELETE, TRUNCATE ON approvals_request FROM holdfast_app;

-- A digest is the digest of the text beside it, not of something else.
ALTER TABLE approvals_request ADD CONSTRAINT digest_is_of_what_is_covered
    CHECK (digest = encode(sha256(convert_to(covered, 'UTF8')), 'hex'));

-- A signature is given by an open account, in time, to what the request covers now, and by nobody concerned. A denial keeps
-- the digest of what was seen, which may be past.
CREATE FUNCTION approvals_guard_signature() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_request approvals_request;
    v_signer staff_user;
BEGIN
    SELECT * INTO v_request FROM approvals_request r WHERE r.id = NEW.request_id FOR NO KEY UPDATE;
    SELECT * INTO v_signer FROM staff_user u WHERE u.id = NEW.signer_id;
    IF v_request.state IS DISTINCT FROM 'PENDING' OR NEW.signed_at >= v_request.expires_at THEN
        RAISE EXCEPTION 'request % is closed', v_request.request_id
            USING ERRCODE = 'HF208', CONSTRAINT = 'signature_is_on_an_open_request';
    ELSIF NEW.revision <> v_request.revision OR (NEW.verdict = 'SIGN' AND NEW.digest <> v_request.digest) THEN
        RAISE EXCEPTION 'request % covers something else', v_request.request_id
            USING ERRCODE = 'HF209', CONSTRAINT = 'signature_is_on_what_is_covered';
    ELSIF NEW.signed_by <> 'STAFF:' || v_signer.email OR NOT v_signer.is_active THEN
        RAISE EXCEPTION 'not an open account'
            USING ERRCODE = 'HF210', CONSTRAINT = 'signature_is_of_an_open_account';
    ELSIF NEW.signed_by = v_request.asked_by OR (v_request.covered::jsonb -> 'people') ? v_signer.email THEN
        RAISE EXCEPTION 'signer is concerned'
            USING ERRCODE = 'HF211', CONSTRAINT = 'nobody_signs_for_themselves';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signature_rules BEFORE INSERT ON approvals_signature
    FOR EACH ROW EXECUTE FUNCTION approvals_guard_signature();

-- The first version of a policy is the shipped one; every later one was signed by others.
CREATE FUNCTION approvals_guard_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approval_id <> '' OR EXISTS (SELECT FROM approvals_policy p WHERE p.action = NEW.action) THEN
        PERFORM approvals_require_executed(NEW.approval_id, 'approvals.change_policy', NEW.action);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_policy_is_approved BEFORE INSERT ON approvals_policy
    FOR EACH ROW EXECUTE FUNCTION approvals_guard_policy();

-- An affiliation is what was declared until somebody ends it, once.
CREATE FUNCTION approvals_guard_affiliation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND (NEW.email, NEW.party_id, NEW.other_email, NEW.nature, NEW.since, NEW.declared_by, NEW.declared_at)
           IS NOT DISTINCT FROM
           (OLD.email, OLD.party_id, OLD.other_email, OLD.nature, OLD.since, OLD.declared_by, OLD.declared_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'affiliation % is fixed', OLD.id
        USING ERRCODE = 'HF212', CONSTRAINT = 'affiliation_is_ended_once';
END $$;
CREATE TRIGGER affiliation_is_ended_once BEFORE UPDATE OR DELETE ON approvals_affiliation
    FOR EACH ROW EXECUTE FUNCTION approvals_guard_affiliation();
REVOKE DELETE, TRUNCATE ON approvals_affiliation FROM holdfast_app;
