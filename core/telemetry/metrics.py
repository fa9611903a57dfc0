"""Numbers for Prometheus. A label is a name from a short list (route, outcome), never an id: ids have no end.

Web workers are processes. With `HOLDFAST_METRICS_DIR` set, each writes its counters to files there and any of them
answers `/metrics` for all; whoever starts the workers empties the directory first. Without it a process shows its own.
What PostgreSQL knows for all processes (depths, lags) is read when asked for, through `at_scrape`.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Around the promises: fraud 20 ms, payment P95 150 ms, page 500 ms.
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)

Reader = Callable[[], Mapping[tuple[str, ...], float]]


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    """Make it once, at import of the module that counts."""
    return Counter(f"holdfast_{name}", meaning, labels)


def histogram(name: str, meaning: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS) -> Histogram:
    """Seconds, unless the name says otherwise."""
    return Histogram(f"holdfast_{name}", meaning, labels, buckets=buckets)


def gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
    """A level that one process knows; of several processes the newest value is shown."""
    return Gauge(f"holdfast_{name}", meaning, labels, multiprocess_mode="mostrecent")


def at_scrape(name: str, meaning: str, read: Reader, labels: Sequence[str] = ()) -> None:
    """A level that the database knows: `read` returns values by label values, `{(): 3.0}` without labels.

    Declared again under the same name, the later reader counts.
    """
    _readers[name] = _Declared(name, meaning, tuple(labels), read)


def render() -> bytes:
    """The text format of Prometheus. A reader that fails leaves its metric out and counts as a failed read."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(_scraped())
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry) + generate_latest(_scraped())


class _Declared(Collector):
    def __init__(self, name: str, meaning: str, labels: tuple[str, ...], read: Reader) -> None:
        self.name, self.meaning, self.labels, self.read = name, meaning, labels, read

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(f"holdfast_{self.name}", self.meaning, labels=self.labels)
        try:
            values = self.read()
        except Exception:  # noqa: BLE001 - one broken reader must not hide every other number
            FAILED_READS.labels(self.name).inc()
            return []
        for label_values, value in values.items():
            family.add_metric(label_values, value)
        return [family]


_readers: dict[str, _Declared] = {}


def _scraped() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    for declared in _readers.values():
        registry.register(declared)
    return registry


FAILED_READS = counter("metric_reads_failed", "Readings for /metrics that failed", ["metric"])
REQUEST_SECONDS = histogram("http_request_seconds", "Time to answer", ["method", "route", "status"])
