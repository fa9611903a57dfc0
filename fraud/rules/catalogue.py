"""The variables a rule may name, with their type, unit and meaning. Missing is `None` and means unknown."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    NUMBER = "number"
    TEXT = "text"
    FLAG = "yes or no"
    TEXTS = "list of texts"


@dataclass(frozen=True, slots=True)
class Variable:
    kind: Kind
    meaning: str


# Before the name of a list in an expression: `customer_id in list_blocked_customers`.
LIST_PREFIX = "list_"

_N, _T, _F = Kind.NUMBER, Kind.TEXT, Kind.FLAG

# Counts and sums never contain the payment being judged. "Paid" leaves refused attempts out.
VARIABLES: dict[str, Variable] = {
    "amount_minor": Variable(_N, "Amount of the payment in minor units"),
    "currency": Variable(_T, "ISO 4217 code"),
    "payment_method": Variable(_T, "card, ach or wire"),
    "hour_utc": Variable(_N, "Hour of the day, 0 to 23, UTC"),
    "night": Variable(_F, "Between 00:00 and 06:00 UTC"),
    "weekend": Variable(_F, "Saturday or Sunday, UTC"),
    "round_amount": Variable(_F, "A whole multiple of 100.00"),
    "customer_payments_1h": Variable(_N, "Attempts of the customer in the last hour"),
    "customer_payments_24h": Variable(_N, "Attempts of the customer in the last 24 hours"),
    "customer_payments_7d": Variable(_N, "Attempts of the customer in the last 7 days"),
    "customer_payments_30d": Variable(_N, "Attempts of the customer in the last 30 days"),
    "customer_paid_30d": Variable(_N, "Paid payments of the customer in the last 30 days"),
    "customer_amount_24h_minor": Variable(_N, "Paid amount of the customer in the last 24 hours"),
    "customer_amount_7d_minor": Variable(_N, "Paid amount of the customer in the last 7 days"),
    "customer_average_minor": Variable(_N, "Mean of the customer's paid amounts in 30 days"),
    "customer_median_minor": Variable(_N, "Median of the customer's paid amounts in 30 days"),
    "customer_largest_minor": Variable(_N, "Largest paid amount of the customer in 30 days"),
    "customer_declines_24h": Variable(_N, "Refused attempts of the customer in the last 24 hours"),
    "customer_cards_24h": Variable(_N, "Different cards of the customer in the last 24 hours, this one included"),
    "customer_devices_24h": Variable(_N, "Different devices of the customer in the last 24 hours, this one included"),
    "customer_other_countries_24h": Variable(_N, "Attempts in 24 hours from a country other than this address's"),
    "customer_seconds_since_last": Variable(_N, "Seconds since the customer's last attempt"),
    "customer_age_days": Variable(_N, "Days since the customer was first seen"),
    "customer_fraud_reports_90d": Variable(_N, "Fraud reports on the customer's payments in 90 days"),
    "pair_payments_30d": Variable(_N, "Attempts of this customer to this seller in the last 30 days"),
    "card_payments_24h": Variable(_N, "Attempts with this card in the last 24 hours"),
    "card_declines_24h": Variable(_N, "Refused attempts with this card in the last 24 hours"),
    "card_other_customers_30d": Variable(_N, "Other customers who used this card in 30 days"),
    "ip_payments_1h": Variable(_N, "Attempts from this address in the last hour"),
    "ip_other_customers_24h": Variable(_N, "Other customers at this address in 24 hours"),
    "device_payments_24h": Variable(_N, "Attempts from this device in the last 24 hours"),
    "device_other_customers_30d": Variable(_N, "Other customers on this device in 30 days"),
    "seller_payments_7d": Variable(_N, "Attempts to pay this seller in the last 7 days"),
    "seller_age_days": Variable(_N, "Days since the seller was first seen"),
    "customer_mean_7d_minor": Variable(_N, "Mean of the customer's paid amounts in 7 days"),
    "customer_mean_30d_minor": Variable(_N, "Mean of the customer's paid amounts in 30 days"),
    "customer_deviation_30d_minor": Variable(_N, "Standard deviation of the customer's paid amounts in 30 days"),
    "amount_to_usual": Variable(_N, "Amount over what the customer usually pays, large payments cut back"),
    "amount_to_usual_largest": Variable(_N, "Amount over the largest usual one of the customer"),
    "customer_large_3d": Variable(_N, "Payments in 3 days of more than 2.8 times the customer's usual amount"),
    "customer_large_14d": Variable(_N, "Payments in 14 days of more than 2.8 times the customer's usual amount"),
    "customer_seconds_since_large": Variable(_N, "Seconds since the customer's last such payment"),
    "seller_payments_30d": Variable(_N, "Attempts to pay this seller in the last 30 days"),
    "seller_fraud_share_7d": Variable(_N, "Share of fraud in what became known of the seller in 7 days, 0 to 1"),
    "seller_fraud_share_30d": Variable(_N, "Share of fraud in what became known of the seller in 30 days, 0 to 1"),
    "seller_fraud_run": Variable(_N, "Latest payments to the seller in a row that are known to be fraud"),
    "seller_fraud_run_age_days": Variable(_N, "Days since the first payment of that run"),
    "pair_payments": Variable(_N, "Attempts of this customer to this seller ever"),
    "card_brand": Variable(_T, "VISA, MASTERCARD, …"),
    "card_funding": Variable(_T, "CREDIT, DEBIT or PREPAID, where the card's first digits say so"),
    "issuer_country": Variable(_T, "Country of the card's bank"),
    "ip_country": Variable(_T, "Country of the address"),
    "billing_country": Variable(_T, "Country of the billing address"),
    "shipping_country": Variable(_T, "Country of the shipping address"),
    "ip_billing_km": Variable(_N, "Kilometres between the countries of address and billing, 0 within one country"),
    "ip_shipping_km": Variable(_N, "Kilometres between the countries of address and shipping, 0 within one country"),
    "billing_shipping_km": Variable(_N, "Kilometres between the countries of billing and shipping, 0 within one"),
    "customer_id": Variable(_T, "Who pays, for lists"),
    "seller_id": Variable(_T, "Who is paid, for lists"),
    "card_fingerprint": Variable(_T, "What stands for the card, never its number, for lists"),
    "card_bin": Variable(_T, "First six digits of the card, for lists"),
    "device_id": Variable(_T, "The device, for lists"),
    "ip_address": Variable(_T, "The customer's address, for lists"),
    "email_hash": Variable(_T, "Keyed hash of the customer's e-mail address, for lists"),
}


def kind_of(python_type: type) -> Kind:
    """The kind of a threshold by the type of its shipped value."""
    return {int: Kind.NUMBER, float: Kind.NUMBER, str: Kind.TEXT, bool: Kind.FLAG, list: Kind.TEXTS}[python_type]
