"""Which switches are closed, for /metrics."""

from collections.abc import Mapping

from core import clock
from core.switches import services as switches
from core.telemetry import metrics


def declare() -> None:
    metrics.at_scrape("switch_closed", "1 while a switch is closed everywhere", _closed, ["switch"])


def _closed() -> Mapping[tuple[str, ...], float]:
    now = clock.now()
    return {(str(switch),): float(not switches.is_open(switch, now=now)) for switch in switches.Switch}
