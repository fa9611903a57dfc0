"""Whether the record is being sealed and anchored, for /metrics: a sealer that stands still must be heard of."""

from collections.abc import Mapping

from core import clock
from core.audit import anchors, chain, selectors
from core.telemetry import metrics


def declare() -> None:
    metrics.at_scrape("audit_pending", "Audit entries without a link", _pending)
    metrics.at_scrape("audit_pending_lag_seconds", "Age of the oldest audit entry without a link", _lag)
    metrics.at_scrape("audit_links", "Links in the audit chain", _links)
    metrics.at_scrape("audit_links_without_anchor", "Links after the last anchor outside the database", _unanchored)


def _pending() -> Mapping[tuple[str, ...], float]:
    return {(): selectors.count_pending()}


def _lag() -> Mapping[tuple[str, ...], float]:
    oldest = selectors.find_oldest_pending()
    age = chain.microseconds(clock.now()) / 1e6 - (oldest.int >> 80) / 1e3 if oldest else 0.0
    return {(): max(0.0, age)}


def _links() -> Mapping[tuple[str, ...], float]:
    return {(): selectors.count_links()}


def _unanchored() -> Mapping[tuple[str, ...], float]:
    return {(): max(0, selectors.count_links() - anchors.last_place())}
