"""A card number on the screen: for a reason, a fresh code, once, and nowhere but in that one answer."""

import pytest
from django.test import Client

from core import clock
from core.audit.models import AuditEntry
from core.staff import roles
from core.switches import services as switches
from core.switches.enums import Switch
from core.vault import cards
from payments.models import Payment
from tests.factories import staff
from tests.factories.approvals import code_of
from tests.factories.payments import BACKEND, VISA, card, pay
from tests.factories.switches import ON_CALL

pytestmark = pytest.mark.django_db
REASON = "network dispute 4711"
SHOWN = "<span>4242</span> <span>4242</span> <span>4242</span> <span>4242</span>"


@pytest.fixture
def officer() -> tuple[Client, staff.Person]:
    person, client = staff.person("COMPLIANCE"), Client()
    staff.sign_in(client, person.user)
    return client, person


@pytest.fixture
def token() -> str:
    made = cards.tokenise(card=card(), party_id="cus_1", livemode=False, actor=BACKEND, now=clock.now())
    return made.token


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("recorded_at"))


def test_shown_once_with_a_reason_and_a_fresh_code(officer: tuple[Client, staff.Person], token: str) -> None:
    client, person = officer
    path, code = f"/admin/cards/{token}/", code_of(person)
    before = client.get(path).content.decode()
    assert "424242 … 4242" in before
    assert SHOWN not in before
    answer = client.post(path, {"reason": REASON, "code": code})
    assert answer.status_code == 200
    assert SHOWN in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert SHOWN not in client.get(path).content.decode()
    again = client.post(path, {"reason": REASON, "code": code})
    assert again.status_code >= 400
    assert SHOWN not in again.content.decode()
    (shown,) = entries("vault.card.revealed")
    assert (shown.actor_id, shown.subject, shown.facts["reason"]) == (person.user.email, token, REASON)
    (stepped_up,) = entries("staff.step_up.given")
    assert stepped_up.facts == {"act": "vault.card.reveal", "subject": token}


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"code": ""}, {"code": "000000"}])
def test_without_either_nothing_is_shown(
    officer: tuple[Client, staff.Person], token: str, wrong: dict[str, str]
) -> None:
    client, person = officer
    answer = client.post(f"/admin/cards/{token}/", {"reason": REASON, "code": code_of(person), **wrong})
    assert answer.status_code >= 400
    assert SHOWN not in answer.content.decode()
    assert entries("vault.card.revealed") == []


def test_a_closed_switch_shows_it_to_nobody(officer: tuple[Client, staff.Person], token: str) -> None:
    client, person = officer
    switches.close(switch=Switch.CARD_REVEAL, reason="a leak", actor=ON_CALL, now=clock.now())
    answer = client.post(f"/admin/cards/{token}/", {"reason": REASON, "code": code_of(person)})
    assert answer.status_code == 503
    assert SHOWN not in answer.content.decode()


@pytest.mark.parametrize("role", sorted(set(roles.ROLES) - {"COMPLIANCE"}))
def test_no_other_role_gets_there(token: str, role: str) -> None:
    client = staff.signed_in(role)
    assert client.get(f"/admin/cards/{token}/").status_code == 403
    assert client.post(f"/admin/cards/{token}/", {"reason": REASON, "code": "123456"}).status_code == 403


@pytest.mark.parametrize("role", ["TREASURY", "FRAUD_ANALYST", "FRAUD_LEAD"])
def test_nobody_who_moves_money_may_hold_it_too(role: str) -> None:
    assert roles.conflict(["COMPLIANCE", role])


def test_the_payment_leads_there_for_whom_it_opens(officer: tuple[Client, staff.Person]) -> None:
    client, _ = officer
    pay(VISA)
    payment = Payment.objects.get()
    address = f"/admin/cards/{payment.card_token}/"
    assert address in client.get(f"/admin/payments/{payment.public_id}/").content.decode()
    assert address not in staff.signed_in("AUDITOR").get(f"/admin/payments/{payment.public_id}/").content.decode()


def test_test_data_is_not_live_data(officer: tuple[Client, staff.Person]) -> None:
    client, _ = officer
    live = cards.tokenise(card=card(), party_id=None, livemode=True, actor=BACKEND, now=clock.now())
    assert client.get(f"/admin/cards/{live.token}/").status_code == 404
