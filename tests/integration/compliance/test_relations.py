"""Who is the party does not sign for it."""

import pytest
from django.utils import timezone

from compliance.models import Party
from compliance.relations import party_ties
from core.actors import Actor
from core.approvals.refusals import NotAllowedToSign
from core.money import Money
from ledger import chart
from ledger.services import adjustments
from ledger.services.writer import Leg
from tests.factories import staff
from tests.factories.approvals import signed

pytestmark = pytest.mark.django_db
STAFF = frozenset({"ines@holdfast.example", "ines@gmail.com", "yuki@shop.example"})


def party(party_id: str, email: str, *, kind: str = "INDIVIDUAL", livemode: bool = True) -> None:
    now = timezone.now()
    Party.objects.create(
        party_id=party_id, livemode=livemode, type="PROVIDER", kind=kind, email=email, created_at=now, updated_at=now
    )


def related(*names: str) -> set[tuple[str, str]]:
    return {(tie.email, tie.to) for tie in party_ties(people=STAFF, names=frozenset(names), on=timezone.now().date())}


def test_the_same_address_is_the_same_person_in_either_spelling_and_mode() -> None:
    party("prov_1", "Ines@Holdfast.example", livemode=False)
    assert related("prov_1") == {("ines@holdfast.example", "prov_1")}


def test_the_domain_of_a_business_relates_its_people_and_that_of_an_individual_does_not() -> None:
    party("prov_shop", "office@shop.example", kind="BUSINESS")
    party("prov_person", "owner@shop.example")
    assert related("prov_shop", "prov_person") == {("yuki@shop.example", "prov_shop")}


def test_a_public_mail_domain_relates_nobody() -> None:
    party("prov_shop", "shop@gmail.com", kind="BUSINESS")
    assert related("prov_shop") == set()


def test_parties_not_asked_about_and_parties_without_address_relate_nobody() -> None:
    party("prov_1", "ines@holdfast.example")
    party("prov_2", "", kind="BUSINESS")
    assert related("prov_2") == set()


def test_the_controller_does_not_sign_for_a_party_with_their_address() -> None:
    party("prov_1", "ines@holdfast.example")
    controller = staff.person("CONTROLLER", email="ines@holdfast.example")
    staff.person("CONTROLLER")
    request = adjustments.ask(
        book="live", reference="pay_1", reason="Fee booked twice",
        legs=[Leg.debit(chart.SUSPENSE, Money(1)), Leg.credit(chart.provider_payable("prov_1"), Money(1))],
        actor=Actor("STAFF", "treasury@holdfast.example", frozenset({"TREASURY"})), now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(NotAllowedToSign, match="this person's e-mail"):
        signed(request, controller)
