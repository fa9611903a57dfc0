"""Dated parameters of idempotency."""

from core.parameters import services as parameters

parameters.declare(
    "idempotency.lease_seconds", 60, unit="seconds", meaning="after this a retry may take over an unfinished request"
)
parameters.declare(
    "idempotency.keep_hours", 72, unit="hours", meaning="how long an answer is replayed; never less than 24"
)
parameters.declare(
    "idempotency.kept_operations",
    ["payments.", "refunds.", "escrow.", "ach.", "payouts."],
    unit="prefixes of operations",
    meaning="operations that move money: their keys are kept as long as what they made",
)
