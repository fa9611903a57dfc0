"""A ready file is brought to the bank, once.

What is about to be tried is written down first. `SENDING` may have left a part under another name: it is sent again
from the start. `MOVING` may have arrived: the next try asks the other side and finishes, it does not send. So killed
at any point the file arrives, and arrives once.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.urls import reverse

from ach import transport
from ach.enums import DeliveryStage, FileState
from ach.events import RailTroubled
from ach.models import File
from ach.models.file import ON_ITS_WAY
from ach.parameters import number
from ach.services import contents, delivered
from ach.services.withdrawing import DELIVERY_FAILED, locked
from ach.transport import DeliveryUnclear, HostKeyChanged, Staged, TransportFailed
from core.actors import SYSTEM
from core.errors import Refusal
from core.outbox import services as outbox
from core.work import failpoints
from core.work import services as work
from core.work.engine import describe

log = structlog.get_logger("holdfast.ach")
WORK = "ach.deliver"
_URGENT = (HostKeyChanged, DeliveryUnclear)


def order_due(*, now: datetime) -> int:
    """Work for every file whose turn it is; each is tried by itself, so none waits for another's server."""
    ready = File.objects.filter(state=FileState.READY, by_hand="")
    due = [
        *ready.filter(next_try_at=None).values_list("public_id", flat=True),
        *ready.filter(next_try_at__lte=now).values_list("public_id", flat=True),
    ]
    with transaction.atomic():
        for file_id in due:
            work.enqueue(kind=WORK, key=file_id, payload={}, due_at=now, now=now)
    return len(due)


def deliver(*, file_id: str, now: datetime) -> bool:
    """One try. False where it failed, which is written down, or where it was not the file's turn."""
    begun = _begin(file_id, now)
    if begun is None:
        return False
    file, before = begun
    failpoints.reach("ach.sending")
    try:
        remote_name = _bring(file, before, number("transport_timeout_seconds", now))
    except Refusal as failure:
        _fail(file_id, failure, now)
        return False
    except Exception as error:  # noqa: BLE001 - whatever a server or library does, the file is tried again
        _fail(file_id, TransportFailed(describe(error)), now)
        return False
    failpoints.reach("ach.arrived")
    with transaction.atomic():
        file = locked(file_id)
        if file.state != FileState.READY:
            return file.state in ON_ITS_WAY
        delivered.mark(file, remote_name=remote_name, actor=SYSTEM, now=now)
    failpoints.reach("ach.delivered")
    return True


def _begin(file_id: str, now: datetime) -> tuple[File, str] | None:
    """What is about to be tried, and how far the try before had come."""
    with transaction.atomic():
        file = locked(file_id)
        waits = file.next_try_at is not None and file.next_try_at > now
        if file.state != FileState.READY or file.by_hand or waits:
            return None
        before, file.tries = file.stage, file.tries + 1
        file.stage = file.stage or DeliveryStage.SENDING
        file.state_why, file.next_try_at = "", now + _pause(file.tries, now)
        file.save(update_fields=["stage", "tries", "state_why", "next_try_at"])
    return File.objects.select_related("originator").get(pk=file.pk), before


def _bring(file: File, before: str, timeout_seconds: int) -> str:
    content = contents.open_(file)
    way = transport.open_(file.originator, timeout_seconds=timeout_seconds)
    if not isinstance(way, Staged):
        # Whatever comes of it, it may have arrived.
        _note(file, DeliveryStage.MOVING)
        return way.deliver(file.name, content)
    if before != DeliveryStage.MOVING:
        way.stage(file.name, content)
        failpoints.reach("ach.staged")
        _note(file, DeliveryStage.MOVING)
    remote_name = way.move(file.name, content)
    failpoints.reach("ach.moved")
    return remote_name


def _note(file: File, stage: DeliveryStage) -> None:
    File.objects.filter(pk=file.pk, state=FileState.READY).update(stage=stage)


def _fail(file_id: str, failure: Refusal, now: datetime) -> None:
    """The file is as it was. From the third try on, or at once where it is urgent, people hear of it."""
    log.warning("file not delivered", file=file_id, code=failure.code, reason=failure.detail)
    with transaction.atomic():
        file = locked(file_id)
        if file.state != FileState.READY:
            return
        file.state_why = f"{failure.code}: {failure.detail}"[:300]
        # What was being sent has no name yet: nothing of it can have been taken for a file.
        if file.stage == DeliveryStage.SENDING:
            file.stage = ""
        file.save(update_fields=["state_why", "stage"])
        if isinstance(failure, _URGENT) or file.tries >= number("delivery_tries_before_alarm", now):
            _alarm(file, failure, now)


def _alarm(file: File, failure: Refusal, now: datetime) -> None:
    mode = "" if file.livemode else " (test)"
    outbox.publish(
        RailTroubled(
            alarm="ach.host_key_changed" if isinstance(failure, HostKeyChanged) else DELIVERY_FAILED,
            subject=file.originator.public_id if isinstance(failure, HostKeyChanged) else file.public_id,
            severity="P1" if isinstance(failure, _URGENT) else "P2",
            summary=f"{file.name}{mode} was not delivered (try {file.tries}): {failure.detail}",
            url=reverse("admin:ach_file", args=[file.public_id]),
            livemode=file.livemode,
            found_at=now,
        ),
        now=now,
    )


def _pause(tries: int, now: datetime) -> timedelta:
    """Doubles with each try, up to the longest."""
    base, longest = number("delivery_retry_seconds", now), number("delivery_retry_longest_seconds", now)
    return timedelta(seconds=min(longest, base * 2 ** min(tries - 1, 20)))
