"""Chargebacks on screen and over HTTP: who sees them, who answers them, and what a number leads to."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.clock import FixedClock
from core.work import services as work
from payments.models import Chargeback, Payment, Refund
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories import api, staff
from tests.factories.chargebacks import charge_back, decide
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with clock.use(FixedClock(NOW + timedelta(hours=1))):
        yield


@pytest.fixture
def treasurer() -> Client:
    return staff.signed_in("TREASURY")


def paid(number: str = "4242424242424242", **different: object) -> Payment:
    return Payment.objects.get(public_id=pay(number, **different).body["paymentId"])


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return str(response.content.decode())


def url(chargeback: Chargeback, act: str = "") -> str:
    return f"/admin/chargebacks/{chargeback.public_id}/{act}"


class TestList:
    def test_what_has_to_be_answered_and_until_when(self, treasurer: Client) -> None:
        waiting, won = charge_back(paid(), 12_345), decide(charge_back(paid()), "WON")
        shown = page(treasurer, "/admin/chargebacks/")
        for told in (waiting.public_id, "123.45", "Unanswered", won.public_id, "Won", "1 to be answered"):
            assert told in shown
        only_won = page(treasurer, "/admin/chargebacks/?state=WON")
        assert won.public_id in only_won
        assert waiting.public_id not in only_won

    def test_it_costs_the_same_for_one_and_for_many(self, treasurer: Client) -> None:
        charge_back(paid())
        page(treasurer, "/admin/chargebacks/")
        with CaptureQueriesContext(connection) as one:
            page(treasurer, "/admin/chargebacks/")
        for _ in range(4):
            charge_back(paid())
        with CaptureQueriesContext(connection) as five:
            page(treasurer, "/admin/chargebacks/")
        assert len(five) == len(one) <= 20

    def test_live_data_shows_nothing_of_test_data(self, treasurer: Client) -> None:
        chargeback = charge_back(paid())
        session = treasurer.session
        session["console.livemode"] = True
        session.save()
        assert chargeback.public_id not in page(treasurer, "/admin/chargebacks/")
        assert treasurer.get(url(chargeback)).status_code == 404


class TestPage:
    def test_who_bears_it_with_a_way_to_every_account(self, treasurer: Client) -> None:
        payment = paid()
        refund = RefundOrder(payment.public_id, 10_000, "")
        refunds.create(refund, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
        chargeback = charge_back(payment)
        shown = page(treasurer, url(chargeback))
        for told in ("500.00", "32.00", "368.00", "100.00", "10.4", "If nobody answers"):
            assert told in shown
        for way in (
            f"/admin/entries/{chargeback.entry_id}/",
            "/admin/accounts/fees:platform/",
            f"/admin/accounts/escrow_held:{payment.escrow_id}/",
            "/admin/accounts/returns_receivable:cus_abc123def456/",
            f"/admin/payments/{payment.public_id}/",
        ):
            assert way in shown

    def test_the_draft_says_what_our_books_say(self, treasurer: Client) -> None:
        payment = paid()
        order = RefundOrder(payment.public_id, None, "")
        refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
        refund = Refund.objects.get()
        shown = page(treasurer, url(charge_back(payment)))
        for told in (
            payment.network_id,
            refund.network_id,
            "Refunded 500.00 USD on 2026-03-02",
            "had gone back before",
        ):
            assert told in shown

    def test_evidence_is_sent_and_shown(self, treasurer: Client) -> None:
        chargeback = charge_back(paid())
        answer = treasurer.post(url(chargeback, "contest/"), {"evidence": "Signed for on 2 March."}, follow=True)
        shown = answer.content.decode()
        assert "Signed for on 2 March." in shown
        assert "Contested" in shown
        assert "Send the evidence" not in shown
        chargeback.refresh_from_db()
        assert chargeback.contested_by.startswith("STAFF:")

    def test_nothing_is_no_evidence(self, treasurer: Client) -> None:
        chargeback = charge_back(paid())
        assert treasurer.post(url(chargeback, "contest/"), {"evidence": " "}).status_code == 400

    def test_accepting_ends_it(self, treasurer: Client) -> None:
        chargeback = charge_back(paid())
        shown = treasurer.post(url(chargeback, "accept/"), follow=True).content.decode()
        assert "Accepted" in shown
        again = treasurer.post(url(chargeback, "accept/"), follow=True).content.decode()
        assert "The chargeback is ACCEPTED" in again

    def test_an_analyst_looks_and_does_not_answer(self) -> None:
        analyst, chargeback = staff.signed_in("FRAUD_ANALYST"), charge_back(paid())
        shown = page(analyst, url(chargeback))
        assert "Send the evidence" not in shown
        for act in ("contest/", "accept/"):
            assert analyst.post(url(chargeback, act)).status_code == 403

    def test_its_id_opens_it_from_the_search(self, treasurer: Client) -> None:
        chargeback = charge_back(paid())
        answer = treasurer.get(f"/admin/search/?q={chargeback.public_id}")
        assert (answer.status_code, answer.url) == (302, url(chargeback))  # type: ignore[attr-defined]


class TestPaymentPage:
    def test_it_lists_the_chargebacks_of_the_payment(self, treasurer: Client) -> None:
        chargeback = charge_back(paid())
        shown = page(treasurer, f"/admin/payments/{chargeback.payment.public_id}/")
        assert url(chargeback) in shown
        assert "Unanswered" in shown
        assert "payments.chargeback.opened" in shown

    def test_a_stranded_refund_is_shown_and_sent_again_by_treasury(self, treasurer: Client) -> None:
        payment = paid("4000000000006124")
        order = RefundOrder(payment.public_id, None, "")
        refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
        here, refund = f"/admin/payments/{payment.public_id}/", Refund.objects.get()
        retry = f"/admin/refunds/{refund.public_id}/retry/"
        assert retry in page(treasurer, here)
        analyst = staff.signed_in("FRAUD_ANALYST")
        assert "Stranded" in page(analyst, here)
        assert retry not in page(analyst, here)
        assert analyst.post(retry).status_code == 403

        assert treasurer.post(retry).url == here  # type: ignore[attr-defined]
        treasurer.post(retry)
        work.drain(now=clock.now())
        refund.refresh_from_db()
        assert (refund.status, refund.tries) == ("COMPLETED", 2)
        assert "Stranded" not in page(treasurer, here)

    def test_no_other_refund_is_sent_again(self, treasurer: Client) -> None:
        assert treasurer.post("/admin/refunds/re_unknown/retry/").status_code == 404


class TestApi:
    def test_one_and_those_of_a_payment(self) -> None:
        payment = paid()
        chargeback = charge_back(payment, 20_000, reason_code="13.1")
        client = api.client("payments:read")
        one = client.get(f"/v1/chargebacks/{chargeback.public_id}").json()
        assert {name: one[name] for name in ("paymentId", "escrowId", "status", "kind", "amount")} == {
            "paymentId": payment.public_id,
            "escrowId": payment.escrow_id,
            "status": "OPEN",
            "kind": "NOT_RECEIVED",
            "amount": 20_000,
        }
        assert (one["feesReversed"], one["amountHeld"], one["amountLate"]) == (1_600, 18_400, 0)
        assert "evidence" not in one
        listed = client.get(f"/v1/payments/{payment.public_id}/chargebacks").json()["data"]
        assert listed == [{name: value for name, value in one.items() if name != "success"}]
        assert client.get(f"/v1/payments/{payment.public_id}").json()["disputeId"] == chargeback.public_id

    def test_another_mode_and_another_scope_reach_nothing(self) -> None:
        chargeback = charge_back(paid())
        path = f"/v1/chargebacks/{chargeback.public_id}"
        assert api.client("payments:read", livemode=True).get(path).status_code == 404
        assert api.client("payments:write").get(path).status_code == 403
        unknown = api.client("payments:read").get("/v1/chargebacks/cb_unknown")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "CHARGEBACK_NOT_FOUND")
