"""When money is free: by the rail that brought it, and by what is known of the seller."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.parameters import services as parameters
from escrow.models import Escrow
from escrow.services import exposure
from payments.models import Payment
from tests.factories.chargebacks import charge_back, decide
from tests.factories.payments import NOW, pay
from tests.factories.releases import asked, funded

pytestmark = pytest.mark.django_db


def configure(name: str, value: object) -> None:
    now = timezone.now()
    parameters.change(name=name, value=value, effective_from=now, reason="test", actor=SYSTEM, now=now)


@pytest.mark.parametrize(
    ("rail", "hours", "why"),
    [
        ("CARD", 72, "A card payment can be charged back: the money is held 72 hours after it came in."),
        ("BANK", 0, "A bank transfer is final: the money is free at once."),
        ("ACH", 120, "An ACH debit can be returned: the money is held 120 hours after it came in."),
        ("", 72, "A card payment can be charged back: the money is held 72 hours after it came in."),
    ],
)
def test_each_rail_has_its_hours_and_says_why(rail: str, hours: int, why: str) -> None:
    found = exposure.available(Escrow(funding_rail=rail), funded_at=NOW, now=NOW)
    assert (found.at - NOW, found.why) == (timedelta(hours=hours), why)


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
