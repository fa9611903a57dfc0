"""What a marketplace hears of its transfers, payouts and verifications. Never why somebody was doubted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.outbox import services as outbox
from core.webhooks.catalogue import Subject, declare, publishes
from core.webhooks.services import events
from payments.transfer_enums import TransferState
from payments.transfer_events import (
    PayoutCreated,
    TransferCreated,
    TransferFailed,
    TransfersMoved,
    VerificationEnded,
)

_TRANSFER: dict[str, Any] = {
    "id": "ACH1703123456789ABCD", "object": "ach_transfer", "livemode": False, "payerId": "prov_merchant_12345",
    "payeeId": "prov_provider_67890",
}  # fmt: skip
_OF_AMOUNT = {**_TRANSFER, "amount": 250_000, "currency": "USD", "state": "COMPLETED", "returnCode": ""}
MOVES = {
    TransferState.PROCESSING: ("ach_transfer.sent", "The bank has it."),
    TransferState.COMPLETED: ("ach_transfer.completed", "It has settled; a debit is held a while longer."),
    TransferState.RETURNED: ("ach_transfer.returned", "The receiving bank has returned it; `returnCode` says why."),
    TransferState.CANCELLED: ("ach_transfer.cancelled", "It was taken back before it left."),
}
for _state, (_type, _meaning) in MOVES.items():
    declare(_type, meaning=_meaning, example={**_OF_AMOUNT, "state": _state.value})


@outbox.handles(TransfersMoved)
def hear_transfers_moved(event: TransfersMoved, *, now: datetime) -> None:
    """Of the moves those that a marketplace hears of."""
    told = [
        (MOVES[TransferState(move["state"])][0], _subject(move, event))
        for move in event.moves
        if move["state"] in MOVES
    ]
    events.publish_many(told, now=now)


def _subject(move: Mapping[str, Any], event: TransfersMoved) -> Subject:
    data = {
        "payer_id": move["payer_id"], "payee_id": move["payee_id"], "amount": move["amount_minor"],
        "currency": move["currency"], "state": move["state"], "return_code": move["return_code"],
    }  # fmt: skip
    return Subject(move["transfer_id"], "ach_transfer", event.livemode, event.moved_at, data)


@publishes(
    TransferCreated,
    event_type="ach_transfer.created",
    meaning="It was accepted; `state` says whether it waits for people.",
    example={**_TRANSFER, "amount": 250_000, "currency": "USD", "state": "SUBMITTED"},
)
def transfer_created(event: TransferCreated) -> Subject:
    data = {
        "payer_id": event.payer_id, "payee_id": event.payee_id, "amount": event.amount_minor,
        "currency": event.currency, "state": event.state,
    }  # fmt: skip
    return Subject(event.transfer_id, "ach_transfer", event.livemode, event.created_at, data)


@publishes(
    TransferFailed,
    event_type="ach_transfer.failed",
    meaning="Nothing was moved. Ask for the transfer to see the code of the refusal.",
    example=_TRANSFER,
)
def transfer_failed(event: TransferFailed) -> Subject:
    data = {"payer_id": event.payer_id, "payee_id": event.payee_id}
    return Subject(event.transfer_id, "ach_transfer", event.livemode, event.failed_at, data)


@publishes(
    PayoutCreated,
    event_type="payout.created",
    meaning="A balance is being paid out; its transfer says how that goes on.",
    example={
        "id": "po_0lq9ilnhwp0123456789abcd", "object": "payout", "livemode": False,
        "transferId": "ACH1703123456789ABCD", "partyId": "prov_provider_67890", "amount": 46_000, "currency": "USD",
    },
)  # fmt: skip
def payout_created(event: PayoutCreated) -> Subject:
    data = {
        "transfer_id": event.transfer_id, "party_id": event.party_id, "amount": event.amount_minor,
        "currency": event.currency,
    }  # fmt: skip
    return Subject(event.payout_id, "payout", event.livemode, event.created_at, data)


@publishes(
    VerificationEnded,
    event_type="account_verification.ended",
    meaning="The account is verified, or not: `status` says which.",
    example={
        "id": "bav_0lq9ilnhwp0123456789abcd", "object": "account_verification", "livemode": False,
        "accountId": "ba_0lq9ilnhwp0123456789abcd", "partyId": "prov_provider_67890", "method": "MICRO_ENTRIES",
        "status": "VERIFIED",
    },
)  # fmt: skip
def verification_ended(event: VerificationEnded) -> Subject:
    data = {
        "account_id": event.account_id, "party_id": event.party_id, "method": event.method, "status": event.state,
    }  # fmt: skip
    return Subject(event.verification_id, "account_verification", event.livemode, event.ended_at, data)
