"""Escrows for tests: the documented example, funded, met, and what a test wants different."""

import copy
from datetime import datetime, timedelta
from typing import Any

from compliance.models import Party
from core.actors import Actor
from escrow.models import Escrow
from escrow.services import agreements, conditions, funding
from escrow.services.agreements import EscrowOrder
from tests.factories.payments import NOW

BACKEND = Actor("API_KEY", "key_test", frozenset({"escrows:write", "escrows:fund", "escrows:read"}))

# The terms of the documented photography escrow, as printed.
PHOTOGRAPHY: dict[str, Any] = {
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


def terms(*milestones: tuple[str, int], partial: bool = True, **changes: Any) -> dict[str, Any]:
    """The documented terms with these milestones (id, amount) instead, and single values by `block__name`."""
    wire = copy.deepcopy(PHOTOGRAPHY)
    wire["releaseConditions"]["partialReleaseAllowed"] = partial
    if milestones:
        wire["escrowConditions"] = [
            {"conditionId": name, "type": "MILESTONE_REACHED", "description": name, "milestoneData": {"amount": minor}}
            for name, minor in milestones
        ]
    for path, value in changes.items():
        block, _, name = path.partition("__")
        wire[block][name] = value
    return wire


def order(amount_minor: int = 400_000, **different: Any) -> EscrowOrder:
    wanted: dict[str, Any] = {
        "payer_id": "cus_customer123",
        "payee_id": "prov_provider456",
        "amount_minor": amount_minor,
        "currency": "USD",
        "document": PHOTOGRAPHY,
        "service_id": "svc_photography001",
        "booking_id": "book_20240115001",
    }
    return EscrowOrder(**wanted | different)


def create(amount_minor: int = 400_000, *, now: datetime = NOW, **different: Any) -> Escrow:
    """CREATED: agreed and not funded, for a seller known for a year. 4,000.00 is below what takes signatures."""
    escrow = agreements.create(order(amount_minor, **different), livemode=False, actor=BACKEND, now=now)
    return known_for_a_year(escrow, now=now)


def known_for_a_year(escrow: Escrow, *, now: datetime) -> Escrow:
    """Its seller is no longer new: only from 5,000.00 on people sign."""
    Party.objects.filter(pk=escrow.payee_id).update(created_at=now - timedelta(days=365))
    return escrow


def fund(escrow: Escrow, *, now: datetime = NOW) -> Escrow:
    """The bank brought it: everything is held, nothing was kept as a fee."""
    return funding.fund_by_bank(
        escrow_id=escrow.public_id, livemode=False, reference="wire 4711", actor=BACKEND, now=now
    )


def funded(amount_minor: int = 400_000, *, now: datetime = NOW, **different: Any) -> Escrow:
    return fund(create(amount_minor, now=now, **different), now=now)


def meet(escrow: Escrow, condition_id: str = "cond_service_completion", *, now: datetime = NOW) -> Escrow:
    return conditions.satisfy(
        escrow_id=escrow.public_id,
        condition_id=condition_id,
        livemode=False,
        by="",
        evidence=[{"name": "delivery.pdf", "sha256": "ab" * 32}],
        actor=BACKEND,
        now=now,
    )


def later(hours: float, *, since: datetime = NOW) -> datetime:
    return since + timedelta(hours=hours)


def request(**different: Any) -> dict[str, Any]:
    """The documented body of `POST /v1/escrows`, word for word; `timeoutPolicy={…}` replaces a block."""
    documented = {
        "action": "CREATE",
        "payerId": "cus_customer123",
        "payeeId": "prov_provider456",
        "amount": 500_000,
        "currency": "USD",
        "serviceId": "svc_photography001",
        "bookingId": "book_20240115001",
        **copy.deepcopy(PHOTOGRAPHY),
    }
    return documented | different
