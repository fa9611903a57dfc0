"""Version 1 of the rules, installed by `migrate` where no version exists; others may take it as a draft.

They look for the same things in every marketplace; what is high, often or new there are dated parameters.
"""

from fraud.rules.definitions import Rule

BLOCK, REVIEW = "BLOCK", "REVIEW"

SHIPPED: tuple[Rule, ...] = (
    Rule("high_value_rule", "amount_minor >= high_value_minor", 200, REVIEW, "The amount is high"),
    Rule(
        "high_velocity_rule",
        "customer_payments_1h + 1 > payments_per_hour",
        400,
        REVIEW,
        "The customer pays too often within an hour",
    ),
    Rule(
        "daily_velocity_rule",
        "customer_payments_24h + 1 > payments_per_day",
        300,
        REVIEW,
        "The customer pays too often within a day",
    ),
    Rule(
        "geographic_risk_rule",
        "ip_country in risk_countries or billing_country in risk_countries"
        " or shipping_country in risk_countries or issuer_country in risk_countries",
        600,
        BLOCK,
        "A country of the payment is one that no payment may touch",
    ),
    Rule(
        "unusual_pattern_rule",
        "customer_paid_30d >= unusual_history and amount_minor >= unusual_minimum_minor"
        " and amount_minor > unusual_multiple * customer_median_minor",
        225,
        None,
        "The amount is far above what the customer usually pays",
    ),
    Rule(
        "new_customer_high_value_rule",
        "customer_age_days < new_customer_days and amount_minor >= new_customer_high_minor",
        200,
        None,
        "A new customer pays a high amount",
    ),
    Rule(
        "prepaid_card_rule",
        "card_funding == 'PREPAID' and amount_minor > prepaid_limit_minor",
        200,
        None,
        "The amount is above the limit for a prepaid card",
    ),
    Rule(
        "bin_country_mismatch_rule",
        "issuer_country != billing_country",
        150,
        None,
        "The card's bank and the billing address are in different countries",
    ),
    Rule(
        "geographic_anomaly_rule",
        "ip_country != billing_country or customer_other_countries_24h > 0",
        325,
        None,
        "The customer is in another country than expected, or in two within a day",
    ),
    Rule(
        "shared_device_rule",
        "device_other_customers_30d + 1 > device_customers",
        300,
        None,
        "Too many customers use this device",
    ),
    Rule(
        "shared_address_rule",
        "ip_other_customers_24h + 1 > ip_customers",
        150,
        None,
        "Too many customers come from this address",
    ),
    Rule(
        "new_seller_high_value_rule",
        "seller_age_days < new_seller_days and amount_minor >= new_seller_high_minor",
        150,
        None,
        "A high amount goes to a new seller",
    ),
    Rule(
        "night_round_amount_rule",
        "night and round_amount and amount_minor >= night_round_minimum_minor",
        75,
        None,
        "A high round amount is paid at night",
    ),
    Rule(
        "card_testing_rule",
        "customer_declines_24h >= declines_per_day or card_declines_24h >= declines_per_day",
        300,
        None,
        "Many refused attempts in a day look like card testing",
    ),
    Rule(
        "many_cards_rule",
        "customer_cards_24h > cards_per_day",
        200,
        None,
        "The customer uses many cards in a day",
    ),
    Rule(
        "shared_card_rule",
        "card_other_customers_30d > 0",
        150,
        None,
        "Another customer has used this card",
    ),
    Rule(
        "reported_customer_rule",
        "customer_fraud_reports_90d > 0",
        200,
        REVIEW,
        "Fraud was reported on this customer's payments",
    ),
    Rule(
        "established_customer_rule",
        "customer_age_days >= established_days and customer_paid_30d >= unusual_history and customer_declines_24h == 0",
        -50,
        None,
        "The customer has paid here for a long time without trouble",
    ),
    Rule(
        "blocked_party_rule",
        "customer_id in list_blocked_customers or seller_id in list_blocked_sellers",
        600,
        BLOCK,
        "The customer or the seller is on a block list",
    ),
    Rule(
        "blocked_instrument_rule",
        "card_fingerprint in list_blocked_cards or device_id in list_blocked_devices"
        " or ip_address in list_blocked_addresses or email_hash in list_blocked_emails",
        600,
        BLOCK,
        "The card, device, address or e-mail address is on a block list",
    ),
    Rule("risk_bin_rule", "card_bin in list_risk_bins", 150, None, "Cards with these first digits are being abused"),
    Rule(
        "risk_region_rule",
        "ip_country in list_risk_regions or issuer_country in list_risk_regions"
        " or billing_country in list_risk_regions or shipping_country in list_risk_regions",
        150,
        None,
        "A country of the payment is one that fraud comes from more often",
    ),
    Rule(
        "trusted_customer_rule",
        "customer_id in list_trusted_customers",
        0,
        None,
        "The customer is known well enough to skip a review",
        allows=True,
    ),
    Rule(
        "account_takeover_rule",
        "customer_paid_30d >= unusual_history and customer_devices_24h > 1 and customer_other_countries_24h > 0"
        " and amount_minor >= takeover_minimum_minor",
        250,
        REVIEW,
        "A known customer pays a high amount from another device in another country within a day",
        opens_case=True,
    ),
    Rule(
        "seller_collusion_rule",
        "pair_payments_30d + 1 > pair_repeats and pair_payments_30d > 2 * customer_payments_24h"
        " and round_amount and amount_minor >= collusion_minimum_minor",
        225,
        REVIEW,
        "The customer pays one seller again and again over weeks, in round amounts",
        opens_case=True,
    ),
    Rule(
        "device_card_testing_rule",
        "device_payments_24h + 1 > device_payments_per_day and amount_minor <= testing_maximum_minor",
        300,
        None,
        "One device makes many small payments in a day",
    ),
    Rule(
        "address_card_testing_rule",
        "ip_payments_1h + 1 > address_payments_per_hour and amount_minor <= testing_maximum_minor",
        300,
        None,
        "One address makes many small payments in an hour",
    ),
    Rule(
        "bin_card_testing_rule",
        "card_bin in list_risk_bins and (customer_declines_24h > 0 or card_declines_24h > 0)",
        250,
        None,
        "Refused attempts with a card of first digits that are being tested",
    ),
    Rule(
        "second_card_rule",
        "customer_seconds_since_last < repeat_seconds and customer_cards_24h > 1",
        125,
        None,
        "Another card is tried within seconds",
    ),
    Rule(
        "many_devices_rule",
        "customer_devices_24h > devices_per_day",
        200,
        None,
        "The customer uses many devices in a day",
    ),
    Rule(
        "daily_amount_rule",
        "customer_amount_24h_minor + amount_minor > daily_amount_minor",
        150,
        None,
        "The customer pays very much within a day",
    ),
)
