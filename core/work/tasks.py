"""Celery's doors. A task carries nothing: it looks at the list and works until nothing is due or time is up."""

import time
from collections.abc import Callable

from celery import shared_task
from django.db import close_old_connections

from core import clock
from core.work import services as work

BUSY_SECONDS = 20.0


def until_idle(one_pass: Callable[..., object], *, seconds: float = BUSY_SECONDS) -> None:
    """Repeat a pass while it finds something, each at its own moment, and give the worker back after a while."""
    # A connection that a database restart has cut is noticed here; Celery itself would keep it for a thousand tasks.
    close_old_connections()
    deadline = time.monotonic() + seconds
    while one_pass(now=clock.now()) and time.monotonic() < deadline:
        continue


@shared_task(name="core.work.tasks.run_due")
def run_due() -> None:
    """Periodic jobs and due work."""
    until_idle(work.run_pending)
