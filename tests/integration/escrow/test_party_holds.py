"""Compliance blocks a party: what is held with it stays where it is, and nobody is told why."""

import pytest

from compliance.models import Party
from compliance.services import parties
from core.actors import Actor
from core.webhooks.models import PublicEvent
from escrow.models import Escrow, Lock
from escrow.services import party_holds
from tests.factories import escrows
from tests.factories.clocks import PAYEE, after, fire, funded, met, settle

pytestmark = pytest.mark.django_db

CLEO = Actor("STAFF", "cleo@holdfast.example", frozenset({"COMPLIANCE"}))


def block(party_id: str) -> None:
    party = Party.objects.get(party_id=party_id)
    parties.block(party_id=party.party_id, livemode=False, reason="sanctions list", actor=CLEO, now=after(1))
    settle(after(1))


def test_every_open_escrow_of_the_party_is_held() -> None:
    ended = funded(now=after(-400))
    met(ended, after(-399))
    fire(after(0))
    mine, unfunded, other = funded(), escrows.create(), funded(payee_id="prov_other1")
    block(PAYEE)
    status = dict(Escrow.objects.values_list("pk", "status"))
    assert [status[escrow.pk] for escrow in (mine, ended, unfunded, other)] == [
        "LOCKED", "RELEASED", "CREATED", "FUNDED",
    ]  # fmt: skip
    assert [(lock.reason, lock.placed_by) for lock in Lock.objects.all()] == [("COMPLIANCE", "SYSTEM:holdfast")]
    told = " ".join(PublicEvent.objects.filter(type="escrow.locked").values_list("body", flat=True))
    assert "sanctions" not in told + " ".join(Lock.objects.values_list("note", flat=True))


def test_said_again_it_holds_nothing_twice_and_the_clock_releases_nothing() -> None:
    escrow = funded()
    met(escrow, after(0.5))
    block(PAYEE)
    assert party_holds.hold_all(party_id=PAYEE, livemode=False, now=after(2)) == 0
    fire(after(400))
    assert Escrow.objects.get(pk=escrow.pk).status == "LOCKED"


def test_the_other_mode_is_not_touched() -> None:
    escrow = funded()
    assert party_holds.hold_all(party_id=PAYEE, livemode=True, now=after(2)) == 0
    assert Escrow.objects.get(pk=escrow.pk).status == "FUNDED"
