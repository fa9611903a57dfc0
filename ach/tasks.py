"""What the rail does without being asked."""

from datetime import datetime, timedelta
from typing import Any

from ach import inbound_tasks as inbound_tasks
from ach.sandbox import tasks as tasks
from ach.services import cutoffs, delivery, notices, settling, watching
from core.work import services as work


@work.periodic("ach.cutoffs", every=timedelta(seconds=20))
def run_cutoffs(*, now: datetime) -> None:
    cutoffs.run_due(now=now)


@work.periodic("ach.deliveries", every=timedelta(seconds=20))
def order_deliveries(*, now: datetime) -> None:
    delivery.order_due(now=now)


@work.performs(delivery.WORK, external=True)
def deliver(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    """What fails is tried again when its pause is over; the work itself is done."""
    delivery.deliver(file_id=key, now=now)


@work.periodic("ach.settlement", every=timedelta(minutes=1))
def settle(*, now: datetime) -> None:
    settling.settle_due(now=now)


@work.periodic("ach.watch", every=timedelta(minutes=10))
def watch(*, now: datetime) -> None:
    watching.watch(now=now)


@work.performs(notices.WORK, external=True)
def send_notice(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (as above)
    notices.send(file_id=key)
