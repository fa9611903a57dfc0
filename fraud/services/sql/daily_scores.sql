-- One row per currency, outcome and bin of the score. A bin holds the scores up to its own limit and above the one before.
INSERT INTO fraud_dailyscores (livemode, day, currency, outcome, score_up_to, decisions, amount_minor, degraded, bypassed,
    fraud, fraud_minor, genuine, genuine_minor)
SELECT %(livemode)s, %(day)s, decision.currency, decision.outcome, bin.up_to,
    count(*), sum(decision.amount_minor),
    count(*) FILTER (WHERE decision.degraded <> ''), count(decision.bypass_turn),
    count(*) FILTER (WHERE label.is_fraud), coalesce(sum(decision.amount_minor) FILTER (WHERE label.is_fraud), 0),
    count(*) FILTER (WHERE NOT label.is_fraud), coalesce(sum(decision.amount_minor) FILTER (WHERE NOT label.is_fraud), 0)
FROM fraud_assessment decision
LEFT JOIN LATERAL (
    SELECT min(up_to) AS up_to FROM unnest(%(bins)s::int[]) AS edge (up_to) WHERE decision.score <= edge.up_to
) bin ON true
LEFT JOIN LATERAL (
    SELECT is_fraud FROM fraud_label
    WHERE payment_id = decision.payment_id AND livemode = decision.livemode AND known_at <= %(now)s
    ORDER BY strength DESC, known_at DESC, id DESC LIMIT 1
) label ON true
WHERE decision.livemode = %(livemode)s AND decision.created_at >= %(since)s AND decision.created_at < %(until)s
    AND decision.rescores_id IS NULL
GROUP BY decision.currency, decision.outcome, bin.up_to
