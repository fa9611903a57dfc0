"""Schedules whose hour has come: one payout each, in a transaction of its own; a refused one waits and says why."""

from datetime import datetime, timedelta

from django.db import transaction

from compliance.models import Party
from core.actors import SYSTEM
from core.errors import Refusal
from core.switches import services as switches
from core.switches.enums import Switch
from payments.models import Payout, PayoutSchedule
from payments.selectors import payouts as register
from payments.services import payout_schedules, payouts
from payments.services.payouts import NothingToPayOut, PayoutOrder
from payments.transfer_enums import Trigger
from payments.transfer_parameters import number

BATCH = 200


def run_due(*, now: datetime) -> int:
    """How many payouts were made. While transfers are switched off every schedule waits as it is."""
    if not switches.is_open(Switch.ACH_TRANSFERS, now=now):
        return 0
    return sum(_run(key, now) for key in register.list_due(now=now, limit=BATCH))


def _run(key: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            schedule = _held(key, now)
            if schedule is None:
                return False
            made = _pay(schedule, now)
            _plan(
                schedule, payout_schedules.next_run(schedule, now), f"paid {made.public_id}" if made else "paid before"
            )
    except NothingToPayOut as refused:
        # Nothing to do is an end of this run, not a fault of it.
        _note(key, now, refused.detail, is_over=True)
        return False
    except Refusal as refused:
        _note(key, now, f"{refused.code}: {refused.detail}", is_over=False)
        return False
    return made is not None


def _pay(schedule: PayoutSchedule, now: datetime) -> Payout | None:
    """Once for each of the schedule's moments."""
    if Payout.objects.filter(schedule=schedule, run=schedule.next_at).exists():
        return None
    order = PayoutOrder(schedule.party.party_id, trigger=Trigger.SCHEDULED, run=schedule.next_at)
    return payouts.create(order, livemode=schedule.livemode, actor=SYSTEM, now=now)


def _note(key: int, now: datetime, outcome: str, *, is_over: bool) -> None:
    with transaction.atomic():
        schedule = _held(key, now)
        if schedule is not None:
            again = now + timedelta(minutes=number("payout_retry_minutes", now))
            _plan(schedule, payout_schedules.next_run(schedule, now) if is_over else again, outcome)


def _held(key: int, now: datetime) -> PayoutSchedule | None:
    """The row, where it is still due; the party first, as everybody does."""
    owner = PayoutSchedule.objects.filter(pk=key).values("party")
    if Party.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=owner).first() is None:
        return None
    rows = PayoutSchedule.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("party").filter(pk=key, is_active=True, paused_at=None, next_at__lte=now).first()


def _plan(schedule: PayoutSchedule, at: datetime, outcome: str) -> None:
    schedule.next_at, schedule.last_outcome = at, outcome[:200]
    schedule.save(update_fields=["next_at", "last_outcome"])
