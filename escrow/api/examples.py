"""The documented examples of the escrow operations."""

from typing import Any

TERMS: dict[str, Any] = {
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
        "escalationThresholdAmount": 100000,
    },
}
ESCROW: dict[str, Any] = {
    "action": "CREATE",
    "payerId": "cus_customer123",
    "payeeId": "prov_provider456",
    "amount": 500000,
    "currency": "USD",
    "serviceId": "svc_photography001",
    "bookingId": "book_20240115001",
    **TERMS,
}
EVIDENCE: dict[str, Any] = {
    "by": "prov_provider456",
    "evidence": [{"name": "gallery.zip", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}],
}
