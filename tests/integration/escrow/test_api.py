"""Escrows over HTTP: agreed, funded, met, released, given back, and every documented refusal."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from escrow.models import Escrow
from ledger.selectors import accounts
from tests.factories import api, escrows
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db
CONDITION = "cond_service_completion"
SCOPES = ("escrows:read", "escrows:write", "escrows:fund")


@pytest.fixture(autouse=True)
def clock_at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop() -> api.ApiClient:
    return api.client(*SCOPES)


def created(shop: api.ApiClient, **different: Any) -> dict[str, Any]:
    response = shop.post("/v1/escrows", escrows.request(**different))
    assert response.status_code == 201, response.content
    return response.json()


def do(shop: api.ApiClient, escrow_id: str, verb: str, body: Any = None, *, status: int = 200) -> dict[str, Any]:
    response = shop.post(f"/v1/escrows/{escrow_id}/{verb}", body)
    assert response.status_code == status, response.content
    return response.json()


def fund(shop: api.ApiClient, escrow_id: str) -> dict[str, Any]:
    return do(shop, escrow_id, "fund", {"source": "BANK_TRANSFER", "reference": "WIRE-77"})


def test_the_documented_request_is_answered_as_documented(shop: api.ApiClient) -> None:
    body = created(shop)
    assert (body["success"], body["status"], body["riskScore"]) == (True, "CREATED", 0.3)
    assert body["message"] == "Escrow account created successfully"
    assert body["availableAt"] == "2026-03-05T15:00:00.000Z", "72 hours from now"
    assert body["complianceFlags"] == [
        "PARTY_CREATED_UNVERIFIED:cus_customer123",
        "PARTY_CREATED_UNVERIFIED:prov_provider456",
        "PAYEE_CANNOT_APPROVE:prov_provider456",
        "MEDIATOR_UNKNOWN:admin_mediator001",
        "ESCALATION_CONTACT_UNKNOWN:admin_support001",
    ]
    validation, screening = body["auditTrail"]
    assert (validation["action"], validation["details"]) == ("input_validation", {"errors": []})
    assert (screening["action"], screening["regulatoryRequirement"]) == ("compliance_screening", "AML_KYC_COMPLIANCE")
    assert screening["details"]["screening"]["riskScore"] == 0.3
    assert body["nextAction"]["action"] == "FUND"


def test_the_hash_of_a_trail_entry_can_be_computed_by_anybody(shop: api.ApiClient) -> None:
    for entry in created(shop)["auditTrail"]:
        said = {name: value for name, value in entry.items() if name != "dataHash"}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        assert entry["dataHash"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_small_escrow_is_released_at_once(shop: api.ApiClient) -> None:
    made = created(shop, amount=45_000)
    assert fund(shop, made["escrowId"])["status"] == "FUNDED"
    missing = do(shop, made["escrowId"], "release", status=409)
    assert (missing["code"], missing["conditions"]) == (
        "RELEASE_CONDITIONS_NOT_MET",
        [{"conditionId": CONDITION, "state": "OPEN"}],
    )
    do(shop, made["escrowId"], f"conditions/{CONDITION}/satisfy", {"evidence": [{"name": "a.jpg", "sha256": "0" * 64}]})
    body = do(shop, made["escrowId"], "release", {"action": "RELEASE", "payerId": "cus_customer123"})
    assert (body["status"], body["message"]) == ("RELEASED", "Escrow funds released successfully")
    (entry,) = body["auditTrail"]
    assert (entry["action"], entry["result"]) == ("escrow_released", "SUCCESS")
    assert entry["details"]["amount"] == 45_000
    assert entry["details"]["escrowId"] == made["escrowId"]
    assert entry["details"]["transactionId"].startswith("txn_")
    assert all(row.debits == row.credits for row in accounts.list_trial("test"))


def test_each_documented_refusal_has_its_code(shop: api.ApiClient) -> None:
    assert do(shop, "ESC_1703123456789_ABCDEF12", "release", status=404)["code"] == "ESCROW_NOT_FOUND"
    made = created(shop, amount=45_000, **escrows.terms())
    assert do(shop, made["escrowId"], "release", status=409)["code"] == "ESCROW_STATE_FORBIDS"
    fund(shop, made["escrowId"])
    do(shop, made["escrowId"], f"conditions/{CONDITION}/satisfy")
    refused = do(shop, made["escrowId"], "release", {"amount": 45_001}, status=409)
    assert (refused["code"], refused["available"]) == ("INSUFFICIENT_BALANCE", 45_000)
    refused = do(shop, made["escrowId"], "refund", {"reason": "changed my mind"}, status=409)
    assert refused["code"] == "REFUND_NEEDS_THE_PAYEE"
    part = do(shop, made["escrowId"], "refund", {"amount": 5_000, "reason": "rain", "payeeAgrees": True})
    assert (part["message"], part["amountHeld"]) == ("Escrow funds refunded in part", 40_000)
    refused = do(shop, made["escrowId"], "release", {"payeeId": "prov_other"}, status=400)
    assert refused["errors"] == [{"pointer": "/payeeId", "detail": "is not that of this escrow"}]


def test_unknown_fields_are_refused_wherever_they_stand(shop: api.ApiClient) -> None:
    body = escrows.request(colour="red", timeoutPolicy={**escrows.PHOTOGRAPHY["timeoutPolicy"], "snooze": 1})
    response = shop.post("/v1/escrows", body)
    assert response.status_code == 400
    assert {each["pointer"] for each in response.json()["errors"]} == {"/colour", "/timeoutPolicy/snooze"}


def test_unsafe_terms_are_refused_with_the_path(shop: api.ApiClient) -> None:
    unsafe = escrows.terms(disputePolicy__disputeWindowHours=337)
    response = shop.post("/v1/escrows", escrows.request(**unsafe))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/disputePolicy/disputeWindowHours"
    assert not Escrow.objects.exists()


def test_a_retry_makes_no_second_escrow(shop: api.ApiClient) -> None:
    first = shop.post("/v1/escrows", escrows.request(), headers={"Idempotency-Key": "one"})
    again = shop.post("/v1/escrows", escrows.request(), headers={"Idempotency-Key": "one"})
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Escrow.objects.count() == 1


def test_a_tag_keeps_a_change_from_what_nobody_saw(shop: api.ApiClient, clock_at_noon) -> None:
    made = created(shop, amount=45_000)
    seen = shop.get(f"/v1/escrows/{made['escrowId']}")
    assert shop.get(f"/v1/escrows/{made['escrowId']}", headers={"If-None-Match": seen["ETag"]}).status_code == 304
    order = {"source": "BANK_TRANSFER", "reference": "WIRE-77"}
    address = f"/v1/escrows/{made['escrowId']}/fund"
    clock_at_noon.shift(timedelta(hours=1))
    assert shop.post(address, order, headers={"If-Match": seen["ETag"]}).status_code == 200
    stale = shop.post(f"/v1/escrows/{made['escrowId']}/refund", {"reason": "x"}, headers={"If-Match": seen["ETag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "PRECONDITION_FAILED")


def test_the_list_is_narrowed_and_of_one_mode(shop: api.ApiClient) -> None:
    first = created(shop, bookingId="book_1")
    created(shop, bookingId="book_2", payerId="cus_other")
    for query in ("bookingId=book_1", "payerId=cus_customer123", "status=CREATED&bookingId=book_1"):
        (row,) = shop.get(f"/v1/escrows?{query}").json()["data"]
        assert row["escrowId"] == first["escrowId"]
    assert len(shop.get("/v1/escrows?payeeId=prov_provider456").json()["data"]) == 2
    assert shop.get("/v1/escrows?status=FUNDED").json()["data"] == []
    assert api.client("escrows:read", livemode=True).get("/v1/escrows").json()["data"] == []


def test_funding_needs_a_scope_that_is_given_by_name_only(shop: api.ApiClient) -> None:
    made = created(shop)
    response = api.client("escrows:write").post(f"/v1/escrows/{made['escrowId']}/fund", {"source": "BANK_TRANSFER"})
    assert response.status_code == 403
