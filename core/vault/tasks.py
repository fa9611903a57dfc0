"""The vault's housekeeping: keys rotated when their term is over, card numbers looked for, uses of keys watched."""

import contextlib
from datetime import datetime, timedelta

from core.actors import SYSTEM
from core.vault import rotation, uses, weekly
from core.work import services as work

STEPS_PER_MINUTE = 20


@work.periodic("vault.rotate_keys", every=timedelta(minutes=1))
def rotate_keys(*, now: datetime) -> None:
    """A run that was begun is carried on a stretch; else one begins when something is due.

    A key service that does not answer is kept on the run and asked again a minute later.
    """
    running = rotation.find_running()
    if running is None and (purposes := rotation.due(now=now)):
        running = rotation.begin(purposes=purposes, reason="their term is over", actor=SYSTEM, now=now)
    if running is None:
        return
    with contextlib.suppress(*rotation.KeyServiceError):
        for _ in range(STEPS_PER_MINUTE):
            if rotation.advance(rotation_id=running.rotation_id, now=now):
                break


@work.periodic("vault.scan_cards", every=timedelta(minutes=1))
def scan_cards(*, now: datetime) -> None:
    weekly.carry_on(now=now)


@work.periodic("vault.watch_uses", every=timedelta(minutes=5))
def watch_uses(*, now: datetime) -> None:
    uses.collect(now=now)
    uses.judge(now=now)
