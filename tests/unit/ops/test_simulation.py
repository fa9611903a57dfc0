"""The demo marketplace is made from a seed, and made the same each time."""

from datetime import UTC, datetime, timedelta

from core.vault import brands
from ops.marketplace import simulation
from ops.marketplace.people import CUSTOMERS, PROVIDERS

PLAN = simulation.Plan(until=datetime(2026, 11, 20, 12, 0, tzinfo=UTC), days=10, per_day=24, seed=7)


def test_the_same_seed_makes_the_same_days() -> None:
    assert simulation.bookings(PLAN) == simulation.bookings(PLAN)
    other = simulation.Plan(until=PLAN.until, days=10, per_day=24, seed=8)
    assert simulation.bookings(PLAN) != simulation.bookings(other)


def test_bookings_come_in_order_and_never_from_the_future() -> None:
    moments = [booking.at for booking in simulation.bookings(PLAN)]
    assert moments == sorted(moments)
    assert PLAN.until - timedelta(days=11) < moments[0]
    assert moments[-1] < PLAN.until
    assert 180 < len(moments) < 320


def test_one_day_shows_a_stolen_card_tried_fourteen_times_in_half_an_hour() -> None:
    tries = [booking for booking in simulation.bookings(PLAN) if booking.at.hour == 3]
    assert len(tries) == 14
    assert {booking.customer for booking in tries} == {CUSTOMERS[-1]}
    assert tries[-1].at - tries[0].at < timedelta(hours=1)


def test_every_card_is_one_the_sandbox_takes() -> None:
    assert all(brands.passes_luhn(booking.card_number) for booking in simulation.bookings(PLAN))


def test_the_cast_has_one_id_each() -> None:
    assert len({customer.party_id for customer in CUSTOMERS}) == len(CUSTOMERS) == 36
    assert len({provider.party_id for provider in PROVIDERS}) == len(PROVIDERS) == 8
