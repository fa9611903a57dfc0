"""Dated parameters of webhooks. Their retries follow a written schedule, not the doubling of other lanes."""

import ipaddress
from typing import Any

from core.parameters import services as parameters

DAY_SECONDS = 86_400


def _whole_numbers(value: list[Any]) -> str | None:
    good = bool(value) and all(type(item) is int and 0 < item <= 7 * DAY_SECONDS for item in value)
    return None if good else "is a list of whole numbers above zero"


def _networks(value: list[Any]) -> str | None:
    for item in value:
        try:
            ipaddress.ip_network(item)
        except ValueError:
            return "is a list of networks such as 203.0.113.0/24"
    return None


parameters.declare(
    "webhooks.retry_seconds",
    [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400],
    unit="seconds",
    meaning="pauses before the second and each later attempt; after the last the delivery has failed",
    check=_whole_numbers,
)
parameters.declare(
    "webhooks.retry_jitter_percent", 20, unit="percent", meaning="a pause is up to this much longer", maximum=100
)
parameters.declare(
    "webhooks.retry_after_cap_seconds",
    3_600,
    unit="seconds",
    meaning="the longest rest an answer may ask for with Retry-After",
    maximum=DAY_SECONDS,
)
parameters.declare("webhooks.connect_seconds", 3, unit="seconds", meaning="time to connect", minimum=1, maximum=30)
parameters.declare(
    "webhooks.total_seconds", 10, unit="seconds", meaning="time from connecting to the answer", minimum=1, maximum=30
)
parameters.declare(
    "webhooks.response_bytes", 2_048, unit="bytes", meaning="how much of an answer is read", maximum=65_536
)
parameters.declare(
    "webhooks.lease_seconds",
    90,
    unit="seconds",
    meaning="after this a delivery whose sender is gone is sent again",
    minimum=45,
)
parameters.declare(
    "webhooks.slots", 32, unit="deliveries", meaning="on their way at once in one sender", minimum=1, maximum=256
)
parameters.declare(
    "webhooks.endpoint_slots", 8, unit="deliveries", meaning="on their way at once to one endpoint", minimum=1
)
parameters.declare(
    "webhooks.circuit_failures",
    5,
    unit="failures",
    meaning="failures in a row after which an endpoint rests",
    minimum=1,
)
parameters.declare(
    "webhooks.circuit_base_seconds",
    30,
    unit="seconds",
    meaning="first rest of an endpoint; then doubles",
    minimum=1,
)
parameters.declare(
    "webhooks.circuit_cap_seconds", 1_800, unit="seconds", meaning="the longest rest of an endpoint", minimum=1
)
parameters.declare(
    "webhooks.disable_after_days", 5, unit="days", meaning="days of failures alone that disable an endpoint", minimum=1
)
parameters.declare(
    "webhooks.disable_after_failures", 10, unit="failures", meaning="and never after fewer failures", minimum=1
)
parameters.declare(
    "webhooks.secret_overlap_hours", 24, unit="hours", meaning="how long a rotated secret still signs", maximum=168
)
parameters.declare(
    "webhooks.max_endpoints", 20, unit="endpoints", meaning="endpoints of one account and mode", minimum=1
)
parameters.declare(
    "webhooks.ports", [443, 8443], unit="ports", meaning="ports an endpoint may listen on", check=_whole_numbers
)
parameters.declare(
    "webhooks.refused_networks",
    ["168.63.129.16/32"],
    unit="networks",
    meaning="public addresses nothing is sent to: a cloud's inside, our own servers",
    check=_networks,
)
parameters.declare(
    "webhooks.replay_rows", 1_000, unit="deliveries", meaning="how many one replay of a range takes", minimum=1
)
parameters.declare(
    "webhooks.keep_days", 30, unit="days", meaning="how long events and what became of them stay readable", minimum=4
)
