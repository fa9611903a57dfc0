"""What a marketplace hears of its escrows: ids, whole amounts, moments, and never why money is being looked at."""

from typing import Any

from core.webhooks.catalogue import Subject, publishes
from escrow import dispute_webhooks as dispute_webhooks
from escrow.enums import HOLDS
from escrow.events import (
    ConditionLapsed,
    ConditionMet,
    EscrowCreated,
    EscrowFunded,
    EscrowLocked,
    EscrowRefunded,
    EscrowReleased,
    EscrowUnlocked,
    EscrowWarned,
    TermsAmended,
)

_ESCROW: dict[str, Any] = {"id": "ESC_1703123456789_ABCDEF12", "object": "escrow", "livemode": False}
_OF_AMOUNT = {**_ESCROW, "amount": 47_500, "currency": "USD"}
ON_HOLD = "ON_HOLD"
"""What is told instead of compliance, fraud or reconciliation: a reason may tip somebody off."""


def _told(reason: str) -> str:
    return ON_HOLD if reason in HOLDS else reason


@publishes(
    EscrowCreated,
    event_type="escrow.created",
    meaning="Terms are agreed; the escrow waits for its money.",
    example=_OF_AMOUNT,
)
def escrow_created(event: EscrowCreated) -> Subject:
    data = {"amount": event.amount_minor, "currency": event.currency}
    return Subject(event.escrow_id, "escrow", event.livemode, event.created_at, data)


@publishes(
    EscrowFunded,
    event_type="escrow.funded",
    meaning="The money is held for its payee: the net of a booking's payment, or what the bank brought.",
    example={**_OF_AMOUNT, "paymentId": "pay_1703123456789_k2n8m9p1q"},
)
def escrow_funded(event: EscrowFunded) -> Subject:
    return Subject(
        id=event.escrow_id,
        object="escrow",
        livemode=event.livemode,
        occurred_at=event.funded_at,
        data={"payment_id": event.payment_id, "amount": event.amount_minor, "currency": event.currency},
    )


@publishes(
    EscrowLocked,
    event_type="escrow.locked",
    meaning="The money stays for now. `reason` is TIME_LOCK, APPROVALS (signatures are asked for) or ON_HOLD.",
    example={**_ESCROW, "reason": "APPROVALS"},
)
def escrow_locked(event: EscrowLocked) -> Subject:
    return Subject(event.escrow_id, "escrow", event.livemode, event.locked_at, {"reason": _told(event.reason)})


@publishes(
    EscrowUnlocked,
    event_type="escrow.unlocked",
    meaning="One reason why the money stayed is gone; there may be others.",
    example={**_ESCROW, "reason": "TIME_LOCK"},
)
def escrow_unlocked(event: EscrowUnlocked) -> Subject:
    return Subject(event.escrow_id, "escrow", event.livemode, event.unlocked_at, {"reason": _told(event.reason)})


@publishes(
    ConditionMet,
    event_type="escrow.condition_met",
    meaning="A condition of the terms is met.",
    example={**_ESCROW, "conditionId": "service_completed"},
)
def condition_met(event: ConditionMet) -> Subject:
    return Subject(event.escrow_id, "escrow", event.livemode, event.met_at, {"condition_id": event.condition_id})


@publishes(
    ConditionLapsed,
    event_type="escrow.condition_lapsed",
    meaning="The time of a condition is over; it can no longer be met.",
    example={**_ESCROW, "conditionId": "service_completed"},
)
def condition_lapsed(event: ConditionLapsed) -> Subject:
    return Subject(event.escrow_id, "escrow", event.livemode, event.lapsed_at, {"condition_id": event.condition_id})


@publishes(
    EscrowReleased,
    event_type="escrow.released",
    meaning="So much went to the payee; `isLast` where nothing is left in the escrow.",
    example={
        **_OF_AMOUNT, "payeeId": "prov_xyz789ghi012", "transactionId": "txn_1703123456789_x4y7z2a5b", "isLast": True,
    },
)  # fmt: skip
def escrow_released(event: EscrowReleased) -> Subject:
    return Subject(
        id=event.escrow_id,
        object="escrow",
        livemode=event.livemode,
        occurred_at=event.released_at,
        data={
            "payee_id": event.payee_id,
            "transaction_id": event.transaction_id,
            "amount": event.amount_minor,
            "currency": event.currency,
            "is_last": event.is_last,
        },
    )


@publishes(
    EscrowRefunded,
    event_type="escrow.refunded",
    meaning="So much goes back to the payer, or was taken back by the network (`takenBack`).",
    example={**_OF_AMOUNT, "payerId": "cus_abc123def456", "takenBack": False, "isLast": True},
)
def escrow_refunded(event: EscrowRefunded) -> Subject:
    return Subject(
        id=event.escrow_id,
        object="escrow",
        livemode=event.livemode,
        occurred_at=event.refunded_at,
        data={
            "payer_id": event.payer_id,
            "amount": event.amount_minor,
            "currency": event.currency,
            "taken_back": event.taken_back,
            "is_last": event.is_last,
        },
    )


@publishes(
    TermsAmended,
    event_type="escrow.terms_amended",
    meaning="Both sides agreed to new terms; they are in force.",
    example={**_ESCROW, "termsVersion": 2},
)
def terms_amended(event: TermsAmended) -> Subject:
    return Subject(event.escrow_id, "escrow", event.livemode, event.amended_at, {"terms_version": event.terms_version})


@publishes(
    EscrowWarned,
    event_type="escrow.warned",
    meaning="What happens at `dueAt` if nobody acts: `action` is AUTO_RELEASE or AUTO_REFUND, so many `hours` before. "
    "SIGNATURES: nobody signed in time.",
    example={**_ESCROW, "action": "AUTO_RELEASE", "dueAt": "2024-01-22T10:30:45.123Z", "hours": 72},
)
def escrow_warned(event: EscrowWarned) -> Subject:
    data = {"action": event.action, "due_at": event.due_at, "hours": event.hours}
    return Subject(event.escrow_id, "escrow", event.livemode, event.warned_at, data)
