"""Depth and lag of the three lanes for /metrics, counted when asked for."""

from collections.abc import Mapping

from core import clock
from core.outbox import selectors as outbox
from core.telemetry import metrics
from core.work import selectors as work


def loads() -> dict[str, work.Load]:
    """By lane: outbox, work, jobs."""
    now = clock.now()
    return {"outbox": outbox.load(now=now), "work": work.load(now=now), "jobs": work.jobs_load(now=now)}


def declare() -> None:
    metrics.at_scrape("lane_depth", "Rows due or running", _depths, ["lane"])
    metrics.at_scrape("lane_lag_seconds", "Age of the oldest row due or running", _lags, ["lane"])
    metrics.at_scrape("lane_parked", "Rows that wait for a person", _parked, ["lane"])


def _depths() -> Mapping[tuple[str, ...], float]:
    return {(lane,): load.depth for lane, load in loads().items()}


def _lags() -> Mapping[tuple[str, ...], float]:
    return {(lane,): load.lag.total_seconds() for lane, load in loads().items()}


def _parked() -> Mapping[tuple[str, ...], float]:
    return {(lane,): load.parked for lane, load in loads().items()}
