"""Terms over HTTP: agreed by each side, amended, given to the escrow of a payment; who may say what."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from compliance.enums import PartyStatus
from compliance.models import Party
from core.audit.models import AuditEntry
from core.oidc import issuers, keysets
from escrow.models import Escrow, Part
from tests.factories import api, escrows, oidc
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db
PAYER, PAYEE = "cus_customer123", "prov_provider456"
CONDITION = "cond_service_completion"


@pytest.fixture(autouse=True)
def _clock_at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def idp() -> Iterator[oidc.Provider]:
    issuers.forget_cache()
    keysets.forget()
    with oidc.provider() as served:
        served.accept()
        yield served


@pytest.fixture
def shop() -> api.ApiClient:
    return api.client("escrows:read", "escrows:write", "escrows:fund", "payments:read")


def created(client: Any, **different: Any) -> dict[str, Any]:
    response = client.post("/v1/escrows", escrows.request(**different))
    assert response.status_code == 201, response.content
    return response.json()


def do(client: Any, escrow_id: str, verb: str, body: Any = None, *, status: int = 200) -> dict[str, Any]:
    response = client.post(f"/v1/escrows/{escrow_id}/{verb}", body or {})
    assert response.status_code == status, response.content
    return response.json()


def test_where_the_parties_confirm_no_money_is_taken_before_both_have(shop: api.ApiClient) -> None:
    made = created(shop, partiesConfirm=True)
    wire = {"source": "BANK_TRANSFER", "reference": "WIRE-1"}
    assert made["termsVersion"] is None
    assert made["nextAction"]["why"]
    assert do(shop, made["escrowId"], "fund", wire, status=409)["code"] == "TERMS_NOT_AGREED"
    assert do(shop, made["escrowId"], "terms/agree", {"side": "PAYER"})["state"] == "PROPOSED"
    assert do(shop, made["escrowId"], "terms/agree", {"side": "PAYER"}, status=409)["code"] == "AMENDMENT_REFUSED"
    assert do(shop, made["escrowId"], "terms/agree", {}, status=400)["errors"][0]["pointer"] == "/side"
    assert do(shop, made["escrowId"], "terms/agree", {"side": "PAYEE"})["state"] == "AGREED"
    assert do(shop, made["escrowId"], "fund", wire)["status"] == "FUNDED"


def test_an_amendment_holds_once_both_sides_have_agreed(shop: api.ApiClient) -> None:
    made = created(shop)
    longer = escrows.terms(timeoutPolicy__autoRefundAfterHours=800) | {"side": "PAYER", "reason": "One week more"}
    proposed = do(shop, made["escrowId"], "amendments", longer, status=201)
    assert (proposed["version"], proposed["state"]) == (2, "PROPOSED")
    assert do(shop, made["escrowId"], "amendments", longer, status=409)["code"] == "AMENDMENT_REFUSED"
    assert do(shop, made["escrowId"], "amendments/2/reject")["state"] == "REJECTED"
    do(shop, made["escrowId"], "amendments", longer, status=201)
    assert do(shop, made["escrowId"], "amendments/3/agree", {"side": "PAYEE"})["state"] == "AGREED"
    versions = shop.get(f"/v1/escrows/{made['escrowId']}/terms").json()["data"]
    assert [(row["version"], row["state"]) for row in versions] == [(3, "AGREED"), (2, "REJECTED"), (1, "SUPERSEDED")]
    assert versions[0]["document"]["timeoutPolicy"]["autoRefundAfterHours"] == 800
    assert (
        do(shop, made["escrowId"], "amendments/x/agree", {"side": "PAYEE"}, status=409)["code"] == "AMENDMENT_REFUSED"
    )


def test_a_payments_escrow_takes_the_terms_of_its_booking(shop: api.ApiClient) -> None:
    """500.00 paid, 460.00 held; two stages of 200.00 and 300.00 are 184.00 and 276.00 of it."""
    paid = pay(customer_id=PAYER, provider_id=PAYEE, booking_id="book_9").body
    body = escrows.request(
        amount=50_000, bookingId="book_9", paymentId=paid["paymentId"],
        **escrows.terms(("first", 20_000), ("second", 30_000)),
    )  # fmt: skip
    response = shop.post("/v1/escrows", body)
    assert response.status_code == 201, response.content
    made = response.json()
    assert (made["escrowId"], made["status"], made["termsVersion"]) == (paid["escrowId"], "FUNDED", 2)
    held = Part.objects.filter(escrow__public_id=made["escrowId"], state="HELD").order_by("number")
    assert [(part.condition_id, part.amount_minor) for part in held] == [("first", 18_400), ("second", 27_600)]
    again = shop.post("/v1/escrows", body)
    assert (again.status_code, again.json()["code"]) == (409, "AMENDMENT_REFUSED")
    wrong = shop.post("/v1/escrows", body | {"amount": 49_999, "payeeId": "prov_other"})
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"/amount", "/payeeId"}


def test_what_screening_refused_says_nothing_outside_and_is_kept_for_compliance(shop: api.ApiClient) -> None:
    created(shop)
    Party.objects.filter(party_id=PAYEE).update(status=PartyStatus.BLOCKED, blocked_reason="under inquiry")
    response = shop.post("/v1/escrows", escrows.request())
    assert (response.status_code, response.json()["code"]) == (403, "COMPLIANCE_SCREENING_FAILED")
    assert PAYEE not in response.content.decode()
    assert Escrow.objects.count() == 1
    kept = AuditEntry.objects.filter(action="escrow.escrow.screening_failed")
    assert {(entry.subject, entry.result) for entry in kept} == {(PAYER, "DENIED"), (PAYEE, "DENIED")}


def test_each_party_speaks_for_itself(shop: api.ApiClient, idp: oidc.Provider) -> None:
    payer, payee = oidc.user(idp, party=PAYER), oidc.user(idp, party=PAYEE, groups=["Provider"])
    stranger = oidc.user(idp, party="cus_stranger")
    stage = {**escrows.PHOTOGRAPHY["escrowConditions"][0], "requiredApprovers": [PAYER]}
    inspected = {**stage, "conditionId": "album", "milestoneData": {"inspectionHours": 48}}
    made = created(payer, amount=45_000, escrowConditions=[stage, inspected])
    escrow_id = made["escrowId"]
    assert made["riskScore"] is None
    assert (made["complianceFlags"], made["auditTrail"]) == ([], [])
    assert stranger.get(f"/v1/escrows/{escrow_id}").status_code == 404
    assert do(payer, escrow_id, "terms/agree", {"side": "PAYEE"}, status=403)["code"] == "NOT_YOUR_OWN"
    assert do(payee, escrow_id, "terms/agree")["state"] == "AGREED"
    do(shop, escrow_id, "fund", {"source": "BANK_TRANSFER", "reference": "WIRE-1"})
    refused = do(payee, escrow_id, f"conditions/{CONDITION}/satisfy", status=403)
    assert refused["code"] == "NOT_FOR_USERS", "the terms name the payer"
    assert do(payer, escrow_id, f"conditions/{CONDITION}/satisfy", {"by": PAYEE}, status=403)["code"] == "NOT_YOUR_OWN"
    assert do(payer, escrow_id, f"conditions/{CONDITION}/satisfy")["conditions"][0]["state"] == "MET"
    do(payer, escrow_id, "conditions/album/satisfy")
    assert do(payee, escrow_id, "conditions/album/accept", status=403)["code"] == "NOT_FOR_USERS"
    do(payer, escrow_id, "conditions/album/accept")
    assert do(payer, escrow_id, "release", status=403)["code"] == "NOT_FOR_USERS"
    assert do(shop, escrow_id, "release")["status"] == "RELEASED"
