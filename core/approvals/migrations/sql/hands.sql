-- As in guards.sql; and only those count who are named, where any are.
CREATE OR REPLACE FUNCTION approvals_guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
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
           AND NOT (NEW.covered::jsonb -> 'people') ? u.email
           AND coalesce((NEW.covered::jsonb -> 'signers') ? u.email, true);
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

-- As in guards.sql; and where signers are named nobody else signs, and one browser signs a request for one person only.
CREATE OR REPLACE FUNCTION approvals_guard_signature() RETURNS trigger LANGUAGE plpgsql AS $$
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
    ELSIF NEW.verdict = 'SIGN' AND NOT coalesce((v_request.covered::jsonb -> 'signers') ? v_signer.email, true) THEN
        RAISE EXCEPTION 'signer is none of those named'
            USING ERRCODE = 'HF213', CONSTRAINT = 'only_those_named_sign';
    ELSIF NEW.verdict = 'SIGN' AND EXISTS (
        SELECT FROM approvals_signature s
         WHERE s.request_id = NEW.request_id AND s.verdict = 'SIGN' AND s.signer_id <> NEW.signer_id
           AND ((s.session_digest <> '' AND s.session_digest = NEW.session_digest)
                OR (s.browser_digest <> '' AND s.browser_digest = NEW.browser_digest))) THEN
        RAISE EXCEPTION 'somebody else signed in this browser'
            USING ERRCODE = 'HF214', CONSTRAINT = 'one_pair_of_hands_signs_once';
    END IF;
    RETURN NEW;
END $$;
