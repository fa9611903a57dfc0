"""ACH transfers over HTTP: the documented example, what is refused and why, limits, and who decides."""

from typing import Any

import pytest

from ach.models import Originator
from ach.services import entries, originators
from ach.services.originators import NewOriginator
from core import clock, ids
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.clock import FixedClock
from core.money import Currency, Money
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.staff import presence
from core.switches import services as switches
from core.switches.enums import Switch
from fraud.enums import CaseDecision, CaseOutcome
from fraud.selectors import cases as review_cases
from fraud.services import cases
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from payments.api import transfer_examples as examples
from payments.models import AccountVerification, Transfer
from payments.selectors import transfers as register
from tests.factories import ach_transfers as ach
from tests.factories import api, bank_accounts, staff
from tests.factories.ach_transfers import SELLER
from tests.factories.api import ApiClient
from tests.factories.approvals import code_of
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db

PAYABLE = chart.provider_payable(SELLER)
OUR_BANK = NewOriginator(
    name="SHOP", company_id="1234567890", odfi_routing="021000021", destination=" 021000021",
    destination_name="A BANK", origin="1234567890", origin_name="SHOP", transport="FILESYSTEM",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with clock.use(FixedClock(NOW)):
        yield


@pytest.fixture
def backend() -> ApiClient:
    return api.client("ach:read", "ach:write")


def body(**different: Any) -> dict[str, Any]:
    """460.00 of the seller's balance to the seller's own account."""
    wanted = {**examples.TRANSFER, "fromAccountId": SELLER, "toAccountId": ach.account(SELLER), "amount": 46_000}
    info = {**examples.TRANSFER["customerInfo"], "customerId": ach.known(ach.BUYER).party_id}
    wanted |= {"secCode": "PPD", "effectiveDate": None, "customerInfo": info} | different
    return {name: value for name, value in wanted.items() if value is not None}


def sign(request_id: str, person: staff.Person) -> None:
    question = ApprovalRequest.objects.get(request_id=request_id)
    approvals.sign(
        request_id=request_id, user=person.user, digest=question.digest, code=code_of(person), reason="",
        device="Firefox on Linux", origin="198.51.100.7", now=NOW, present=presence.present(),
    )  # fmt: skip


def test_the_documented_example_runs_as_printed(backend: ApiClient) -> None:
    """WEB is no class for a payout: for a receiver that nobody has entered it is corrected and said, else refused."""
    answer = backend.post("/v1/ach-transfers", examples.TRANSFER)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert ids.ACH_TRANSFER_ID.match(made["transferId"])
    expected = {
        "success": True, "status": "SUBMITTED", "amount": 250_000, "transferType": "CREDIT", "secCode": "PPD",
        "achTrackingId": None, "declineReason": None, "effectiveDate": "2024-01-16",
        "estimatedSettlement": "2026-03-03T13:30:00.000Z",
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    assert {"ACCOUNT_CREATED_UNVERIFIED:acc_provider_67890", "SEC_CORRECTED:WEB:PPD"} <= set(made["complianceFlags"])
    trail = {entry["action"]: entry for entry in made["auditTrail"]}
    nacha, ofac = trail["nacha_compliance_validation"], trail["ofac_sanctions_screening"]
    assert (nacha["details"]["errors"], nacha["details"]["complianceLevel"]) == ([], "FULL")
    assert nacha["regulatoryRequirement"] == "NACHA_OPERATING_RULES"
    assert ofac["result"] == "PASS"
    assert (ofac["details"]["isMatch"], ofac["details"]["matchScore"]) == (False, 0.0)
    assert ofac["regulatoryRequirement"] == "OFAC_SANCTIONS_COMPLIANCE"
    # A high amount for parties that nobody knows: a person decides, and the documented status has no other word for it.
    assert (made["state"], made["riskScore"]) == ("PENDING_REVIEW", 0.675)
    # And again: the sandbox's accounts are known by now, and never lack money.
    again = backend.post("/v1/ach-transfers", {**examples.TRANSFER, "secCode": "PPD"})
    assert again.status_code == 201, again.content


def test_a_transfer_is_read_listed_and_taken_back(backend: ApiClient) -> None:
    ach.balance()
    made = backend.post("/v1/ach-transfers", body(metadata={"order": "7"})).json()
    assert (made["state"], made["complianceFlags"], made["metadata"]) == ("SUBMITTED", [], {"order": "7"})
    path = f"/v1/ach-transfers/{made['transferId']}"
    assert backend.get(path).json() == made
    listed = backend.get(f"/v1/ach-transfers?payeeId={SELLER}&state=SUBMITTED&transferType=CREDIT").json()
    assert [each["transferId"] for each in listed["data"]] == [made["transferId"]]
    assert backend.get("/v1/ach-transfers?state=FAILED").json()["data"] == []
    assert ach.available(PAYABLE) == 54_000
    cancelled = backend.post(f"{path}/cancel").json()
    assert (cancelled["state"], ach.available(PAYABLE)) == ("CANCELLED", 100_000)
    assert backend.post(f"{path}/cancel").status_code == 200
    assert api.client("ach:read", livemode=True).get(path).json()["code"] == "TRANSFER_NOT_FOUND"


def test_the_same_key_moves_money_once(backend: ApiClient) -> None:
    ach.balance()
    first = backend.post("/v1/ach-transfers", body(), headers={"Idempotency-Key": "one"})
    second = backend.post("/v1/ach-transfers", body(), headers={"Idempotency-Key": "one"})
    assert (first.json(), second["Idempotent-Replayed"]) == (second.json(), "true")
    assert (Transfer.objects.count(), ach.available(PAYABLE)) == (1, 54_000)
    other = backend.post("/v1/ach-transfers", body(amount=1), headers={"Idempotency-Key": "one"})
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("different", "code", "pointer"),
    [
        ({"transferType": "RETURN"}, "NACHA_VALIDATION_FAILED", "/transferType"),
        ({"secCode": "WEB"}, "NACHA_VALIDATION_FAILED", "/secCode"),
        ({"secCode": "CCD"}, "NACHA_VALIDATION_FAILED", "/secCode"),
        ({"description": "Zahlung für März"}, "NACHA_VALIDATION_FAILED", "/description"),
        ({"companyDescription": "REVERSAL"}, "NACHA_VALIDATION_FAILED", "/companyDescription"),
        ({"escrowId": "ESC_1703123456789_ABCDEF12"}, "NACHA_VALIDATION_FAILED", "/escrowId"),
        ({"toAccountId": SELLER}, "NACHA_VALIDATION_FAILED", "/toAccountId"),
        ({"toAccountId": "ba_nobody"}, "ACCOUNT_VERIFICATION_FAILED", "/toAccountId"),
        ({"fromAccountId": "prov_nobody"}, "ACCOUNT_VERIFICATION_FAILED", "/fromAccountId"),
        ({"amount": 500_000_001}, "AMOUNT_ABOVE_LIMIT", "/amount"),
        ({"description": "x" * 81}, "INVALID_REQUEST", "/description"),
        ({"colour": "blue"}, "INVALID_REQUEST", "/colour"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    backend: ApiClient, different: dict[str, Any], code: str, pointer: str
) -> None:
    ach.balance()
    refused = backend.post("/v1/ach-transfers", body(**different)).json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == (code, pointer), refused
    assert not Transfer.objects.exists()


def test_the_right_class_is_named(backend: ApiClient) -> None:
    ach.balance()
    refused = backend.post("/v1/ach-transfers", body(secCode="WEB")).json()
    assert "PPD is right" in refused["detail"]
    returned = backend.post("/v1/ach-transfers", body(transferType="RETURN")).json()
    assert returned["detail"].startswith("RETURN_NOT_ALLOWED")


def test_a_balance_is_spent_once(backend: ApiClient) -> None:
    ach.balance(SELLER, 50_000)
    assert backend.post("/v1/ach-transfers", body()).status_code == 201
    refused = backend.post("/v1/ach-transfers", body())
    assert (refused.status_code, refused.json()["code"]) == (409, "INSUFFICIENT_BALANCE")
    assert Transfer.objects.count() == 1, "with its entry and everything else"


def test_a_name_on_a_list_is_refused_and_kept(backend: ApiClient) -> None:
    ach.balance()
    info = {**examples.TRANSFER["customerInfo"], "firstName": "Blocked", "lastName": "Entity"}
    answer = backend.post("/v1/ach-transfers", body(customerInfo=info), headers={"Idempotency-Key": "k"})
    refused = answer.json()
    assert (answer.status_code, refused["code"], refused["success"]) == (403, "OFAC_SANCTIONS_MATCH", False)
    assert refused["declineReason"] == "Transaction blocked due to sanctions screening"
    assert (refused["riskScore"], refused["transferStatus"]) == (1.0, "FAILED")
    assert "OFAC_SANCTIONS_MATCH" in refused["complianceFlags"]
    check = next(each for each in refused["auditTrail"] if each["action"] == "ofac_sanctions_screening")
    assert (check["result"], check["details"]["matchedNames"]) == ("FAIL", ["Blocked Entity"])
    assert register.get(refused["transferId"]).state == "FAILED"
    assert ach.available(PAYABLE) == 100_000
    again = backend.post("/v1/ach-transfers", body(customerInfo=info), headers={"Idempotency-Key": "k"})
    assert again.json()["transferId"] == refused["transferId"]


def test_blocked_countries_are_a_fraud_risk(backend: ApiClient) -> None:
    ach.balance()
    info = {**examples.TRANSFER["customerInfo"]}
    info["address"] = {**info["address"], "country": "KP"}
    answer = backend.post("/v1/ach-transfers", body(customerInfo=info)).json()
    assert (answer["code"], answer["declineReason"]) == (
        "HIGH_FRAUD_RISK",
        "Transaction blocked due to fraud assessment",
    )


@pytest.mark.parametrize(
    "discovered",
    ["2026-03-02T10:00:00", "2026-03-02 10:00", "2026-03-02T10:00:00.123456"],
)
def test_a_moment_without_its_offset_is_no_moment(backend: ApiClient, discovered: str) -> None:
    ach.balance()
    made = backend.post("/v1/ach-transfers", body()).json()
    said = {"cause": "DUPLICATE", "discoveredAt": discovered}
    refused = backend.post(f"/v1/ach-transfers/{made['transferId']}/reverse", said)
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
    assert refused.json()["errors"] == [
        {"pointer": "/discoveredAt", "detail": "Must have an offset from UTC, such as Z or -05:00."}
    ]
    said["discoveredAt"] = "2026-03-02T10:00:00-05:00"
    understood = backend.post(f"/v1/ach-transfers/{made['transferId']}/reverse", said)
    assert understood.json()["code"] == "TRANSFER_STATE_FORBIDS", "it never left; its moment was read"


def test_a_fault_of_ours_has_the_documented_code_and_keeps_nothing(
    backend: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rail breaks while it takes the entry. The same key is good again afterwards."""
    ach.balance()
    wanted = body()

    def broken(**_: Any) -> None:
        raise RuntimeError(wanted["toAccountId"])

    with monkeypatch.context() as broke:
        broke.setattr(entries, "submit", broken)
        refused = backend.post("/v1/ach-transfers", wanted, headers={"Idempotency-Key": "k-1"})
    answer = refused.json()
    assert (refused.status_code, answer["code"], answer["title"]) == (
        502, "ACH_PROCESSING_FAILED", "Bank processing error",
    )  # fmt: skip
    assert answer["detail"] == "it could not be handed to the bank; nothing of it was kept"
    assert (Transfer.objects.count(), ach.available(PAYABLE)) == (0, 100_000)
    assert backend.post("/v1/ach-transfers", wanted, headers={"Idempotency-Key": "k-1"}).status_code == 201


def test_where_no_bank_takes_them_nothing_is_kept(backend: ApiClient) -> None:
    ach.balance()
    Originator.objects.update(closed_at=NOW)
    refused = backend.post("/v1/ach-transfers", body())
    assert (refused.status_code, refused.json()["code"]) == (502, "ACH_PROCESSING_FAILED")
    assert refused.json()["detail"] == "no originator of test data is entered"
    assert Transfer.objects.count() == 0


def test_over_the_same_day_limit_it_goes_as_standard_and_says_why(backend: ApiClient) -> None:
    """Reviewed as well, for its amount: 1,000,000.01."""
    ach.balance(SELLER, 200_000_000)
    staff.person("CONTROLLER")
    staff.person("CONTROLLER")
    made = backend.post("/v1/ach-transfers", body(amount=100_000_001, priority="SAME_DAY")).json()
    assert made["priority"] == "STANDARD", made
    assert "SAME_DAY_DOWNGRADED:OVER_SAME_DAY_LIMIT" in made["complianceFlags"]
    check = next(each for each in made["auditTrail"] if each["action"] == "nacha_compliance_validation")
    assert "above the same-day limit of 1,000,000.00 USD" in check["details"]["priority"]
    assert made["state"] == "PENDING_REVIEW"


def test_ten_same_day_transfers_an_hour(backend: ApiClient) -> None:
    """Counted exactly, for each caller; the eleventh is told when there is room."""
    ach.balance()
    slow = api.client("ach:write", bulk=False)
    for _ in range(10):
        assert slow.post("/v1/ach-transfers", body(amount=100, priority="SAME_DAY")).status_code == 201
    refused = slow.post("/v1/ach-transfers", body(amount=100, priority="SAME_DAY"))
    assert (refused.status_code, refused.json()["code"]) == (429, "VELOCITY_LIMIT_EXCEEDED")
    assert refused["Retry-After"] == "3600"
    assert refused.json()["violatedPolicies"] == ["ach.create_same_day.per_hour"]
    # Of another customer: fraud counts those.
    standard = {**body(amount=100), "customerInfo": examples.TRANSFER["customerInfo"]}
    assert slow.post("/v1/ach-transfers", standard).status_code == 201, "standard ones have room"


def test_a_switch_stops_new_ones_and_nothing_else(backend: ApiClient) -> None:
    ach.balance()
    made = backend.post("/v1/ach-transfers", body()).json()
    switches.close(switch=Switch.ACH_TRANSFERS, reason="drill", actor=Actor("STAFF", "a@b.example"), now=NOW)
    refused = backend.post("/v1/ach-transfers", body())
    assert (refused.status_code, refused.json()["code"]) == (503, "OPERATION_SUSPENDED")
    assert backend.post(f"/v1/ach-transfers/{made['transferId']}/cancel").status_code == 200


@pytest.mark.parametrize(
    ("decision", "state", "left"), [("APPROVE", "SUBMITTED", 880_000), ("DECLINE", "FAILED", 1_000_000)]
)
def test_a_doubtful_one_waits_for_a_person(backend: ApiClient, decision: str, state: str, left: int) -> None:
    ach.balance(SELLER, 1_000_000)
    made = backend.post("/v1/ach-transfers", body(amount=120_000)).json()
    assert (made["state"], made["status"]) == ("PENDING_REVIEW", "SUBMITTED")
    transfer = register.get(made["transferId"])
    assert ach.entry_of(transfer).state == "HELD"
    assert ach.available(PAYABLE) == 880_000
    case = review_cases.find_for_payment(payment_id=transfer.public_id)
    assert case is not None
    analyst = staff.person("FRAUD_ANALYST").user.actor()
    cases.claim(case_id=case.case_id, actor=analyst, now=NOW)
    cases.decide(
        case_id=case.case_id, decision=CaseDecision(decision), outcome=CaseOutcome.UNDETERMINED, reason="I called them",
        actor=analyst, now=NOW,
    )  # fmt: skip
    outbox.drain(now=NOW)
    after = register.get(transfer.public_id)
    assert (after.state, ach.available(PAYABLE)) == (state, left)
    assert ach.entry_of(transfer).state == ("WAITING" if state == "SUBMITTED" else "CANCELLED")


def test_a_large_one_waits_for_a_signature(backend: ApiClient) -> None:
    """With signatures from 400.00: signed it goes, denied it fails and its money is free."""
    parameters.change(
        name="payments.ach_approval_from_minor", value=40_000, effective_from=NOW, reason="for the test", actor=SYSTEM,
        now=NOW,
    )  # fmt: skip
    controller = staff.person("CONTROLLER")
    ach.balance()
    made = backend.post("/v1/ach-transfers", body()).json()
    assert (made["state"], made["stateReason"]) == ("PENDING_APPROVAL", "the amount asks for signatures")
    transfer = register.get(made["transferId"])
    sign(transfer.approval_id, controller)
    assert (register.get(transfer.public_id).state, ach.entry_of(transfer).state) == ("SUBMITTED", "WAITING")
    other = backend.post("/v1/ach-transfers", body(amount=40_001)).json()
    backend.post(f"/v1/ach-transfers/{other['transferId']}/cancel")
    question = ApprovalRequest.objects.get(request_id=register.get(other["transferId"]).approval_id)
    assert (question.state, ach.available(PAYABLE)) == ("VOIDED", 54_000)


def test_live_data_ask_for_a_verified_account_and_a_person_where_no_list_is_imported() -> None:
    live = api.client("ach:write", "bank-accounts:write", livemode=True)
    people = bank_accounts.signers()
    account = bank_accounts.signed(bank_accounts.entered(SELLER, now=NOW), *people)
    bank_accounts.party(ach.BUYER, livemode=True)
    originators.enter(new=OUR_BANK, livemode=True, actor=SYSTEM, now=NOW)
    amount = Money(46_000, Currency.USD)
    journal.post(
        book="live", kind="tests.earned", legs=[Leg.debit(chart.BANK_TRUST, amount), Leg.credit(PAYABLE, amount)],
        reference=SELLER, idempotency_key="earned", effective_at=NOW, now=NOW,
    )  # fmt: skip
    wanted = {**body(), "toAccountId": account.account_id}
    refused = live.post("/v1/ach-transfers", wanted).json()
    assert (refused["code"], refused["detail"]) == (
        "ACCOUNT_VERIFICATION_FAILED", f"{account.account_id} is not verified",
    )  # fmt: skip
    named = {"method": "TRUSTED_SOURCE", "trustedSource": "bank letter", "sourceReference": "doc_17"}
    asked = live.post(f"/v1/bank-accounts/{account.account_id}/verifications", named).json()
    for person in people:
        sign(AccountVerification.objects.get(public_id=asked["verificationId"]).approval_id, person)
    made = live.post("/v1/ach-transfers", wanted).json()
    assert (made["state"], made["stateReason"]) == (
        "PENDING_REVIEW", "no sanctions list says anything of the names",
    ), made  # fmt: skip
    assert made["complianceFlags"] == ["SANCTIONS_NOT_SCREENED"]
    unknown = live.post("/v1/ach-transfers", examples.TRANSFER).json()
    assert unknown["code"] == "PARTY_NOT_FOUND"
