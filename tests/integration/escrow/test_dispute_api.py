"""Disputes over HTTP: raised, argued, withdrawn, and every documented refusal."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escrow.models import Dispute, Escrow
from escrow.services import mediation, resolutions
from tests.factories import api, escrows
from tests.factories.disputes import mediator
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock_at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop() -> api.ApiClient:
    return api.client("escrows:read", "escrows:write")


def do(shop: api.ApiClient, escrow: Escrow, verb: str, status: int, **body: Any) -> dict[str, Any]:
    response = shop.post(f"/v1/escrows/{escrow.public_id}/{verb}", body)
    assert response.status_code == status, response.content
    return response.json()


RAISE = {"by": "PAYER", "reason": "NOT_AS_AGREED", "description": "Half of the photographs are missing"}


def test_a_side_disputes_all_that_is_held(shop: api.ApiClient) -> None:
    escrow = escrows.funded(80_000)
    body = do(shop, escrow, "dispute", 201, **RAISE)
    assert (body["success"], body["status"], body["raisedBy"], body["amount"]) == (True, "OPEN", "PAYER", 80_000)
    assert (body["evidenceDueAt"], body["autoResolutionAt"]) == ("2026-03-09T15:00:00.000Z", "2026-04-01T15:00:00.000Z")
    assert (body["autoResolution"], body["needsSignatures"], body["outcome"]) == ("REFUND", False, None)
    assert [cause["kind"] for cause in body["causes"]] == ["ESCROW"]
    assert shop.get(f"/v1/escrows/{escrow.public_id}").json()["status"] == "DISPUTED"
    assert do(shop, escrow, "dispute", 409, **RAISE)["code"] == "DISPUTE_ALREADY_OPEN"
    assert do(shop, escrow, "release", 409, reason="no")["code"] == "ESCROW_STATE_FORBIDS"


def test_the_same_request_again_is_the_same_dispute(shop: api.ApiClient) -> None:
    escrow = escrows.funded(80_000)
    answers = [
        shop.post(f"/v1/escrows/{escrow.public_id}/dispute", RAISE, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert Dispute.objects.count() == 1


def test_both_sides_argue_and_see_each_other(shop: api.ApiClient) -> None:
    escrow = escrows.funded(80_000)
    do(shop, escrow, "dispute", 201, **RAISE)
    document = {
        "name": "order.pdf",
        "sha256": "ab" * 32,
        "mediaType": "application/pdf",
        "size": 4711,
        "note": "page 2",
    }
    body = do(shop, escrow, "evidence", 200, by="PAYER", statement="See the order", documents=[document])
    assert (body["payerEvidence"]["submitted"], body["payeeEvidence"]["documents"]) == (False, [])
    body = do(shop, escrow, "evidence", 200, by="PAYER", submit=True)
    assert body["payerEvidence"]["documents"] == [document]
    assert body["payerEvidence"]["digest"].startswith("sha256:")
    refused = do(shop, escrow, "evidence", 409, by="PAYER", statement="and more")
    assert refused["code"] == "EVIDENCE_ALREADY_SUBMITTED"
    assert do(shop, escrow, "evidence", 422, by="PAYEE", submit=True)["code"] == "INVALID_EVIDENCE"
    for wrong in ({"sha256": "AB" * 32}, {"sha256": "ab"}, {"name": ""}, {"extra": 1}):
        assert do(shop, escrow, "evidence", 400, by="PAYEE", documents=[document | wrong])["code"]
    (row,) = shop.get(f"/v1/escrows/{escrow.public_id}/disputes").json()["data"]
    assert row["payerEvidence"]["statement"] == "See the order"


def test_late_evidence_and_late_disputes(shop: api.ApiClient, clock_at_noon: Any) -> None:
    escrow, other = escrows.funded(80_000), escrows.funded(80_000, booking_id="book_2")
    do(shop, escrow, "dispute", 201, **RAISE)
    clock_at_noon.move_to(NOW + timedelta(hours=168))
    body = do(shop, escrow, "evidence", 409, by="PAYER", statement="late")
    assert (body["code"], body["detail"]) == ("EVIDENCE_TOO_LATE", "it was due by 2026-03-09 15:00 UTC")
    assert do(shop, other, "dispute", 409, **RAISE)["code"] == "DISPUTE_WINDOW_CLOSED"


def test_withdrawn_by_its_side(shop: api.ApiClient) -> None:
    escrow = escrows.funded(80_000)
    assert do(shop, escrow, "dispute/withdraw", 404, by="PAYER")["code"] == "DISPUTE_NOT_FOUND"
    do(shop, escrow, "dispute", 201, **RAISE)
    assert do(shop, escrow, "dispute/withdraw", 403, by="PAYEE")["code"] == "NOT_ALLOWED"
    assert do(shop, escrow, "dispute/withdraw", 200, by="PAYER")["status"] == "WITHDRAWN"
    assert shop.get(f"/v1/escrows/{escrow.public_id}").json()["status"] == "FUNDED"


def test_refusals_of_terms_and_amounts(shop: api.ApiClient) -> None:
    calm = escrows.funded(80_000, document=escrows.terms(disputePolicy__allowDisputes=False))
    assert do(shop, calm, "dispute", 409, **RAISE)["code"] == "DISPUTES_NOT_ALLOWED"
    escrow = escrows.funded(80_000, booking_id="book_2")
    assert do(shop, escrow, "dispute", 409, **RAISE, amount=80_001)["code"] == "INSUFFICIENT_BALANCE"
    assert do(shop, escrow, "dispute", 400, **RAISE | {"by": "STAFF"})["code"]
    assert do(shop, escrow, "dispute", 400, reason="OTHER", description="who says so?")["code"]
    assert do(shop, escrows.create(booking_id="book_3"), "dispute", 409, **RAISE)["code"] == "ESCROW_STATE_FORBIDS"


def test_what_became_of_it(shop: api.ApiClient, clock_at_noon: Any) -> None:
    """While it is only proposed, neither side is told how much."""
    by, escrow = mediator(), escrows.funded(80_000)
    body = do(shop, escrow, "dispute", 201, **RAISE)
    clock_at_noon.move_to(NOW + timedelta(hours=168))
    mine = {"dispute_id": body["disputeId"], "livemode": False, "actor": by, "now": NOW + timedelta(hours=168)}
    mediation.take(**mine)
    resolutions.decide(**mine, release_minor=30_000, reason="a part came")
    (row,) = shop.get(f"/v1/escrows/{escrow.public_id}/disputes").json()["data"]
    assert (row["status"], row["outcome"], row["resolvedHow"]) == ("RESOLVED", "SPLIT", "MEDIATOR")
    assert (row["amountReleased"], row["amountRefunded"], row["resolutionReason"]) == (30_000, 50_000, "a part came")
    assert "mia@holdfast.example" not in str(row), "who decided is for the house to know"


def test_many_disputes_cost_what_one_costs(shop: api.ApiClient) -> None:
    escrow = escrows.funded(80_000)
    counts = []
    for _ in range(2):
        do(shop, escrow, "dispute", 201, **RAISE)
        do(shop, escrow, "evidence", 200, by="PAYER", statement="s")
        do(shop, escrow, "dispute/withdraw", 200, by="PAYER")
        with CaptureQueriesContext(connection) as captured:
            shop.get(f"/v1/escrows/{escrow.public_id}/disputes")
        counts.append(len(captured))
    assert counts[0] == counts[1]
