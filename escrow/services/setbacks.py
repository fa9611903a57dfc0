"""Timers that could not be fired: tried again after a growing pause, an alarm after so many tries."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import engine
from escrow.events import TimersStuck
from escrow.models import Escrow, Setback
from escrow.services import timers

log = structlog.get_logger("holdfast.escrow")


def note(escrow: Escrow, error: Exception, *, now: datetime) -> Setback:
    """In the transaction that holds the escrow. The timers keep their hours, the escrow is looked at again later."""
    said = engine.describe(error)
    row, is_first = Setback.objects.get_or_create(
        escrow_id=escrow.pk, defaults={"tries": 1, "error": said, "first_at": now, "last_at": now}
    )
    if not is_first:
        Setback.objects.filter(pk=row.pk).update(tries=F("tries") + 1, error=said, last_at=now)
        row.refresh_from_db()
    timers.look_again(escrow, now + _pause(row.tries, now))
    log.warning("timers failed", escrow=escrow.public_id, tries=row.tries, error=said)
    if row.tries % parameters.read("escrow.timer_tries_before_alarm", at=now) == 0:
        outbox.publish(TimersStuck(escrow.public_id, row.tries, said, escrow.livemode, now), now=now)
    return row


def note_apart(escrow_pk: int, error: Exception, *, now: datetime) -> None:
    """The same where the transaction itself was lost; nothing where somebody else has the escrow by now."""
    with transaction.atomic():
        escrow = Escrow.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=escrow_pk).first()
        if escrow is not None:
            note(escrow, error, now=now)


def clear(escrow: Escrow) -> None:
    """It went through."""
    Setback.objects.filter(escrow_id=escrow.pk).delete()


def _pause(tries: int, now: datetime) -> timedelta:
    base, cap = (parameters.read(f"escrow.timer_retry_{name}", at=now) for name in ("seconds", "cap_seconds"))
    return timedelta(seconds=min(cap, base * 2 ** min(tries - 1, 20)))
