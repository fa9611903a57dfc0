"""Dated configuration of escrows: what holds where nobody says otherwise."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.money import Currency
from core.parameters import services as parameters
from escrow import dispute_parameters as dispute_parameters
from escrow.enums import Rail

DEFAULT_TERMS: dict[str, Any] = {
    "escrowConditions": [
        {
            "conditionId": "service_completed",
            "type": "SERVICE_COMPLETION",
            "description": "The booked service was delivered",
        }
    ],
    "releaseConditions": {
        "allConditionsMet": True,
        "requiresManualApproval": False,
        "approverUserIds": [],
        "minimumApprovalsRequired": 1,
        "approvalTimeoutHours": 72,
        "partialReleaseAllowed": True,
    },
    "timeoutPolicy": {
        "autoReleaseAfterHours": 336,
        "autoRefundAfterHours": 720,
        "warningNotificationHours": [72, 24],
        "escalationUserIds": [],
    },
    "disputePolicy": {
        "allowDisputes": True,
        "disputeWindowHours": 336,
        "autoResolutionDays": 30,
        "mediatorUserIds": [],
        "escalationThresholdAmount": 100_000,
    },
}

parameters.declare(
    "escrow.default_terms",
    DEFAULT_TERMS,
    unit="terms",
    meaning="What payer and payee have agreed where a booking is paid and nobody gave its terms",
)
parameters.declare(
    "escrow.funding_expiry_hours",
    720,
    unit="hours",
    meaning="An escrow nobody funds ends after so long",
    minimum=1,
)
parameters.declare(
    "escrow.amendment_expiry_hours",
    168,
    unit="hours",
    meaning="An amendment that not both sides agree to lapses after so long",
    minimum=1,
)
parameters.declare(
    "escrow.longest_hold_hours",
    17_520,
    unit="hours",
    meaning="No terms hold money longer (two years)",
    minimum=1,
)
for _rail, _hours in ((Rail.CARD, 72), (Rail.BANK, 0)):
    parameters.declare(
        f"escrow.exposure_hours_{_rail.lower()}",
        _hours,
        unit="hours",
        meaning=f"Money that came by {_rail.value} is not released sooner after it was funded",
    )
parameters.declare(
    "escrow.exposure_banking_days_ach",
    5,
    unit="banking days",
    meaning="Money that came by ACH is not released before business opens on this banking day after it was funded",
    minimum=0,
    maximum=60,
)
for _name, _value, _unit, _meaning in (
    ("timer_late_seconds", 300, "seconds", "A timer that fires so long after its hour is marked as late"),
    ("timer_tries_before_alarm", 5, "tries", "Timers of an escrow that fail so often in a row open an incident"),
    ("timer_retry_seconds", 30, "seconds", "Pause before timers that failed are tried again; doubles with each try"),
    ("timer_retry_cap_seconds", 3_600, "seconds", "Longest pause between two tries"),
    (
        "timer_suspended_seconds",
        60,
        "seconds",
        "Shortest pause of a timer that a closed switch has stopped",
    ),
    (
        "timer_suspended_cap_seconds",
        900,
        "seconds",
        "Longest pause of a timer that a closed switch has stopped",
    ),
    ("timer_helpers", 3, "workers", "Workers that help the one that fires timers when many are due at once"),
    ("ask_again_hours", 24, "hours", "Signatures that nobody gave in time are asked for again after so long"),
):
    parameters.declare(f"escrow.{_name}", _value, unit=_unit, meaning=_meaning, minimum=1)


def hours(name: str, at: datetime) -> timedelta:
    return timedelta(hours=parameters.read(name, at=at))


def _amounts_by_currency(value: Any) -> str | None:
    known = {each.code for each in Currency}
    for code, minor in value.items():
        if code not in known or type(minor) is not int or minor < 0:
            return "takes an amount in minor units for each of some known currencies"
    return None


parameters.declare(
    "escrow.signatures_from",
    {"USD": 500_000},
    unit="minor units by currency",
    meaning="From here on, with what the escrow released before, a release takes two signatures; a currency without an"
    " amount always does",
    check=_amounts_by_currency,
)
parameters.declare(
    "escrow.new_seller_signatures_from",
    {"USD": 100_000},
    unit="minor units by currency",
    meaning="The same for a seller who was new when the money came in",
    check=_amounts_by_currency,
)
parameters.declare("escrow.new_seller_days", 30, unit="days", meaning="A seller is new for so long")
parameters.declare(
    "escrow.signatures_from_risk_score",
    700,
    unit="points of 1000",
    meaning="An escrow of so high a risk is released by two signatures whatever the amount",
    maximum=1_001,
)
parameters.declare(
    "escrow.signatures_least",
    2,
    unit="signatures",
    meaning="So many at least wherever amount, seller or risk ask for signatures",
    minimum=2,
    maximum=5,
)
parameters.declare(
    "escrow.seller_history_days",
    90,
    unit="days",
    meaning="A seller has no history until the first release to them is so old",
)
parameters.declare(
    "escrow.new_seller_exposure_hours",
    0,
    unit="hours",
    meaning="Money for a seller without history is held so much longer",
)
parameters.declare(
    "escrow.chargeback_exposure_hours",
    168,
    unit="hours",
    meaning="Money for a seller with an open chargeback is held so much longer",
)
parameters.declare(
    "escrow.relation_days",
    30,
    unit="days",
    meaning="A device or address that two had in common relates them for so long",
    minimum=1,
)


def amount_from(name: str, currency: str, at: datetime) -> int | None:
    """Of a mapping by currency; None where it says nothing of this one."""
    minor = parameters.read(name, at=at).get(currency)
    return None if minor is None else int(minor)


def relation_period(on: date) -> timedelta:
    """In force at the end of that day."""
    return timedelta(days=parameters.read("escrow.relation_days", at=datetime.combine(on, time.max, UTC)))
