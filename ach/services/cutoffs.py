"""Cutoffs in stages that each can be taken up again: entries are claimed, files written, released, delivered.

Every stage is found from the rows, so it does not matter who died where. One worker at a time does an originator's.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.urls import reverse

from ach.enums import CutoffState, FileState
from ach.events import RailTroubled
from ach.models import Cutoff, File, Originator
from ach.nacha.problems import NachaError
from ach.services import building, claiming, releasing, reply_claiming, withdrawing
from core.outbox import services as outbox
from core.work.engine import describe

log = structlog.get_logger("holdfast.ach")
# Of the advisory locks of this program, those of originators.
_LOCKS = 0x0AC4


@dataclass(slots=True)
class Ran:
    """`entries` and replies were filed, held or parked, `files` written; `troubles` are originators whose work
    stopped, with the reason."""

    entries: int = 0
    files: int = 0
    troubles: dict[str, str] = field(default_factory=dict)


def run_due(*, now: datetime) -> Ran:
    """Everything due up to and with `now`, the oldest cutoff first. What fails for one originator stops no other."""
    ran = Ran()
    for originator in Originator.objects.filter(closed_at=None).order_by("pk"):
        with _alone(originator) as alone:
            if not alone:
                continue
            try:
                _run(originator, ran, now)
            except Exception as failure:  # noqa: BLE001 - whatever stops one, the others go on; people hear of it
                ran.troubles[originator.public_id] = _tell(originator, failure, now)
    return ran


def _run(originator: Originator, ran: Ran, now: datetime) -> None:
    last = None
    while (at := claiming.earliest_due(originator.pk, now)) is not None and at != last:
        ran.entries += claiming.claim(originator_pk=originator.pk, at=at, now=now)
        last = at
    ran.entries += reply_claiming.claim_due(originator_pk=originator.pk, now=now)
    files = File.objects.filter(originator=originator)
    for file_id in list(files.filter(state=FileState.PLANNED).order_by("pk").values_list("public_id", flat=True)):
        ran.files += building.build(file_id=file_id, now=now)
    for file_id in list(files.filter(state=FileState.BUILT).order_by("pk").values_list("public_id", flat=True)):
        if why := releasing.release_or_wait(file_id=file_id, now=now):
            ran.troubles[originator.public_id] = why
    _advance(originator, now)


def _advance(originator: Originator, now: datetime) -> None:
    for key in list(
        Cutoff.objects.filter(originator=originator).exclude(state=CutoffState.DONE).values_list("pk", flat=True)
    ):
        with transaction.atomic():
            withdrawing.reopen_or_close(key, now)


def _tell(originator: Originator, failure: Exception, now: datetime) -> str:
    why = f"{failure.field}: {failure.message}" if isinstance(failure, NachaError) else describe(failure)
    log.error("cutoff stopped", originator=originator.public_id, reason=why)
    with transaction.atomic():
        outbox.publish(
            RailTroubled(
                alarm="ach.cutoff_stopped", subject=originator.public_id, severity="P1",
                summary=f"Files of {originator.name} cannot be built: {why}"[:300], url=reverse("admin:ach_files"),
                livemode=originator.livemode, found_at=now,
            ),
            now=now,
        )  # fmt: skip
    return why


@contextmanager
def _alone(originator: Originator) -> Iterator[bool]:
    """A session's lock: it dies with the process. Rows are safe without it; it spares a second worker the work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, originator.pk])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, originator.pk])
