-- One row per actor. The time of a review runs from the last claim to the decision. Second reviews are no decisions about
-- a payment: they are counted as agreement.
INSERT INTO fraud_dailyanalyst (livemode, day, analyst, approved, declined, found_fraud, found_genuine, timed, seconds)
SELECT %(livemode)s, %(day)s, decided_by,
    count(*) FILTER (WHERE decision = 'APPROVE'), count(*) FILTER (WHERE decision = 'DECLINE'),
    count(*) FILTER (WHERE outcome IN ('CONFIRMED_FRAUD', 'SUSPECTED_FRAUD')),
    count(*) FILTER (WHERE outcome = 'GENUINE'),
    count(claimed_at),
    coalesce(sum(greatest(extract(epoch FROM decided_at - claimed_at), 0)), 0)::bigint
FROM fraud_reviewcase
WHERE livemode = %(livemode)s AND cause <> 'SECOND_REVIEW' AND state = 'DECIDED'
  AND decided_at >= %(since)s AND decided_at < %(until)s
GROUP BY decided_by
