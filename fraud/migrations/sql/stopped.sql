-- What has no effect on one payment: rules paused by people or stopped by the program, and rules suppressed for somebody.
CREATE OR REPLACE FUNCTION fraud_held_back(
    p_livemode boolean, p_customer text, p_card text, p_device text, p_seller text, p_now timestamptz
) RETURNS TABLE (code varchar, reason text, held_by varchar) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (held.code) held.code, held.reason, held.held_by FROM (
        SELECT p.code, CASE WHEN p.paused_by LIKE 'SYSTEM:%' THEN 'STOPPED' ELSE 'PAUSED' END AS reason,
               p.pause_id AS held_by, 0 AS place, p.id
          FROM fraud_rulepause p WHERE p.resumed_at IS NULL
        UNION ALL
        SELECT s.code, 'SUPPRESSED', s.suppression_id, 1, s.id
          FROM fraud_suppression s
         WHERE s.ended_at IS NULL AND s.livemode = p_livemode AND s.expires_at > p_now
           AND (s.kind, s.value) IN (('CUSTOMER', p_customer), ('CARD', p_card), ('DEVICE', p_device),
                                     ('SELLER', p_seller))
    ) AS held ORDER BY held.code, held.place, held.id
$$;
