"""What escrow does without being asked."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core.parameters import services as parameters
from core.work import services as work
from escrow.services import firing, funding, party_holds, receivables, reconciliation, timers, warnings

BUSY_SECONDS = 20.0
HELP = "escrow.help_fire_timers"


@work.periodic("escrow.sweep", every=timedelta(minutes=1))
def sweep(*, now: datetime) -> None:
    funding.sweep(now=now)


@work.periodic("escrow.timers", every=timedelta(seconds=5))
def fire_timers(*, now: datetime) -> None:
    """Until nothing is due or time is up. After a full pass others are called to help: two never meet at an escrow."""
    first = firing.fire_due(now=now)
    if first.count >= firing.BATCH:
        call_helpers(now=now)
        _until_idle(lambda: firing.fire_due(now=now))


@work.performs(HELP, external=True)
def help_fire_timers(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    _until_idle(lambda: firing.fire_due(now=now))


@work.periodic("escrow.overdue_timers", every=timedelta(minutes=10))
def wake_overdue_timers(*, now: datetime) -> None:
    """A net under `next_due_at`: what is due and nobody would look at."""
    timers.wake_overdue(now=now)


@work.periodic("escrow.receivables", every=timedelta(minutes=15))
def recover_receivables(*, now: datetime) -> None:
    """A net under the events of releases: what parties are owed by now pays what they owe."""
    receivables.recover_all(now=now)


@work.performs(warnings.WORK, external=True)
def send_warning(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (as above)
    warnings.send(key=key, payload=payload)


@work.performs(party_holds.WORK, external=True)
def hold_escrows_of_party(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (as above)
    mode, _, party_id = key.partition(":")
    party_holds.hold_all(party_id=party_id, livemode=mode == "live", now=now)


@work.performs(reconciliation.WORK, external=True)
def reconcile(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    reconciliation.perform(run_id=key, now=now)


@work.periodic("escrow.reconcile", every=timedelta(minutes=15))
def reconcile_nightly(*, now: datetime) -> None:
    """Once a night from the configured hour on."""
    reconciliation.run_nightly(now=now)


def call_helpers(*, now: datetime) -> None:
    with transaction.atomic():
        for number in range(parameters.read("escrow.timer_helpers", at=now)):
            work.enqueue(kind=HELP, key=str(number), payload={}, due_at=now, now=now)


def _until_idle(one_pass: Callable[[], firing.Fired]) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while one_pass().count and time.monotonic() < deadline:
        continue
