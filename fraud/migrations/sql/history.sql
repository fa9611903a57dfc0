-- Everything the rules want to know from history, in one round trip. As of p_now; the payment itself is left out.
--
-- A function, so that each session plans its statements once. Each part reads at most p_rows newest rows of one
-- index and at most 30 days of them: a customer with a million payments costs the same as one with p_rows.
CREATE FUNCTION fraud_history(
    p_livemode boolean, p_payment_id text, p_payer text, p_payee text, p_card text, p_ip inet, p_ip_country text,
    p_device text, p_now timestamptz, p_rows integer,
    OUT rule_set_version integer, OUT rule_set_digest text,
    OUT customer_payments_1h integer, OUT customer_payments_24h integer,
    OUT customer_payments_7d integer, OUT customer_payments_30d integer,
    OUT customer_paid_30d integer,
    OUT customer_amount_24h_minor bigint, OUT customer_amount_7d_minor bigint,
    OUT customer_average_minor float8, OUT customer_median_minor float8, OUT customer_largest_minor bigint,
    OUT customer_declines_24h integer, OUT customer_cards_24h integer, OUT customer_devices_24h integer,
    OUT customer_other_countries_24h integer, OUT customer_last_at timestamptz,
    OUT customer_first_at timestamptz, OUT customer_fraud_reports_90d integer, OUT pair_payments_30d integer,
    OUT card_payments_24h integer, OUT card_declines_24h integer, OUT card_other_customers_30d integer,
    OUT ip_payments_1h integer, OUT ip_other_customers_24h integer,
    OUT device_payments_24h integer, OUT device_other_customers_30d integer,
    OUT seller_payments_7d integer, OUT seller_first_at timestamptz
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT version, digest INTO rule_set_version, rule_set_digest FROM fraud_ruleset WHERE state = 'ACTIVE';

    SELECT count(*) FILTER (WHERE h.at > p_now - interval '1 hour'),
           count(*) FILTER (WHERE h.at > p_now - interval '24 hours'),
           count(*) FILTER (WHERE h.at > p_now - interval '7 days'),
           count(*),
           count(*) FILTER (WHERE h.paid),
           coalesce(sum(h.amount_minor) FILTER (WHERE h.paid AND h.at > p_now - interval '24 hours'), 0),
           coalesce(sum(h.amount_minor) FILTER (WHERE h.paid AND h.at > p_now - interval '7 days'), 0),
           avg(h.amount_minor) FILTER (WHERE h.paid),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY h.amount_minor) FILTER (WHERE h.paid),
           max(h.amount_minor) FILTER (WHERE h.paid),
           count(*) FILTER (WHERE h.refused AND h.at > p_now - interval '24 hours'),
           count(DISTINCT h.card_fingerprint) FILTER (
               WHERE h.at > p_now - interval '24 hours' AND h.card_fingerprint IS DISTINCT FROM p_card),
           count(DISTINCT h.device_id) FILTER (
               WHERE h.at > p_now - interval '24 hours' AND h.device_id IS DISTINCT FROM p_device),
           count(*) FILTER (WHERE h.at > p_now - interval '24 hours' AND h.ip_country <> p_ip_country),
           max(h.at),
           count(*) FILTER (WHERE h.payee_id = p_payee)
      INTO customer_payments_1h, customer_payments_24h, customer_payments_7d, customer_payments_30d,
           customer_paid_30d, customer_amount_24h_minor, customer_amount_7d_minor,
           customer_average_minor, customer_median_minor, customer_largest_minor,
           customer_declines_24h, customer_cards_24h, customer_devices_24h, customer_other_countries_24h,
           customer_last_at, pair_payments_30d
      FROM (SELECT at, amount_minor, payee_id, card_fingerprint, device_id, ip_country,
                   outcome IN ('APPROVED', 'HELD') AS paid, outcome IN ('DECLINED', 'BLOCKED') AS refused
              FROM fraud_observation
             WHERE livemode = p_livemode AND payer_id = p_payer
               AND at <= p_now AND at > p_now - interval '30 days' AND payment_id <> p_payment_id
             ORDER BY at DESC LIMIT p_rows) AS h;
    customer_cards_24h := customer_cards_24h + (p_card IS NOT NULL)::integer;
    customer_devices_24h := customer_devices_24h + (p_device IS NOT NULL)::integer;
    IF p_ip_country IS NULL THEN
        customer_other_countries_24h := NULL;
    END IF;

    SELECT at INTO customer_first_at FROM fraud_observation
     WHERE livemode = p_livemode AND payer_id = p_payer AND at <= p_now ORDER BY at LIMIT 1;
    SELECT count(*) INTO customer_fraud_reports_90d FROM fraud_fraudreport
     WHERE livemode = p_livemode AND customer_id = p_payer
       AND reported_at <= p_now AND reported_at > p_now - interval '90 days';

    IF p_card IS NOT NULL THEN
        SELECT count(*) FILTER (WHERE h.at > p_now - interval '24 hours'),
               count(*) FILTER (WHERE h.refused AND h.at > p_now - interval '24 hours'),
               count(DISTINCT h.payer_id) FILTER (WHERE h.payer_id <> p_payer)
          INTO card_payments_24h, card_declines_24h, card_other_customers_30d
          FROM (SELECT at, payer_id, outcome IN ('DECLINED', 'BLOCKED') AS refused FROM fraud_observation
                 WHERE livemode = p_livemode AND card_fingerprint = p_card
                   AND at <= p_now AND at > p_now - interval '30 days' AND payment_id <> p_payment_id
                 ORDER BY at DESC LIMIT p_rows) AS h;
    END IF;

    IF p_ip IS NOT NULL THEN
        SELECT count(*) FILTER (WHERE h.at > p_now - interval '1 hour'),
               count(DISTINCT h.payer_id) FILTER (WHERE h.payer_id <> p_payer)
          INTO ip_payments_1h, ip_other_customers_24h
          FROM (SELECT at, payer_id FROM fraud_observation
                 WHERE livemode = p_livemode AND ip_address = p_ip
                   AND at <= p_now AND at > p_now - interval '24 hours' AND payment_id <> p_payment_id
                 ORDER BY at DESC LIMIT p_rows) AS h;
    END IF;

    IF p_device IS NOT NULL THEN
        SELECT count(*) FILTER (WHERE h.at > p_now - interval '24 hours'),
               count(DISTINCT h.payer_id) FILTER (WHERE h.payer_id <> p_payer)
          INTO device_payments_24h, device_other_customers_30d
          FROM (SELECT at, payer_id FROM fraud_observation
                 WHERE livemode = p_livemode AND device_id = p_device
                   AND at <= p_now AND at > p_now - interval '30 days' AND payment_id <> p_payment_id
                 ORDER BY at DESC LIMIT p_rows) AS h;
    END IF;

    IF p_payee IS NOT NULL THEN
        SELECT count(*) INTO seller_payments_7d
          FROM (SELECT at FROM fraud_observation
                 WHERE livemode = p_livemode AND payee_id = p_payee
                   AND at <= p_now AND at > p_now - interval '7 days' AND payment_id <> p_payment_id
                 ORDER BY at DESC LIMIT p_rows) AS h;
        SELECT at INTO seller_first_at FROM fraud_observation
         WHERE livemode = p_livemode AND payee_id = p_payee AND at <= p_now ORDER BY at LIMIT 1;
    END IF;
END $$;
