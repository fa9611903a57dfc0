"""How many sign, and why: amount by currency, age of the seller, risk, terms. Hypothesis: more never needs fewer."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.money import Money
from core.parameters import services as parameters
from core.parameters.services import UnableToSetParameter
from escrow.models import Escrow
from escrow.services import signing
from escrow.services.signing import Needed
from escrow.terms import document
from tests.factories import releases
from tests.factories.releases import PAYEE, PAYER

pytestmark = pytest.mark.django_db
AGREED = document.parse(releases.terms())


@pytest.fixture
def escrow(db: None) -> Escrow:
    """Unsaved: an escrow of 50,000.00 for a seller known for 400 days."""
    now = timezone.now()
    return Escrow(
        public_id="ESC_1", payer=releases.party(PAYER), payee=releases.party(PAYEE), currency="USD",
        amount_minor=5_000_000, funded_at=now, created_at=now, risk_score=300,
    )  # fmt: skip


def needed(escrow: Escrow, minor: int, *, terms: dict | None = None) -> Needed:
    agreed = document.parse(terms) if terms else AGREED
    return signing.needed(escrow, agreed, Money(minor), now=timezone.now())


def configure(name: str, value: object) -> None:
    now = timezone.now()
    parameters.change(name=name, value=value, effective_from=now, reason="test", actor=SYSTEM, now=now)


@pytest.mark.parametrize(("minor", "count"), [(499_999, 0), (500_000, 2), (640_000, 2)])
def test_from_five_thousand_two(escrow: Escrow, minor: int, count: int) -> None:
    assert needed(escrow, minor).count == count


def test_the_reason_is_a_sentence(escrow: Escrow) -> None:
    assert needed(escrow, 640_000).reasons == ("6,400.00 USD is at least 5,000.00 USD",)
    assert needed(escrow, 1).reasons == ()


@pytest.mark.parametrize(
    ("days", "minor", "count"), [(29, 99_999, 0), (29, 100_000, 2), (30, 100_000, 0), (30, 499_999, 0), (0, 100_000, 2)]
)
def test_a_new_seller_from_one_thousand(escrow: Escrow, days: int, minor: int, count: int) -> None:
    escrow.payee.created_at = escrow.funded_at - timedelta(days=days, hours=1)
    assert needed(escrow, minor).count == count


def test_a_seller_does_not_grow_old_while_the_money_waits(escrow: Escrow) -> None:
    """Else a signature of yesterday would be void today."""
    escrow.funded_at = timezone.now() - timedelta(days=60)
    escrow.payee.created_at = escrow.funded_at - timedelta(days=20)
    assert signing.seller_age_days(escrow) == 20
    assert needed(escrow, 100_000).reasons == (
        "1,000.00 USD is at least 1,000.00 USD, and the seller was known for less than 30 days",
    )


@pytest.mark.parametrize(("score", "count"), [(699, 0), (700, 2), (1000, 2)])
def test_a_high_risk_always(escrow: Escrow, score: int, count: int) -> None:
    escrow.risk_score = score
    assert needed(escrow, 1).count == count


@pytest.mark.parametrize(("least", "minor", "count"), [(1, 1, 1), (3, 1, 3), (1, 500_000, 2), (3, 500_000, 3)])
def test_the_larger_number_of_house_and_terms(escrow: Escrow, least: int, minor: int, count: int) -> None:
    found = needed(escrow, minor, terms=releases.terms(manual=True, least=least))
    assert found.count == count
    assert found.reasons[-1] == f"The terms ask for {least} of their approvers"


def test_terms_that_do_not_require_approval_ask_for_nobody(escrow: Escrow) -> None:
    assert needed(escrow, 1, terms=releases.terms(approvers=["a@b.example"], least=3)).count == 0


def test_a_currency_nobody_thought_of_is_signed_for(escrow: Escrow) -> None:
    configure("escrow.signatures_from", {"EUR": 400_000})
    found = needed(escrow, 1)
    assert found.count == 2
    assert "No amount is set" in found.reasons[0]


def test_the_house_may_ask_for_three(escrow: Escrow) -> None:
    configure("escrow.signatures_least", 3)
    assert needed(escrow, 500_000).count == 3


@pytest.mark.parametrize("value", [{"USD": -1}, {"XXX": 1}, {"USD": "5"}, {"USD": True}])
def test_thresholds_are_amounts_of_known_currencies(value: dict) -> None:
    with pytest.raises(UnableToSetParameter):
        configure("escrow.signatures_from", value)


def test_fewer_than_two_is_no_threshold() -> None:
    with pytest.raises(UnableToSetParameter):
        configure("escrow.signatures_least", 1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    minor=st.integers(1, 2_000_000), more=st.integers(0, 1_000_000), before=st.integers(0, 1_000_000),
    days=st.integers(0, 60), score=st.integers(0, 1000),
)  # fmt: skip
def test_a_larger_amount_a_newer_seller_or_a_split_never_needs_fewer(
    escrow: Escrow, minor: int, more: int, before: int, days: int, score: int
) -> None:
    escrow.released_minor, escrow.risk_score = before, score
    escrow.payee.created_at = escrow.funded_at - timedelta(days=days)
    count = needed(escrow, minor).count
    assert count <= needed(escrow, minor + more).count
    escrow.released_minor = before + more
    assert count <= needed(escrow, minor).count
    escrow.payee.created_at = escrow.funded_at
    assert count <= needed(escrow, minor).count


def test_what_a_card_paid_is_judged_with_the_fee(escrow: Escrow) -> None:
    """5,000.00 by card are 4,600.00 and a fee of 400.00: two sign, as for 5,000.00 from a bank."""
    escrow.amount_minor, escrow.fee_minor = 500_000, 40_000
    found = needed(escrow, 460_000)
    assert found.count == 2
    assert found.reasons == ("5,000.00 USD, with the fee, is at least 5,000.00 USD",)
