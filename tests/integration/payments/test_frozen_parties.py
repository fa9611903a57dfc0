"""Whom a review freezes cannot pay or be paid until compliance says so; who judges again is not told by payments."""

import pytest
from django.test import Client

from compliance.models import Party, Referral
from compliance.services.parties import PartyNotEligible
from core.actors import Actor
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import CaseCause, CaseDecision, CaseOutcome
from fraud.models import ReviewCase
from fraud.services import case_blocks, cases, second_reviews
from payments.models import Payment
from tests.factories import staff
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db
ANN, BOB = Actor("STAFF", "ann@holdfast.example"), Actor("STAFF", "bob@holdfast.example")
HIGH_VALUE = 100_000


def decline(*frozen: str) -> Payment:
    """A held payment, declined by Ann, who freezes the named ones."""
    held = Payment.objects.get(public_id=pay(amount_minor=HIGH_VALUE).body["paymentId"])
    case_blocks.decide_and_block(
        case_id=ReviewCase.objects.get().case_id,
        decision=CaseDecision.DECLINE,
        outcome=CaseOutcome.SUSPECTED_FRAUD,
        reason="a mule",
        acknowledged=(),
        blocked=(),
        frozen=frozen,
        hand_over=False,
        as_lead=False,
        actor=ANN,
        now=NOW,
    )
    outbox.drain(now=NOW)
    work.drain(now=NOW)
    return held


@pytest.fixture
def officer() -> Client:
    return staff.signed_in("COMPLIANCE", email="yuki@holdfast.example")


@pytest.mark.parametrize("party", ["customer", "seller"])
def test_the_next_payment_of_a_frozen_party_is_refused_until_compliance_lifts_it(party: str, officer: Client) -> None:
    held = decline(party)
    stopped = held.customer if party == "customer" else held.provider
    assert stopped is not None
    with pytest.raises(PartyNotEligible) as refused:
        pay()
    assert (refused.value.status, "mule" in refused.value.detail) == (403, False)

    referral = officer.get(f"/admin/referrals/{Referral.objects.get().referral_id}/").content.decode()
    address = f"/admin/parties/{stopped.party_id}/standing/"
    assert address in referral
    page = officer.get(address).content.decode()
    assert ("Frozen by a review" in page, "a mule" in page) == (True, True)
    assert officer.post(address, {"act": "lift", "reason": " "}).status_code == 409
    assert officer.post(address, {"act": "block", "reason": "twice"}).status_code == 409
    assert officer.post(address, {"act": "lift", "reason": "the bank vouches for them"}).status_code == 302
    assert pay().status == 201


def test_who_froze_does_not_lift_and_nobody_but_compliance_does() -> None:
    held = decline("customer")
    for role in ("FRAUD_ANALYST", "FRAUD_LEAD"):
        address = f"/admin/parties/{held.customer.party_id}/standing/"
        assert staff.signed_in(role).post(address, {"act": "lift", "reason": "mine"}).status_code == 403
    assert Party.objects.get(pk=held.customer.pk).status == "BLOCKED"


def test_a_standing_is_of_a_party_that_the_register_knows_in_this_mode(officer: Client) -> None:
    assert officer.get("/admin/parties/cus_nobody/standing/").status_code == 404
    pay()
    customer = Payment.objects.get().customer.party_id
    assert "Never blocked" in officer.get(f"/admin/parties/{customer}/standing/").content.decode()
    officer.post(f"/admin/parties/{customer}/standing/", {"act": "block", "reason": "a list"})
    assert (Party.objects.get(party_id=customer).status, Party.objects.get(party_id=customer).blocked_reason) == (
        "BLOCKED", "a list",
    )  # fmt: skip


def test_who_judges_a_payment_again_is_not_told_what_became_of_it() -> None:
    parameters.change(
        name="fraud.second_review_share", value=10_000, effective_from=NOW, actor=ANN, reason="all of them", now=NOW
    )
    held = decline()
    second_reviews.draw(now=NOW)
    second = ReviewCase.objects.get(cause=CaseCause.SECOND_REVIEW)
    bob = staff.signed_in("FRAUD_ANALYST", email=BOB.id)
    page, listed = f"/admin/payments/{held.public_id}/", "/admin/payments/"
    assert "a mule" in bob.get(page).content.decode()
    cases.claim(case_id=second.case_id, actor=BOB, now=NOW)
    assert bob.get(page)["Location"] == f"/admin/reviews/{second.case_id}/"
    assert held.public_id not in bob.get(listed).content.decode()
    assert (
        bob.get(f"/admin/transactions/{held.transaction_id}/", follow=True)
        .redirect_chain[-1][0]
        .endswith(f"/admin/reviews/{second.case_id}/")
    )
    others = staff.signed_in("FRAUD_ANALYST", email="cem@holdfast.example")
    assert "a mule" in others.get(page).content.decode()
    cases.decide(
        case_id=second.case_id, decision=CaseDecision.DECLINE, outcome=CaseOutcome.GENUINE, reason="looks fine",
        actor=BOB, now=NOW,
    )  # fmt: skip
    assert "a mule" in bob.get(page).content.decode()
    assert held.public_id in bob.get(listed).content.decode()
