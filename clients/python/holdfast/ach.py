"""ACH transfers, payouts of balances, and their schedules."""

from datetime import date, datetime
from typing import Any, Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import PayoutFilter, ScheduleFilter, TransferFilter, TransferOrder, body, moment
from holdfast.resource import Resource
from holdfast.transport import Operation
from holdfast.types import Payout, PayoutRow, Reversal, Schedule, ScheduleRow, Transfer, TransferRow


class AchTransfers(Resource):
    def create(self, *, idempotency_key: str | None = None, **order: Unpack[TransferOrder]) -> Answer[Transfer]:
        """Its `state` says whether it waits for people. Raises NotAllowed where sanctions or fraud rules forbid it."""
        fields: dict[str, Any] = dict(order)
        effective = fields.get("effective_date")
        if isinstance(effective, date):
            fields["effective_date"] = effective.isoformat()[:10]
        return self._post(Operation("createAchTransfer", "POST", "/v1/ach-transfers"), body(**fields), idempotency_key)

    def get(self, transfer_id: str) -> Answer[Transfer]:
        return self._get(Operation("getAchTransfer", "GET", "/v1/ach-transfers/{transferId}"), transferId=transfer_id)

    def list(self, *, at_most: int | None = None, **filters: Unpack[TransferFilter]) -> Listing[TransferRow]:
        """Newest first."""
        return self._list(Operation("listAchTransfers", "GET", "/v1/ach-transfers"), filters, at_most=at_most)

    def cancel(
        self, transfer_id: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> Answer[Transfer]:
        """Take it back before a file carries it. Raises Conflict for one that has left."""
        return self._post(
            Operation("cancelAchTransfer", "POST", "/v1/ach-transfers/{transferId}/cancel"),
            {},
            idempotency_key,
            if_match=if_match,
            transferId=transfer_id,
        )

    def reverse(
        self,
        transfer_id: str,
        *,
        cause: str,
        discovered_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Reversal]:
        """Ask for one that has left to be taken back by its opposite; a person signs it. A time needs its zone."""
        return self._post(
            Operation("reverseAchTransfer", "POST", "/v1/ach-transfers/{transferId}/reverse"),
            body(cause=cause, discovered_at=moment("discovered_at", discovered_at) if discovered_at else None),
            idempotency_key,
            transferId=transfer_id,
        )


class Payouts(Resource):
    def create(
        self,
        *,
        party_id: str,
        amount: int | None = None,
        currency: str | None = None,
        priority: str | None = None,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Payout]:
        """Pay `amount` minor units of the party's balance out, or all that may go."""
        fields = body(party_id=party_id, amount=amount, currency=currency, priority=priority, description=description)
        return self._post(Operation("createPayout", "POST", "/v1/payouts"), fields, idempotency_key)

    def get(self, payout_id: str) -> Answer[Payout]:
        return self._get(Operation("getPayout", "GET", "/v1/payouts/{payoutId}"), payoutId=payout_id)

    def list(self, *, at_most: int | None = None, **filters: Unpack[PayoutFilter]) -> Listing[PayoutRow]:
        """Newest first."""
        return self._list(Operation("listPayouts", "GET", "/v1/payouts"), filters, at_most=at_most)


class PayoutSchedules(Resource):
    def put(
        self,
        *,
        party_id: str,
        interval: str,
        anchor: int | None = None,
        minimum: int | None = None,
        reserve: int | None = None,
        is_active: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Schedule]:
        """DAILY, WEEKLY on weekday `anchor` or MONTHLY on day `anchor`. It takes the place of what there was."""
        fields = body(
            party_id=party_id, interval=interval, anchor=anchor, minimum=minimum, reserve=reserve, is_active=is_active
        )
        return self._post(Operation("putPayoutSchedule", "POST", "/v1/payout-schedules"), fields, idempotency_key)

    def get(self, party_id: str) -> Answer[Schedule]:
        return self._get(
            Operation("getPayoutSchedule", "GET", "/v1/payout-schedules/{providerId}"), providerId=party_id
        )

    def list(self, *, at_most: int | None = None, **filters: Unpack[ScheduleFilter]) -> Listing[ScheduleRow]:
        """Newest first."""
        return self._list(Operation("listPayoutSchedules", "GET", "/v1/payout-schedules"), filters, at_most=at_most)

    def pause(self, party_id: str, *, reason: str, idempotency_key: str | None = None) -> Answer[Schedule]:
        """Nothing new is paid, and what no file carries yet is held."""
        return self._post(
            Operation("pausePayouts", "POST", "/v1/payout-schedules/{providerId}/pause"),
            body(reason=reason),
            idempotency_key,
            providerId=party_id,
        )

    def resume(self, party_id: str, *, idempotency_key: str | None = None) -> Answer[Schedule]:
        return self._post(
            Operation("resumePayouts", "POST", "/v1/payout-schedules/{providerId}/resume"),
            {},
            idempotency_key,
            providerId=party_id,
        )
