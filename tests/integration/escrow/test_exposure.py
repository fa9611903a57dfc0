"""When money is free: by the rail that brought it, and by what is known of the seller."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from ach.calendar.days import is_banking_day
from ach.calendar.eastern import eastern
from core.actors import SYSTEM
from core.parameters import services as parameters
from escrow.models import Escrow
from escrow.services import exposure
from payments.models import Payment
from tests.factories.chargebacks import charge_back, decide
from tests.factories.payments import NOW, pay
from tests.factories.releases import asked, funded

pytestmark = pytest.mark.django_db


def utc(*given_: int) -> datetime:
    return datetime(*given_, tzinfo=UTC)  # type: ignore[arg-type, misc]


def configure(name: str, value: object) -> None:
    now = timezone.now()
    parameters.change(name=name, value=value, effective_from=now, reason="test", actor=SYSTEM, now=now)


@pytest.mark.parametrize(
    ("rail", "hours", "why"),
    [
        ("CARD", 72, "A card payment can be charged back: the money is held 72 hours after it came in."),
        ("BANK", 0, "A bank transfer is final: the money is free at once."),
        ("", 72, "A card payment can be charged back: the money is held 72 hours after it came in."),
    ],
)
def test_each_rail_has_its_hours_and_says_why(rail: str, hours: int, why: str) -> None:
    found = exposure.available(Escrow(funding_rail=rail), funded_at=NOW, now=NOW)
    assert (found.at - NOW, found.why) == (timedelta(hours=hours), why)


class TestAch:
    """Funded by a debit: five banking days in the calendar of the rail, to the opening of business in New York."""

    @pytest.mark.parametrize(
        ("came_in", "until", "day"),
        [
            # Monday to Monday; between them New York goes to summer time, so it opens at 12:30 UTC.
            (utc(2026, 3, 2, 15), utc(2026, 3, 9, 12, 30), "Monday 9 March 2026"),
            (utc(2026, 3, 3, 4), utc(2026, 3, 9, 12, 30), "Monday 9 March 2026"),  # still Monday in New York
            (utc(2026, 3, 7, 15), utc(2026, 3, 16, 12, 30), "Monday 16 March 2026"),  # a Saturday counts as Monday
            # Thanksgiving is no banking day, the Friday after it is one.
            (utc(2026, 11, 24, 15), utc(2026, 12, 2, 13, 30), "Wednesday 2 December 2026"),
            # 4 July 2026 is a Saturday: the Friday before it is a banking day.
            (utc(2026, 6, 29, 15), utc(2026, 7, 6, 12, 30), "Monday 6 July 2026"),
        ],
    )
    def test_it_is_held_in_banking_days_and_the_screen_says_so(
        self, came_in: datetime, until: datetime, day: str
    ) -> None:
        found = exposure.available(Escrow(funding_rail="ACH"), funded_at=came_in, now=came_in)
        assert found.at == until
        assert found.why == (
            "An ACH debit can be returned: the money is held 5 banking days after it came in, until business opens in"
            f" New York on {day}."
        )

    def test_the_days_are_dated(self) -> None:
        configure("escrow.exposure_banking_days_ach", 1)
        now = timezone.now()
        found = exposure.available(Escrow(funding_rail="ACH"), funded_at=utc(2026, 3, 6, 15), now=now)
        assert found.at == utc(2026, 3, 9, 12, 30)
        assert "held 1 banking day after it came in" in found.why

    def test_with_none_it_is_free_at_once(self) -> None:
        configure("escrow.exposure_banking_days_ach", 0)
        found = exposure.available(Escrow(funding_rail="ACH"), funded_at=NOW, now=timezone.now())
        assert (found.at, found.why) == (NOW, "An ACH debit can be returned: the money is free at once.")

    @given(st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)))
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    def test_never_earlier_than_five_whole_days_and_always_at_an_opening(self, came_in: datetime) -> None:
        found = exposure.available(Escrow(funding_rail="ACH"), funded_at=came_in, now=NOW).at
        assert found - came_in > timedelta(hours=120)
        assert is_banking_day(eastern(found).date())
        assert (eastern(found).hour, eastern(found).minute) == (8, 30)

    def test_what_the_seller_adds_comes_after_it(self) -> None:
        payment = Payment.objects.get(public_id=pay().body["paymentId"])
        charge_back(payment)
        found = exposure.available(Escrow(funding_rail="ACH", payee=payment.provider), funded_at=NOW, now=NOW)
        assert found.at == utc(2026, 3, 9, 12, 30) + timedelta(hours=168)
        assert found.why.endswith("The seller has 1 open chargeback: 168 hours more.")
        assert len(found.why) <= 300


def test_a_reserve_is_a_share_and_none_as_shipped() -> None:
    assert exposure.available(Escrow(), funded_at=NOW, now=NOW).reserve_basis_points == 0
    configure("escrow.reserve_basis_points", 500)
    assert exposure.available(Escrow(), funded_at=NOW, now=timezone.now()).reserve_basis_points == 500


class TestSellersWithoutHistory:
    @pytest.fixture
    def released(self, db: None) -> Escrow:
        """The first release to the seller, just now."""
        escrow = funded(10_000)
        asked(escrow)
        configure("escrow.new_seller_exposure_hours", 48)
        return escrow

    def test_they_wait_longer_and_read_why(self, released: Escrow) -> None:
        now = timezone.now()
        found = exposure.available(released, funded_at=now, now=now)
        assert found.at - now == timedelta(hours=48)
        assert found.why.endswith("The first release to this seller is not 90 days old: 48 hours more.")

    def test_ninety_days_after_the_first_release_they_have_one(self, released: Escrow) -> None:
        later = timezone.now() + timedelta(days=90)
        assert exposure.available(released, funded_at=later, now=later).at == later

    def test_as_shipped_nothing_is_looked_up(self, django_assert_num_queries: object) -> None:
        """Only whether a chargeback is open: that would cost a week."""
        escrow = funded(10_000)
        exposure.available(escrow, funded_at=NOW, now=NOW)
        with django_assert_num_queries(1):
            exposure.available(escrow, funded_at=NOW, now=NOW)


class TestSellersWithAnOpenChargeback:
    def test_they_wait_a_week_longer_until_it_is_decided(self) -> None:
        """500.00 by card, charged back: the seller's next escrow is free 72 + 168 hours after it came in."""
        payment = Payment.objects.get(public_id=pay().body["paymentId"])
        chargeback = charge_back(payment)
        escrow = Escrow(funding_rail="CARD", payee=payment.provider)
        found = exposure.available(escrow, funded_at=NOW, now=NOW)
        assert found.at - NOW == timedelta(hours=72 + 168)
        assert found.why.endswith("The seller has 1 open chargeback: 168 hours more.")
        assert len(found.why) <= 300
        decide(chargeback, "WON")
        assert exposure.available(escrow, funded_at=NOW, now=NOW).at - NOW == timedelta(hours=72)
