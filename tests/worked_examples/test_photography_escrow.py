"""The documented photography escrow over HTTP: 5,000.00 agreed, paid for by the bank, released by two signatures.

Then its other ends, by moving the clock alone; and a house that is built and paid for in three stages.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core.approvals import selectors
from core.money import Money
from ledger import chart
from ledger.selectors import accounts, balances
from tests.factories import api, clocks, escrows, releases, staff
from tests.factories.approvals import signed
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db

CONDITION = "cond_service_completion"
# As printed, except that the documented client wrote it as a GraphQL input.
REQUEST: dict[str, Any] = {
    "action": "CREATE",
    "payerId": "cus_customer123",
    "payeeId": "prov_provider456",
    "amount": 500000,
    "currency": "USD",
    "serviceId": "svc_photography001",
    "bookingId": "book_20240115001",
    "escrowConditions": [
        {
            "conditionId": "cond_service_completion",
            "type": "SERVICE_COMPLETION",
            "description": "Photography service must be completed",
            "timeoutHours": 168,
        }
    ],
    "releaseConditions": {
        "allConditionsMet": True,
        "requiresManualApproval": False,
        "approverUserIds": ["prov_provider456"],
        "minimumApprovalsRequired": 1,
        "approvalTimeoutHours": 72,
        "partialReleaseAllowed": False,
    },
    "timeoutPolicy": {
        "autoReleaseAfterHours": 336,
        "autoRefundAfterHours": 720,
        "warningNotificationHours": [72, 24],
        "escalationUserIds": ["admin_support001"],
    },
    "disputePolicy": {
        "allowDisputes": True,
        "disputeWindowHours": 168,
        "autoResolutionDays": 30,
        "mediatorUserIds": ["admin_mediator001"],
        "escalationThresholdAmount": 100000,
    },
}


class Shop:
    """The marketplace's backend, its clock at noon until a test moves it."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.api = api.client("escrows:read", "escrows:write", "escrows:fund")

    def create(self, **different: Any) -> dict[str, Any]:
        response = self.api.post("/v1/escrows", REQUEST | different)
        assert response.status_code == 201, response.content
        return response.json()

    def do(self, escrow_id: str, verb: str, body: Any = None, *, status: int = 200) -> dict[str, Any]:
        response = self.api.post(f"/v1/escrows/{escrow_id}/{verb}", body)
        assert response.status_code == status, response.content
        return response.json()

    def funded(self, **different: Any) -> str:
        escrow_id = self.create(**different)["escrowId"]
        self.do(escrow_id, "fund", {"source": "BANK_TRANSFER", "reference": "WIRE-20240115-77"})
        return escrow_id

    def see(self, escrow_id: str) -> dict[str, Any]:
        return self.api.get(f"/v1/escrows/{escrow_id}").json()

    def wait(self, hours: float) -> None:
        """Everything that comes due in the meantime happens."""
        self.clock.shift(timedelta(hours=hours))
        clocks.fire(NOW + timedelta(hours=hours))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield Shop(clock)


@pytest.fixture
def approvers(db: None) -> list[staff.Person]:
    return [staff.person("ESCROW_APPROVER", full_name=name) for name in ("Ines Duarte", "Jonas Berg")]


def posted(account: str) -> Money:
    return balances.get("test", account).posted


def assert_the_books_balance() -> None:
    assert all(row.debits == row.credits for row in accounts.list_trial("test"))


def test_it_is_accepted_as_it_stands_and_answered_as_printed(shop: Shop) -> None:
    body = shop.create()
    assert body["success"] is True
    assert body["status"] == "CREATED"
    assert body["message"] == "Escrow account created successfully"
    assert body["availableAt"] == "2026-03-05T15:00:00.000Z", "72 hours, as if a card paid"
    assert body["riskScore"] == 0.3, "0.15 for each party that nobody verified"
    assert "PAYEE_CANNOT_APPROVE:prov_provider456" in body["complianceFlags"]
    assert [(entry["action"], entry["result"]) for entry in body["auditTrail"]] == [
        ("input_validation", "SUCCESS"),
        ("compliance_screening", "SUCCESS"),
    ]
    validation, screening = body["auditTrail"]
    assert validation["details"] == {"errors": []}
    assert screening["regulatoryRequirement"] == "AML_KYC_COMPLIANCE"
    told = screening["details"]["screening"]
    assert (told["passed"], told["riskScore"], told["amlFlags"]) == (True, 0.3, [])
    assert validation["correlationId"] == screening["correlationId"] != ""
    assert all(entry["dataHash"].startswith("sha256:") for entry in body["auditTrail"])


def test_two_sign_and_it_is_released(shop: Shop, approvers: list[staff.Person]) -> None:
    escrow_id = shop.funded()
    held = chart.escrow_held(escrow_id)
    assert posted(held) == posted(chart.BANK_TRUST) == Money(500_000)
    refused = shop.do(escrow_id, "release", status=409)
    assert refused["code"] == "RELEASE_CONDITIONS_NOT_MET"
    assert refused["conditions"] == [{"conditionId": CONDITION, "state": "OPEN"}]

    gallery = {"name": "gallery.zip", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
    shop.do(escrow_id, f"conditions/{CONDITION}/satisfy", {"by": "prov_provider456", "evidence": [gallery]})
    wanted = {"action": "RELEASE", "escrowId": escrow_id, "payerId": "cus_customer123", "payeeId": "prov_provider456"}
    waits = shop.do(escrow_id, "release", wanted, status=409)
    assert (waits["code"], waits["given"], waits["needed"]) == ("MULTI_SIG_APPROVAL_REQUIRED", 0, 2)
    assert waits["requiredApprovals"] == ["2 of Escrow approver"]
    assert posted(held) == Money(500_000)
    assert shop.see(escrow_id)["status"] == "LOCKED"
    assert shop.see(escrow_id)["nextAction"]["action"] == "WAIT_FOR_SIGNATURES"

    request = selectors.get(waits["approvalRequestId"])
    signed(request, approvers[0])
    waits = shop.do(escrow_id, "release", wanted, status=409)
    assert (waits["given"], waits["requiredApprovals"]) == (1, ["Escrow approver"])
    signed(request, approvers[1])

    body = shop.see(escrow_id)
    assert (body["status"], body["message"]) == ("RELEASED", "Escrow funds released successfully")
    (released,) = [entry for entry in body["auditTrail"] if entry["action"] == "escrow_released"]
    assert released["result"] == "SUCCESS"
    assert (released["details"]["escrowId"], released["details"]["amount"]) == (escrow_id, 500_000)
    assert released["details"]["transactionId"].startswith("txn_")
    assert posted(held) == Money(0)
    assert posted(chart.provider_payable("prov_provider456")) == Money(500_000)
    assert_the_books_balance()


def test_at_336_hours_it_asks_for_its_signatures_by_itself(shop: Shop, approvers: list[staff.Person]) -> None:
    escrow_id = shop.funded()
    shop.wait(100)
    shop.do(escrow_id, f"conditions/{CONDITION}/satisfy")
    shop.clock.move_to(NOW)
    shop.wait(335)
    assert shop.see(escrow_id)["status"] == "FUNDED"
    shop.clock.move_to(NOW)
    shop.wait(336)
    body = shop.see(escrow_id)
    assert (body["status"], body["locks"]) == ("LOCKED", ["APPROVALS"])
    for person in approvers:
        signed(selectors.get(body["approvalRequestId"]), person)
    assert shop.see(escrow_id)["status"] == "RELEASED"


def test_below_what_takes_signatures_it_is_released_at_336_hours(shop: Shop) -> None:
    escrow_id = shop.funded(amount=90_000)
    shop.do(escrow_id, f"conditions/{CONDITION}/satisfy")
    shop.wait(336)
    assert shop.see(escrow_id)["status"] == "RELEASED"
    assert posted(chart.provider_payable("prov_provider456")) == Money(90_000)


def test_at_720_hours_it_goes_back_where_nobody_came_to_take_photographs(shop: Shop) -> None:
    escrow_id = shop.funded()
    shop.wait(719)
    body = shop.see(escrow_id)
    assert (body["status"], body["conditions"][0]["state"]) == ("FUNDED", "LAPSED")
    assert body["nextAction"]["action"] == "REFUND"
    shop.clock.move_to(NOW)
    shop.wait(720)
    assert shop.see(escrow_id)["status"] == "REFUNDED"
    assert posted(chart.escrow_held(escrow_id)) == Money(0)
    assert posted(chart.customer_refundable("cus_customer123")) == Money(500_000)
    assert_the_books_balance()


def test_a_house_is_paid_for_stage_by_stage(shop: Shop) -> None:
    """4,200.00 in three stages of 1,200.00, 1,800.00 and 1,200.00, each inspected for two days.

    The builder has been known for more than a year: a new one's releases take signatures from 1,000.00 on.
    """
    releases.party("prov_provider456")
    stages = [
        {
            "conditionId": name,
            "type": "MILESTONE_REACHED",
            "description": name,
            "milestoneData": {"amount": amount, "inspectionHours": 48},
        }
        for name, amount in (("foundation", 120_000), ("walls", 180_000), ("roof", 120_000))
    ]
    terms = escrows.terms()
    escrow_id = shop.funded(amount=420_000, escrowConditions=stages, releaseConditions=terms["releaseConditions"])
    payee = chart.provider_payable("prov_provider456")

    shop.do(escrow_id, "conditions/foundation/satisfy")
    refused = shop.do(escrow_id, "release", {"conditionId": "foundation"}, status=409)
    assert refused["conditions"][0]["state"] == "INSPECTION"
    shop.do(escrow_id, "conditions/foundation/accept", {"by": "cus_customer123"})
    body = shop.do(escrow_id, "release", {"conditionId": "foundation"})
    assert (body["message"], body["amountHeld"]) == ("Escrow funds released in part", 300_000)
    assert posted(payee) == Money(120_000)

    shop.do(escrow_id, "conditions/walls/satisfy")
    shop.wait(48)
    shop.do(escrow_id, "release", {"conditionId": "walls"})
    assert posted(payee) == Money(300_000)
    assert shop.do(escrow_id, "release", {"conditionId": "roof"}, status=409)["code"] == "RELEASE_CONDITIONS_NOT_MET"
    assert shop.see(escrow_id)["status"] == "FUNDED"

    shop.clock.move_to(NOW)
    shop.wait(720)
    body = shop.see(escrow_id)
    assert (body["status"], body["amountReleased"], body["amountRefunded"]) == ("RELEASED", 300_000, 120_000)
    assert posted(chart.customer_refundable("cus_customer123")) == Money(120_000)
    assert_the_books_balance()
