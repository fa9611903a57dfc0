"""Reads of payouts and their schedules."""

from datetime import datetime
from typing import ClassVar

from django.db.models import Q, QuerySet

from compliance.models import Party
from core.errors import Refusal
from payments.models import Payout, PayoutSchedule, Transfer
from payments.transfer_enums import Purpose, ScheduleState
from payments.transfer_states import CANCELLABLE

_IN_STATE = {
    ScheduleState.PAUSED: Q(paused_at__isnull=False),
    ScheduleState.ACTIVE: Q(paused_at=None, is_active=True),
    ScheduleState.STOPPED: Q(paused_at=None, is_active=False),
}


class PayoutNotFound(Refusal):
    code: ClassVar[str] = "PAYOUT_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such payout"


class ScheduleNotFound(Refusal):
    code: ClassVar[str] = "PAYOUT_SCHEDULE_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The party has no payout schedule"


def list_in_mode(*, livemode: bool) -> QuerySet[Payout]:
    return Payout.objects.select_related("party", "transfer__to_account").filter(livemode=livemode)


def get(payout_id: str, *, livemode: bool) -> Payout:
    """Raises PayoutNotFound."""
    found = list_in_mode(livemode=livemode).filter(public_id=payout_id).first()
    if found is None:
        raise PayoutNotFound(f"no payout is named {payout_id[:40]}")
    return found


def schedules(*, livemode: bool) -> QuerySet[PayoutSchedule]:
    return PayoutSchedule.objects.select_related("party").filter(livemode=livemode)


def list_schedules(*, livemode: bool, state: str = "", party: str = "") -> QuerySet[PayoutSchedule]:
    """For pages by (created_at, id), newest first. `state` is a ScheduleState, `party` a public name."""
    found = schedules(livemode=livemode)
    if state:
        found = found.filter(_IN_STATE[ScheduleState(state)])
    return found.filter(party__party_id=party) if party else found


def find_schedule(party: Party) -> PayoutSchedule | None:
    return PayoutSchedule.objects.select_related("party").filter(party=party).first()


def get_schedule(party_id: str, *, livemode: bool) -> PayoutSchedule:
    """Raises ScheduleNotFound."""
    found = schedules(livemode=livemode).filter(party__party_id=party_id).first()
    if found is None:
        raise ScheduleNotFound(f"{party_id[:64]} has no schedule")
    return found


def list_due(*, now: datetime, limit: int) -> list[int]:
    """Keys of schedules whose hour has come, the longest waiting first."""
    due = PayoutSchedule.objects.filter(is_active=True, paused_at=None, next_at__lte=now)
    return list(due.order_by("next_at", "pk").values_list("pk", flat=True)[:limit])


def list_not_left(party: Party) -> list[Transfer]:
    """Payouts of the party that no file carries yet, by key."""
    waiting = Transfer.objects.filter(payer=party, purpose=Purpose.PAYOUT, state__in=sorted(CANCELLABLE), trace="")
    return list(waiting.order_by("pk"))
