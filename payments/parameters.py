"""Dated configuration of payments. Values are rows; these are the shipped defaults."""

from typing import Any

from core.money import MAX_MINOR, Currency
from core.parameters.services import declare
from payments import transfer_parameters as transfer_parameters


def _unknown_currencies(codes: Any) -> str | None:
    known = {each.code for each in Currency}
    return None if codes and set(codes) <= known else "takes codes of known currencies, at least one"


declare(
    "payments.fee_basis_points",
    800,
    unit="basis points",
    meaning="Platform fee as a share of the amount",
    minimum=0,
    maximum=10_000,
)
declare(
    "payments.currencies",
    ["USD"],
    unit="ISO 4217 codes",
    meaning="Currencies a payment may be made in",
    check=_unknown_currencies,
)
declare(
    "payments.maximum_amount_minor",
    99_999_999,
    unit="minor units",
    meaning="Largest single card payment",
    minimum=1,
    maximum=MAX_MINOR,
)
declare(
    "payments.gateway_timeout_ms",
    3000,
    unit="milliseconds",
    meaning="Longest wait for one gateway call",
    minimum=50,
    maximum=30_000,
)
declare(
    "payments.gateway_tries",
    3,
    unit="tries",
    meaning="Tries of one gateway call that is safe to repeat",
    minimum=1,
    maximum=10,
)
declare(
    "payments.gateway_backoff_ms",
    50,
    unit="milliseconds",
    meaning="First pause between tries; doubles, jittered",
    minimum=0,
    maximum=10_000,
)
declare(
    "payments.breaker_failure_percent",
    50,
    unit="percent",
    meaning="Share of failed calls that opens the breaker",
    minimum=1,
    maximum=100,
)
declare(
    "payments.breaker_window_calls",
    20,
    unit="calls",
    meaning="Calls the breaker looks back on",
    minimum=1,
    maximum=1_000,
)
declare(
    "payments.breaker_minimum_calls",
    10,
    unit="calls",
    meaning="Calls needed before the breaker may open",
    minimum=1,
    maximum=1_000,
)
declare(
    "payments.breaker_open_seconds",
    30,
    unit="seconds",
    meaning="Time until an open breaker tries one call",
    minimum=1,
    maximum=3_600,
)
declare(
    "payments.resume_after_seconds",
    60,
    unit="seconds",
    meaning="Silence after which a payment is taken up again",
    minimum=1,
    maximum=3_600,
)
declare(
    "payments.capture_deadline_hours",
    72,
    unit="hours",
    meaning="How long an authorisation waits for a decision",
    minimum=2,
    maximum=168,
)
declare(
    "payments.settlement_grace_days", 1, unit="days", meaning="Days after capture until an unsettled item is missing"
)
declare(
    "payments.chargeback_response_days",
    20,
    unit="days",
    meaning="How long a chargeback can be contested",
    minimum=1,
    maximum=120,
)
