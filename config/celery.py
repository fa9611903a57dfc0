"""Celery: hands that are woken. What is to be done stands in PostgreSQL (docs/adr/0005), so every message may be
lost, late or doubled. Start as `celery -A config worker` and one (or two, it does no harm) `celery -A config beat`.
"""

import logging
import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("holdfast")


def configuration() -> dict[str, Any]:
    """Read when Celery first needs it, so that this module may be imported before Django is set up."""
    from core.work import brokers

    return {
        "broker_url": brokers.celery_url(),
        # Longer than the longest task, or the broker hands a running task out again and again. A quiet publisher
        # gives up fast; a worker waits for its broker for ever.
        "broker_transport_options": {"visibility_timeout": 900, "socket_connect_timeout": 1.0, "socket_timeout": 5.0},
        "visibility_timeout": 900,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "result_backend": None,
        "task_ignore_result": True,
        # Somebody else's server may be slow: webhooks have workers of their own, and nothing waits behind them.
        "task_routes": {"core.webhooks.tasks.send": {"queue": "webhooks"}},
        "task_serializer": "json",
        "accept_content": ["json"],
        # A wake is done with when it is taken: the rows remember what there is to do, the next one comes in a second.
        # Acknowledged late, it may find its broker gone; two that were never acknowledged fill a worker's two places,
        # and when the broker is back it takes nothing more.
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": 240,
        "task_time_limit": 300,
        "worker_soft_shutdown_timeout": 10.0,
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_hijack_root_logger": False,
        "worker_max_tasks_per_child": 20_000,
        # Nobody needs to know about each wake; remote control would be one more door.
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "enable_utc": True,
        "timezone": "UTC",
        "beat_scheduler": "celery.beat:Scheduler",
        "beat_max_loop_interval": 1,
        # Every second, as long as the message is young: a queue nobody reads does not grow old wakes that are run.
        "beat_schedule": {
            "work": {"task": "core.work.tasks.run_due", "schedule": 1.0, "options": {"expires": 10}},
            "outbox": {"task": "core.outbox.tasks.relay", "schedule": 1.0, "options": {"expires": 10}},
            "webhooks": {"task": "core.webhooks.tasks.send", "schedule": 1.0, "options": {"expires": 10}},
        },
        "CELERY_DB_REUSE_MAX": 1_000,
    }


@signals.setup_logging.connect
def keep_our_logging(loglevel: int | str | None = None, **_: Any) -> None:
    """Logging stays with core.telemetry, whose lines are redacted JSON; `--loglevel` is for Celery's own lines."""
    logging.getLogger("celery").setLevel(loglevel or logging.WARNING)


app.add_defaults(configuration)
app.autodiscover_tasks(["core.work", "core.outbox", "core.webhooks"])
