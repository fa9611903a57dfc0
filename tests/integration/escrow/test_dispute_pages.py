"""The list, the workbench and the receivables: what is shown, who may act, and why not."""

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.approvals.models import ApprovalRequest
from core.outbox import services as outbox
from core.staff.models import User
from escrow.models import Dispute, Escrow, Receivable
from escrow.services import releases
from payments.models import Payment
from tests.factories import escrows, staff
from tests.factories.chargebacks import charge_back, move
from tests.factories.disputes import heard, raised, said
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock_at_noon():
    with time_machine.travel(NOW, tick=True):
        yield


def page(client: Client, path: str) -> str:
    response = client.get(f"/admin/{path}")
    assert response.status_code == 200, response
    return response.content.decode()


def test_the_list_says_when_the_terms_decide() -> None:
    mia = staff.signed_in("MEDIATOR", email="mia@holdfast.example")
    assert "No dispute fits" in page(mia, "disputes/")
    raised(escrows.funded(80_000), now=NOW)
    text = page(mia, "disputes/")
    assert "800.00 USD goes back to the payer on 1 Apr 2026." in text
    assert "Nobody mediates" in text
    assert "No dispute fits" in page(mia, "disputes/?show=mine")
    assert "800.00" in page(mia, "disputes/?show=free")
    assert "No dispute fits" in page(mia, "disputes/?show=ended")


def test_a_list_of_many_costs_what_a_list_of_few_costs() -> None:
    mia, counts = staff.signed_in("MEDIATOR"), []
    for number in range(4):
        raised(escrows.funded(80_000, booking_id=f"book_{number}"), now=NOW)
        if number in (1, 3):
            page(mia, "disputes/")
            with CaptureQueriesContext(connection) as captured:
                page(mia, "disputes/")
            counts.append(len(captured))
    assert counts[0] == counts[1]


def test_both_stories_stand_side_by_side_with_their_hashes() -> None:
    escrow = escrows.funded(80_000)
    dispute = raised(escrow, now=NOW)
    said(escrow, "PAYER", now=NOW)
    said(escrow, "PAYEE", now=NOW, submit=False, statement="They were all delivered")
    text = page(staff.signed_in("AUDITOR"), f"disputes/{dispute.public_id}/")
    for said_ in (
        "Half of the pictures are missing.", "The story of the payer.", "They were all delivered", "ab" * 32,
        "contract.pdf", "Staged, not submitted", "Your roles do not mediate disputes.", "Dispute raised",
    ):  # fmt: skip
        assert said_ in text, said_
    assert "Take it" not in text


def test_taken_given_and_decided_at_the_screen() -> None:
    mia = staff.signed_in("MEDIATOR", email="mia@holdfast.example")
    max_ = staff.signed_in("MEDIATOR", email="max@holdfast.example", full_name="Max")
    escrow = escrows.funded(80_000)
    dispute = raised(escrow, now=NOW)
    path = f"disputes/{dispute.public_id}/"
    assert "Take it" in page(mia, path)
    assert "It is yours to mediate." in mia.post(f"/admin/{path}take/", follow=True).content.decode()
    text = page(max_, path)
    assert "mia@holdfast.example mediates it" in text
    refused = max_.post(f"/admin/{path}decide/", {"release": "1", "reason": "r"})
    assert (refused.status_code, "mia@holdfast.example mediates it" in refused.content.decode()) == (409, True)
    waits = mia.post(f"/admin/{path}decide/", {"release": "1", "reason": "r"})
    assert (waits.status_code, "Evidence is due by" in waits.content.decode()) == (409, True)
    mia.post(f"/admin/{path}assign/", {"to": "max@holdfast.example"})
    for side in ("PAYER", "PAYEE"):
        said(escrow, side, now=NOW)
    too_much = max_.post(f"/admin/{path}decide/", {"release": "800.01", "reason": "r"})
    assert (too_much.status_code, "Between 0 and 800.00." in too_much.content.decode()) == (400, True)
    done = max_.post(f"/admin/{path}decide/", {"release": "650.00", "reason": "two thirds"}, follow=True)
    text = done.content.decode()
    assert "Decided: the money has moved." in text
    assert "Split, by its mediator" in text
    row = Dispute.objects.get()
    assert (row.release_minor, row.refund_minor, Escrow.objects.get().status) == (65_000, 15_000, "RELEASED")


def test_the_arithmetic_follows_what_is_typed() -> None:
    """Of a card's 460.00: 230.00 to the payee, 230.00 back, of which the card gets 250.00 with its share of the fee."""
    mia = staff.signed_in("MEDIATOR", email="mia@holdfast.example")
    pay()
    outbox.drain(now=NOW)
    dispute = raised(Escrow.objects.get(), now=NOW)
    path = f"disputes/{dispute.public_id}/arithmetic/?release="
    text = page(mia, f"{path}230.00")
    assert text.count("230.00") == 2
    assert "250.00" in text
    assert "20.00" in text
    assert "You decide it alone" in text
    assert "Between 0 and 460.00." in page(mia, f"{path}460.01")
    assert "at most 2 decimals" in page(mia, f"{path}1.001")
    for wrong in ("", "abc", "NaN", "1e99", "-1"):
        assert "note careful" in page(mia, f"{path}{wrong}"), wrong


def test_an_escalated_one_is_put_to_those_who_sign() -> None:
    mia = staff.signed_in("MEDIATOR", email="mia@holdfast.example")
    staff.person("ESCROW_APPROVER")
    by = User.objects.get(email="mia@holdfast.example").actor()
    dispute = heard(escrows.funded(200_000), by=by, now=NOW)
    path = f"disputes/{dispute.public_id}/"
    text = page(mia, path)
    assert "2,000.00 USD is more than the 1,000.00 USD of the terms." in text
    assert "Ask for signatures" in text
    asked = mia.post(f"/admin/{path}decide/", {"release": "0", "reason": "nothing came", "ask": "1"}, follow=True)
    assert "See who signs" in asked.content.decode()
    assert ApprovalRequest.objects.get().url == f"/admin/disputes/{dispute.public_id}/"


def test_escalating_says_why() -> None:
    mia = staff.signed_in("MEDIATOR", email="mia@holdfast.example")
    dispute = heard(escrows.funded(80_000), by=User.objects.get(email="mia@holdfast.example").actor(), now=NOW)
    path = f"/admin/disputes/{dispute.public_id}/escalate/"
    assert mia.post(path, {"escalate_reason": ""}).status_code == 400
    mia.post(path, {"escalate_reason": "both are known to me"})
    dispute.refresh_from_db()
    assert (dispute.state, dispute.escalated_why) == ("ESCALATED", "both are known to me")


def test_staff_raise_and_withdraw_and_never_decide() -> None:
    treasury = staff.signed_in("TREASURY", email="rae@holdfast.example")
    escrow = escrows.funded(80_000)
    path = f"/admin/disputes/raise/{escrow.public_id}/"
    assert "800.00" in treasury.get(path).content.decode()
    assert treasury.post(path, {"reason": "OTHER", "text": "", "amount": ""}).status_code == 400
    text = treasury.post(
        path, {"reason": "OTHER", "text": "They called", "amount": "300.00"}, follow=True
    ).content.decode()
    assert "They called" in text
    assert "Withdraw it" in text
    dispute = Dispute.objects.get()
    assert (dispute.amount_minor, dispute.side) == (30_000, "STAFF")
    assert treasury.post(path, {"reason": "OTHER", "text": "again", "amount": ""}).status_code == 409
    assert treasury.post(f"/admin/disputes/{dispute.public_id}/take/").status_code == 403
    treasury.post(f"/admin/disputes/{dispute.public_id}/withdraw/")
    dispute.refresh_from_db()
    assert dispute.state == "WITHDRAWN"


@pytest.mark.parametrize("verb", ["take", "assign", "escalate", "decide"])
def test_whoever_may_only_look_does_nothing(verb: str) -> None:
    dispute = raised(escrows.funded(80_000), now=NOW)
    for role in ("AUDITOR", "TREASURY", "ESCROW_APPROVER"):
        assert staff.signed_in(role).post(f"/admin/disputes/{dispute.public_id}/{verb}/").status_code == 403
    assert staff.signed_in("INTEGRATION").get(f"/admin/disputes/{dispute.public_id}/").status_code == 403


def owed() -> Receivable:
    """460.00, charged back after they were released and paid out."""
    payment = Payment.objects.get(public_id=pay().body["paymentId"])
    outbox.drain(now=NOW)
    escrow = Escrow.objects.get()
    escrows.meet(escrow, "service_completed")
    releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=later(72))
    outbox.drain(now=later(72))
    move(46_000, debit=f"provider_payable:{escrow.payee.party_id}", credit="bank:trust")
    charge_back(payment, now=later(73))
    outbox.drain(now=later(73))
    return Receivable.objects.get()


def test_receivables_are_listed_and_given_up_by_two() -> None:
    treasury, debt = staff.signed_in("TREASURY"), owed()
    staff.person("CONTROLLER")
    text = page(treasury, "receivables/")
    assert "460.00" in text
    assert debt.cause in text
    assert "Nobody owes anything" in page(treasury, "receivables/?state=RECOVERED")
    text = page(treasury, f"receivables/{debt.public_id}/")
    assert "Nothing has come back yet" in text
    path = f"/admin/receivables/{debt.public_id}/write-off/"
    assert treasury.post(path, {"reason": ""}).status_code == 400
    assert treasury.post(path, {"reason": "closed"}).status_code == 302
    assert "waits for signatures" in page(treasury, f"receivables/{debt.public_id}/")
    assert staff.signed_in("CONTROLLER").post(path, {"reason": "r"}).status_code == 403


def test_the_search_leads_to_it() -> None:
    dispute = raised(escrows.funded(80_000), now=NOW)
    found = staff.signed_in("AUDITOR").get("/admin/search/", {"q": dispute.public_id})
    assert found.headers["Location"].endswith(f"/disputes/{dispute.public_id}/")
