"""Payouts of balances in the public API: on demand, and by a schedule that can be paused."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from ach.services.stops import AccountStopped
from compliance.selectors.parties import PartyNotFound
from compliance.services.parties import PartyNotEligible
from core import clock, ids
from core.api.filters import choice, flag, moment, text
from core.api.once import run_once
from core.api.owners import ADMINS, Named, One, Rows
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.values import Verbatim
from core.api.views import ApiView
from core.api.wire import to_wire
from core.approvals.services import NobodyCanSign
from core.switches.services import SwitchClosed
from payments import transfer_answers as answers
from payments import transfer_refusals as refusals
from payments.api import payout_serializers as serializers
from payments.api import transfer_audience as audience
from payments.models import Payout as PayoutRow
from payments.models import PayoutSchedule
from payments.selectors import payouts as register
from payments.services import payout_schedules, payouts
from payments.services.payout_schedules import NewSchedule
from payments.services.payouts import PayoutOrder
from payments.transfer_enums import Interval, TransferState, Trigger

_REFUSALS = (
    payouts.PayoutsArePaused, payouts.NothingToPayOut, PartyNotFound, PartyNotEligible, SwitchClosed, AccountStopped,
    NobodyCanSign, refusals.AccountVerificationFailed, refusals.NachaValidationFailed,
    refusals.TransferAmountAboveLimit, refusals.ProcessingFailed,
)  # fmt: skip


class Payouts(ApiView):
    scopes: ClassVar = {"GET": "payouts:read", "POST": "payouts:write"}
    owned_by: ClassVar = {"GET": Rows(provider="party__party_id"), "POST": Named(provider="partyId")}
    paged = True
    filters = (
        *text("partyId", "party__party_id", pattern=ids.PARTY_ID),
        *choice("trigger", Trigger.values),
        *moment("createdAt"),
    )

    @describe("listPayouts", summary="List payouts", answers={200: page_of(serializers.PayoutRowSerializer)})
    def get(self, request: Request) -> Response:
        """Newest first."""

        def render(payout: PayoutRow) -> dict[str, Any]:
            return Verbatim(audience.shown(request, to_wire(answers.payout_fields(payout))))

        return self.page(request, register.list_in_mode(livemode=cast("ApiRequest", request).livemode), render)

    @describe(
        "createPayout",
        summary="Pay a balance out",
        takes=serializers.PayoutRequestSerializer,
        answers={201: serializers.PayoutSerializer},
        refusals=_REFUSALS,
        example={"partyId": "prov_xyz789ghi012", "amount": 46000},
    )
    def post(self, request: Request) -> Response:
        """To the account the party is paid to. Debts are taken first, the reserve of its schedule stays."""
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.PayoutRequestSerializer.read(request)
        order = PayoutOrder(
            values["party_id"], values.get("amount"), values["currency"], values["priority"],
            values.get("description", ""),
        )  # fmt: skip

        def effect() -> tuple[int, dict[str, Any]]:
            payout = payouts.create(order, livemode=call.livemode, actor=call.actor, now=now)
            success = payout.transfer.state != TransferState.FAILED
            return 201, {"success": success, **answers.payout_fields(payout)}

        return run_once(request, operation="payouts.create", effect=effect, now=now)


class Payout(ApiView):
    scopes: ClassVar = {"GET": "payouts:read"}
    owned_by: ClassVar = {
        "GET": One(
            rows=register.list_in_mode,
            variable="payout_id",
            key="public_id",
            missing=register.PayoutNotFound,
            provider="party__party_id",
        )
    }

    @describe(
        "getPayout",
        summary="One payout",
        answers={200: serializers.PayoutSerializer},
        refusals=(register.PayoutNotFound,),
    )
    def get(self, request: Request, payout_id: str) -> Response:
        payout = register.get(payout_id, livemode=cast("ApiRequest", request).livemode)
        body = to_wire({"success": payout.transfer.state != TransferState.FAILED, **answers.payout_fields(payout)})
        return Response(Verbatim(audience.shown(request, body)))


class PayoutSchedules(ApiView):
    scopes: ClassVar = {"GET": "payouts:read", "POST": "payouts:write"}
    owned_by: ClassVar = {"GET": ADMINS, "POST": ADMINS}
    paged = True
    filters = (
        *text("partyId", "party__party_id", pattern=ids.PARTY_ID),
        *choice("interval", Interval.values),
        *flag("isActive", "is_active"),
        *moment("createdAt"),
    )

    @describe(
        "listPayoutSchedules",
        summary="List payout schedules",
        answers={200: page_of(serializers.ScheduleRowSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Newest first. A party that is paid on demand has none until its payouts are paused."""

        def render(schedule: PayoutSchedule) -> dict[str, Any]:
            return Verbatim(to_wire(answers.schedule_fields(schedule)))

        return self.page(request, register.schedules(livemode=cast("ApiRequest", request).livemode), render)

    @describe(
        "putPayoutSchedule",
        summary="Say when a party is paid by itself",
        takes=serializers.ScheduleRequestSerializer,
        answers={200: serializers.ScheduleSerializer},
        refusals=(PartyNotFound, payout_schedules.InvalidSchedule),
        example={"partyId": "prov_xyz789ghi012", "interval": "WEEKLY", "anchor": 5, "minimum": 2500},
    )
    def post(self, request: Request) -> Response:
        """A party has one; this one takes the place of what there was."""
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.ScheduleRequestSerializer.read(request)
        new = NewSchedule(
            values["party_id"], Interval(values["interval"]), values["anchor"], values["minimum"], values["reserve"],
            values["is_active"],
        )  # fmt: skip
        return _changed(
            request,
            "payout_schedules.put",
            lambda: payout_schedules.put(new=new, livemode=call.livemode, actor=call.actor, now=now),
        )


class PayoutScheduleOfParty(ApiView):
    scopes: ClassVar = {"GET": "payouts:read"}
    owned_by: ClassVar = {"GET": ADMINS}

    @describe(
        "getPayoutSchedule",
        summary="When a party is paid by itself",
        answers={200: serializers.ScheduleSerializer},
        refusals=(register.ScheduleNotFound,),
    )
    def get(self, request: Request, provider_id: str) -> Response:
        """With its pause, and what came of it last."""
        schedule = register.get_schedule(provider_id, livemode=cast("ApiRequest", request).livemode)
        return Response(Verbatim(to_wire({"success": True, **answers.schedule_fields(schedule)})))


class PayoutSchedulePause(ApiView):
    scopes: ClassVar = {"POST": "payouts:write"}
    owned_by: ClassVar = {"POST": ADMINS}

    @describe(
        "pausePayouts",
        summary="Pause the payouts of a party",
        takes=serializers.PauseRequestSerializer,
        answers={200: serializers.ScheduleSerializer},
        refusals=(PartyNotFound, payout_schedules.InvalidSchedule),
        example={"reason": "The seller's login was taken over"},
    )
    def post(self, request: Request, provider_id: str) -> Response:
        """Nothing new is paid. What no file carries yet is held; what a file carries goes."""
        call, now = cast("ApiRequest", request), clock.now()
        why = serializers.PauseRequestSerializer.read(request)["reason"]
        return _changed(
            request,
            "payout_schedules.pause",
            lambda: payout_schedules.pause(
                party_id=provider_id, livemode=call.livemode, why=why, actor=call.actor, now=now
            ),
        )


class PayoutScheduleResumption(ApiView):
    scopes: ClassVar = {"POST": "payouts:write"}
    owned_by: ClassVar = {"POST": ADMINS}

    @describe(
        "resumePayouts",
        summary="Let the payouts of a party go on",
        answers={200: serializers.ScheduleSerializer},
        refusals=(PartyNotFound, register.ScheduleNotFound),
    )
    def post(self, request: Request, provider_id: str) -> Response:
        """What was held goes with the next cutoff, and the schedule with its next day."""
        call, now = cast("ApiRequest", request), clock.now()
        return _changed(
            request,
            "payout_schedules.resume",
            lambda: payout_schedules.resume(party_id=provider_id, livemode=call.livemode, actor=call.actor, now=now),
        )


def _changed(request: Request, operation: str, change: Callable[[], PayoutSchedule]) -> Response:
    def effect() -> tuple[int, dict[str, Any]]:
        return 200, {"success": True, **answers.schedule_fields(change())}

    return run_once(request, operation=operation, effect=effect, now=clock.now())
