"""The documented escrow, and terms that differ from it in what is said."""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from escrow.terms import document
from escrow.terms.agreed import Agreed

FUNDED = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
AMOUNT = 500_000
PAYER, PAYEE = "cus_customer123", "prov_provider456"

# As printed in the API description.
PHOTOGRAPHY: Mapping[str, Any] = {
    "escrowConditions": [
        {
            "conditionId": "cond_service_completion",
            "type": "SERVICE_COMPLETION",
            "description": "Photography service must be completed",
            "timeoutHours": 168,
        }
    ],
    "releaseConditions": {
        "allConditionsMet": True,
        "requiresManualApproval": False,
        "approverUserIds": ["prov_provider456"],
        "minimumApprovalsRequired": 1,
        "approvalTimeoutHours": 72,
        "partialReleaseAllowed": False,
    },
    "timeoutPolicy": {
        "autoReleaseAfterHours": 336,
        "autoRefundAfterHours": 720,
        "warningNotificationHours": [72, 24],
        "escalationUserIds": ["admin_support001"],
    },
    "disputePolicy": {
        "allowDisputes": True,
        "disputeWindowHours": 168,
        "autoResolutionDays": 30,
        "mediatorUserIds": ["admin_mediator001"],
        "escalationThresholdAmount": 100_000,
    },
}
GONE = object()
"""As a change: the field is not there."""


def condition(name: str, **said: Any) -> dict[str, Any]:
    return {"conditionId": name, "type": "MANUAL_APPROVAL", "description": f"{name} is agreed", **said}


def waiting(name: str, hours: int, **said: Any) -> dict[str, Any]:
    return condition(name, type="TIME_ELAPSED", timeoutHours=hours, **said)


def milestone(name: str, **data: Any) -> dict[str, Any]:
    return condition(name, type="MILESTONE_REACHED", milestoneData=data)


def wire(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The photography escrow with what stands at these pointers replaced."""
    written: dict[str, Any] = copy.deepcopy(dict(PHOTOGRAPHY))
    for pointer, value in (changes or {}).items():
        *way, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
        place: Any = written
        for step in way:
            place = place[step]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return written


def terms(changes: Mapping[str, Any] | None = None) -> Agreed:
    return document.parse(wire(changes))


# A house in three stages: 30 %, 50 % and 20 %, two days to look at each.
BUILD = {
    "/escrowConditions": [
        milestone("foundation", percentage="30", inspectionHours=48, permit="B-17"),
        milestone("walls", percentage=50, inspectionHours=48),
        milestone("roof", percentage="20.00", inspectionHours=48),
    ],
    "/releaseConditions/partialReleaseAllowed": True,
    "/timeoutPolicy/autoReleaseAfterHours": 2_400,
    "/timeoutPolicy/autoRefundAfterHours": 2_400,
    "/disputePolicy/disputeWindowHours": 2_400,
}
