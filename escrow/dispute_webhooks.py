"""What a marketplace hears of disputes, and of what its sellers owe."""

from typing import Any

from core.webhooks.catalogue import Subject, publishes
from escrow.dispute_events import (
    DisputeEvidenceSubmitted,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    ReceivableClosed,
    ReceivableOpened,
)

_DISPUTE: dict[str, Any] = {
    "id": "dsp_0lq9ilnhwp0123456789abcd", "object": "dispute", "livemode": False,
    "escrowId": "ESC_1703123456789_ABCDEF12",
}  # fmt: skip
_DEBT: dict[str, Any] = {
    "id": "rcv_0lq9ilnhwp0123456789abcd", "object": "receivable", "livemode": False, "partyId": "prov_xyz789ghi012",
}  # fmt: skip


@publishes(
    DisputeRaised,
    event_type="dispute.raised",
    meaning="Nothing of the escrow moves until it has ended; both sides may submit evidence until `evidenceDueAt`.",
    example={
        **_DISPUTE, "raisedBy": "PAYER", "amount": 46_000, "currency": "USD",
        "evidenceDueAt": "2024-01-22T10:30:45.123Z", "autoResolutionAt": "2024-02-14T10:30:45.123Z",
    },
)  # fmt: skip
def dispute_raised(event: DisputeRaised) -> Subject:
    return Subject(
        id=event.dispute_id,
        object="dispute",
        livemode=event.livemode,
        occurred_at=event.raised_at,
        data={
            "escrow_id": event.escrow_id,
            "raised_by": event.side,
            "amount": event.amount_minor,
            "currency": event.currency,
            "evidence_due_at": event.evidence_due_at,
            "auto_resolution_at": event.auto_resolution_at,
        },
    )


@publishes(
    DisputeEvidenceSubmitted,
    event_type="dispute.evidence_submitted",
    meaning="One side has said what it has to say; it can add nothing any more.",
    example={**_DISPUTE, "by": "PAYEE"},
)
def dispute_evidence_submitted(event: DisputeEvidenceSubmitted) -> Subject:
    return Subject(
        id=event.dispute_id,
        object="dispute",
        livemode=event.livemode,
        occurred_at=event.submitted_at,
        data={"escrow_id": event.escrow_id, "by": event.side},
    )


@publishes(
    DisputeResolved,
    event_type="dispute.resolved",
    meaning="It has ended and the money has moved: by its MEDIATOR, SIGNED by others, by the CLOCK of the terms, or by"
    " the NETWORK that had given it back.",
    example={
        **_DISPUTE, "outcome": "SPLIT", "resolvedHow": "MEDIATOR", "amountReleased": 30_000, "amountRefunded": 16_000,
        "currency": "USD",
    },
)  # fmt: skip
def dispute_resolved(event: DisputeResolved) -> Subject:
    return Subject(
        id=event.dispute_id,
        object="dispute",
        livemode=event.livemode,
        occurred_at=event.resolved_at,
        data={
            "escrow_id": event.escrow_id,
            "outcome": event.outcome,
            "resolved_how": event.how,
            "amount_released": event.release_minor,
            "amount_refunded": event.refund_minor,
            "currency": event.currency,
        },
    )


@publishes(
    DisputeWithdrawn,
    event_type="dispute.withdrawn",
    meaning="Taken back by whoever raised it: the terms of the escrow go on.",
    example=_DISPUTE,
)
def dispute_withdrawn(event: DisputeWithdrawn) -> Subject:
    return Subject(event.dispute_id, "dispute", event.livemode, event.withdrawn_at, {"escrow_id": event.escrow_id})


@publishes(
    ReceivableOpened,
    event_type="receivable.opened",
    meaning="Money was taken back after the party had received it; it is kept from what it is owed next.",
    example={**_DEBT, "cause": "cb_0lq9ilnhwp0123456789abcd", "amount": 46_000, "currency": "USD"},
)
def receivable_opened(event: ReceivableOpened) -> Subject:
    return Subject(
        id=event.receivable_id,
        object="receivable",
        livemode=event.livemode,
        occurred_at=event.opened_at,
        data={
            "party_id": event.party_id,
            "cause": event.cause,
            "amount": event.amount_minor,
            "currency": event.currency,
        },
    )


@publishes(
    ReceivableClosed,
    event_type="receivable.closed",
    meaning="Nothing is owed for it any more: it was RECOVERED or WRITTEN_OFF.",
    example={**_DEBT, "status": "RECOVERED"},
)
def receivable_closed(event: ReceivableClosed) -> Subject:
    return Subject(
        id=event.receivable_id,
        object="receivable",
        livemode=event.livemode,
        occurred_at=event.closed_at,
        data={"party_id": event.party_id, "status": event.state},
    )
