"""Depth and lag of webhooks for /metrics, counted when asked for."""

from collections.abc import Mapping

from core import clock
from core.telemetry import metrics
from core.webhooks.models import Delivery
from core.work.selectors import measure


def declare() -> None:
    metrics.at_scrape("webhook_deliveries", "Deliveries due or being sent, and those that failed", _depths, ["state"])
    metrics.at_scrape("webhook_lag_seconds", "Age of the oldest delivery due or being sent", _lag)


def _depths() -> Mapping[tuple[str, ...], float]:
    load = measure(Delivery, now=clock.now())
    return {("waiting",): load.depth, ("failed",): load.parked}


def _lag() -> Mapping[tuple[str, ...], float]:
    return {(): measure(Delivery, now=clock.now()).lag.total_seconds()}
