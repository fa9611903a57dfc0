"""Dated configuration of payments. Values are rows; these are the shipped defaults."""

from core.parameters.services import declare

declare("payments.fee_basis_points", 800, unit="basis points", meaning="Platform fee as a share of the amount")
declare("payments.currencies", ["USD"], unit="ISO 4217 codes", meaning="Currencies a payment may be made in")
declare("payments.maximum_amount_minor", 99_999_999, unit="minor units", meaning="Largest single card payment")
declare("payments.gateway_timeout_ms", 3000, unit="milliseconds", meaning="Longest wait for one gateway call")
declare("payments.gateway_tries", 3, unit="tries", meaning="Tries of one gateway call that is safe to repeat")
declare("payments.gateway_backoff_ms", 50, unit="milliseconds", meaning="First pause between tries; doubles, jittered")
declare("payments.breaker_failure_percent", 50, unit="percent", meaning="Share of failed calls that opens the breaker")
declare("payments.breaker_window_calls", 20, unit="calls", meaning="Calls the breaker looks back on")
declare("payments.breaker_minimum_calls", 10, unit="calls", meaning="Calls needed before the breaker may open")
declare("payments.breaker_open_seconds", 30, unit="seconds", meaning="Time until an open breaker tries one call")
declare("payments.resume_after_seconds", 60, unit="seconds", meaning="Silence after which a payment is taken up again")
declare("payments.capture_deadline_hours", 72, unit="hours", meaning="How long an authorisation waits for a decision")
declare(
    "payments.settlement_grace_days", 1, unit="days", meaning="Days after capture until an unsettled item is missing"
)
