-- One row per currency, version and rule. A hit is alone where the decision was no approval and would have been one
-- without the rule's own points and floor.
INSERT INTO fraud_dailyrule (livemode, day, currency, rule_set_version, code, hits, amount_minor, fraud, fraud_minor, genuine,
    alone, alone_fraud, alone_genuine, held_back)
WITH decision AS MATERIALIZED (
    SELECT assessment.*, label.is_fraud,
        (SELECT coalesce(sum((hit->>'points')::int), 0) FROM jsonb_array_elements(assessment.hits) hit) AS points,
        (SELECT count(*) FROM jsonb_array_elements(assessment.hits) hit WHERE hit->>'floor' IS NOT NULL) AS floors
    FROM fraud_assessment assessment
    LEFT JOIN LATERAL (
        SELECT is_fraud FROM fraud_label
        WHERE payment_id = assessment.payment_id AND livemode = assessment.livemode AND known_at <= %(now)s
        ORDER BY strength DESC, known_at DESC, id DESC LIMIT 1
    ) label ON true
    WHERE assessment.livemode = %(livemode)s
        AND assessment.created_at >= %(since)s AND assessment.created_at < %(until)s
        AND assessment.rescores_id IS NULL AND assessment.rule_set_version IS NOT NULL
        AND (assessment.hits <> '[]' OR assessment.held_back <> '[]')
), spoken AS (
    SELECT decision.currency, decision.rule_set_version, hit->>'code' AS code, decision.amount_minor, decision.is_fraud,
        false AS is_held_back,
        decision.outcome <> 'APPROVE' AND decision.degraded = ''
            AND decision.base_score + decision.points - (hit->>'points')::int <= decision.approve_up_to
            AND decision.floors = (hit->>'floor' IS NOT NULL)::int AS is_alone
    FROM decision, jsonb_array_elements(decision.hits) hit
    UNION ALL
    SELECT decision.currency, decision.rule_set_version, coalesce(hit->>'code', hit #>> '{}'), decision.amount_minor,
        decision.is_fraud, true, false
    FROM decision, jsonb_array_elements(decision.held_back) hit
)
SELECT %(livemode)s, %(day)s, currency, rule_set_version, code,
    count(*) FILTER (WHERE NOT is_held_back),
    coalesce(sum(amount_minor) FILTER (WHERE NOT is_held_back), 0),
    count(*) FILTER (WHERE is_fraud AND NOT is_held_back),
    coalesce(sum(amount_minor) FILTER (WHERE is_fraud AND NOT is_held_back), 0),
    count(*) FILTER (WHERE NOT is_fraud AND NOT is_held_back),
    count(*) FILTER (WHERE is_alone), count(*) FILTER (WHERE is_alone AND is_fraud),
    count(*) FILTER (WHERE is_alone AND NOT is_fraud), count(*) FILTER (WHERE is_held_back)
FROM spoken
GROUP BY currency, rule_set_version, code
