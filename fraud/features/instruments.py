"""What is remembered of a card, an address, a device, and of a customer with one seller.

Layout and meaning stand in `fraud.features.state`.
"""

from typing import Any

from fraud.features import rings
from fraud.features.rings import DAY, HOUR, MINUTE

RING, CUSTOMERS = range(2)
CARD_WIDTH = 3  # hour, attempts, refused
RECENT, EVER = range(2)

CARD_RAW = ("card_payments_24h", "card_declines_24h", "card_other_customers_30d")
ADDRESS_RAW = ("ip_payments_1h", "ip_other_customers_24h")
DEVICE_RAW = ("device_payments_24h", "device_other_customers_30d")
PAIR_RAW = ("pair_payments_30d", "pair_payments")


def new() -> list[Any]:
    """Of a card, an address or a device."""
    return [[], []]


def new_pair() -> list[Any]:
    return [[], 0]


def look_at_card(state: list[Any], at: int, customer: Any) -> list[int]:
    after = at // HOUR - rings.HOURS
    return [
        rings.total(state[RING], CARD_WIDTH, 1, after),
        rings.total(state[RING], CARD_WIDTH, 2, after),
        rings.others(state[CUSTOMERS], customer, at - 30 * DAY),
    ]


def look_at_address(state: list[Any], at: int, customer: Any) -> list[int]:
    return [
        rings.total(state[RING], 2, 1, at // MINUTE - rings.MINUTES),
        rings.others(state[CUSTOMERS], customer, at - DAY),
    ]


def look_at_device(state: list[Any], at: int, customer: Any) -> list[int]:
    return [
        rings.total(state[RING], 2, 1, at // HOUR - rings.HOURS),
        rings.others(state[CUSTOMERS], customer, at - 30 * DAY),
    ]


def look_at_pair(state: list[Any], at: int) -> list[int]:
    return [rings.total(state[RECENT], 2, 1, at // DAY - rings.DAYS), state[EVER]]


def attempt_on_card(state: list[Any], at: int, customer: Any) -> None:
    _count(state[RING], CARD_WIDTH, rings.HOURS, at // HOUR)
    rings.touch(state[CUSTOMERS], customer, at, at - 30 * DAY)


def attempt_at_address(state: list[Any], at: int, customer: Any) -> None:
    _count(state[RING], 2, rings.MINUTES, at // MINUTE)
    rings.touch(state[CUSTOMERS], customer, at, at - DAY)


def attempt_on_device(state: list[Any], at: int, customer: Any) -> None:
    _count(state[RING], 2, rings.HOURS, at // HOUR)
    rings.touch(state[CUSTOMERS], customer, at, at - 30 * DAY)


def attempt_of_pair(state: list[Any], at: int) -> None:
    _count(state[RECENT], 2, rings.DAYS, at // DAY)
    state[EVER] += 1


def refused_on_card(state: list[Any], at: int) -> None:
    _count(state[RING], CARD_WIDTH, rings.HOURS, at // HOUR, column=2)


def _count(ring: list[Any], width: int, buckets: int, bucket: int, column: int = 1) -> None:
    position = rings.slot(ring, width, buckets, bucket)
    if position >= 0:
        ring[position + column] += 1
