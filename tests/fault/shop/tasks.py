import os
import signal
import time
from datetime import datetime, timedelta
from typing import Any

from core.work import services as work
from tests.fault.shop import marks


@work.performs("shop.ship")
def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
    """Its effect is in the database, so it happens once, also when it is killed between effect and commit."""
    marks.leave("shipped", key)
    time.sleep(0.01)
    if payload.get("kills"):
        os.kill(os.getpid(), signal.SIGKILL)


@work.performs("shop.call", external=True)
def call(*, key: str, payload: dict[str, Any], now: datetime) -> None:
    """Stands for a call to somebody else: it may be repeated, never forgotten."""
    marks.leave("called", key)
    time.sleep(0.01)


@work.periodic("shop.tick", every=timedelta(seconds=1))
def tick(*, now: datetime) -> None:
    marks.leave("ticked", now.isoformat())
