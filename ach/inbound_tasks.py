"""What comes back is fetched and worked off; clocks that it has started are watched."""

from datetime import datetime, timedelta
from typing import Any

from ach.services import change_signing, changes, dishonors, inbound, rates, reply_clocks, retries
from core.work import services as work


@work.performs(inbound.WORK, external=True)
def process_inbound(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    inbound.process(file_id=key, now=now)


@work.performs(changes.PREPARE_WORK, external=True)
def prepare_change(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    change_signing.prepare(change_id=key, now=now)


@work.performs(retries.WORK)
def retry_entry(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    retries.request_automatic(entry_id=key, now=now)


@work.periodic("ach.fetch", every=timedelta(minutes=1))
def fetch(*, now: datetime) -> None:
    inbound.fetch_all(now=now)


@work.periodic("ach.process_waiting", every=timedelta(minutes=2))
def process_waiting(*, now: datetime) -> None:
    """What answers something that we had not marked as sent is tried again."""
    inbound.process_waiting(now=now)


@work.periodic("ach.watch_clocks", every=timedelta(minutes=5))
def watch_clocks(*, now: datetime) -> None:
    changes.alarm_overdue(now=now)
    dishonors.undo_due(now=now)
    reply_clocks.order_missing(now=now)


@work.periodic("ach.watch_rates", every=timedelta(minutes=30))
def watch_rates(*, now: datetime) -> None:
    rates.watch(now=now)
