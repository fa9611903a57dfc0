"""Which switches are closed and what that has cost so far, for /metrics."""

from collections.abc import Mapping

from core import clock
from core.switches import catalogue, selectors
from core.switches import services as switches
from core.switches.counting import Exposure
from core.telemetry import metrics


def declare() -> None:
    metrics.at_scrape("switch_closed", "1 while a switch is closed everywhere", _closed, ["switch"])
    metrics.at_scrape("switch_way_round_open", "1 while a way round a check is open", _ways_round, ["switch"])
    metrics.at_scrape(
        "switch_exposure_operations",
        "Operations refused or let through under turns in force that are out of the ordinary",
        _operations,
        ["switch", "decided"],
    )
    metrics.at_scrape("switch_exposure_minor", "Their money, in minor units", _minor, ["switch", "decided", "currency"])


def _closed() -> Mapping[tuple[str, ...], float]:
    now = clock.now()
    ordinary = [guard.switch for guard in catalogue.GUARDS.values() if not guard.is_way_round]
    return {(str(switch),): float(not switches.is_open(switch, now=now)) for switch in ordinary}


def _ways_round() -> Mapping[tuple[str, ...], float]:
    open_now = {guard.switch for guard, _ in switches.list_ways_round(now=clock.now())}
    return {
        (str(guard.switch),): float(guard.switch in open_now)
        for guard in catalogue.GUARDS.values()
        if guard.is_way_round
    }


def _operations() -> Mapping[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for switch, each in _in_force():
        key = (switch, each.decided.value)
        found[key] = found.get(key, 0.0) + each.operations
    return found


def _minor() -> Mapping[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for switch, each in _in_force():
        if each.currency:
            key = (switch, each.decided.value, each.currency)
            found[key] = found.get(key, 0.0) + each.amount_minor
    return found


def _in_force() -> list[tuple[str, Exposure]]:
    switch_of = {turn.pk: str(turn.switch) for turn in selectors.list_in_force(clock.now())}
    exposures = selectors.list_exposures(switch_of)
    return [(switch_of[turn_id], each) for turn_id, found in exposures.items() for each in found]
