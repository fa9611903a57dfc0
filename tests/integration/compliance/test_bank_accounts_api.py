"""/v1/bank-accounts: what goes in, what comes out, whose it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from compliance.api.bank_accounts import EXAMPLE, BankAccountsView
from compliance.models import BankAccount
from compliance.selectors import bank_accounts as register
from core import clock
from core.approvals.models import ApprovalRequest
from core.clock import FixedClock
from core.idempotency.models import IdempotentRequest
from core.oidc import issuers, keysets
from core.oidc.enums import Standing
from core.oidc.users import User
from core.parameters import services as parameters
from tests import plans
from tests.factories import api, oidc
from tests.factories import bank_accounts as factory
from tests.factories.bank_accounts import PROVIDER
from tests.factories.oidc import Provider
from tests.functional.test_whose_it_is import grant_everything

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SCOPES = ("bank-accounts:read", "bank-accounts:write")
NUMBER = EXAMPLE["accountNumber"]


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with clock.use(FixedClock(NOW)):
        yield


@pytest.fixture
def client() -> api.ApiClient:
    factory.party()
    return api.client(*SCOPES)


@pytest.fixture
def idp() -> Iterator[Provider]:
    issuers.forget_cache()
    keysets.forget()
    with oidc.provider() as served:
        served.accept()
        yield served


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    return body


def test_the_documented_account_is_entered_and_read_back_without_its_number(client: api.ApiClient) -> None:
    made = client.post("/v1/bank-accounts", EXAMPLE)
    assert made.status_code == 201
    body = made.json()
    told = {name: value for name, value in EXAMPLE.items() if name != "accountNumber"}
    assert {name: body[name] for name in told} == told
    assert (body["status"], body["last4"], body["livemode"]) == ("ACTIVE", "6789", False)
    assert body["activeFrom"] == body["activatedAt"] == body["createdAt"] == "2026-03-02T15:00:00.000Z"
    assert NUMBER not in made.content.decode()
    read = client.get(f"/v1/bank-accounts/{body['accountId']}").json()
    assert read == body
    [row] = client.get("/v1/bank-accounts").json()["data"]
    assert row == {name: value for name, value in body.items() if name not in ("success", "timestamp")}


def test_a_live_account_waits_for_its_signatures() -> None:
    factory.signers()
    factory.party(livemode=True)
    body = api.client(*SCOPES, livemode=True).post("/v1/bank-accounts", EXAMPLE).json()
    assert (body["status"], body["activeFrom"], body["activatedAt"]) == ("PENDING", None, None)
    asked = ApprovalRequest.objects.get(subject=body["accountId"])
    assert (asked.action, asked.state) == ("compliance.change_payout_account", "PENDING")


def test_where_nobody_could_sign_nothing_is_entered(client: api.ApiClient) -> None:
    client.post("/v1/bank-accounts", EXAMPLE)
    second = client.post("/v1/bank-accounts", {**EXAMPLE, "accountNumber": "5556667778"})
    refused(second, 409, "APPROVAL_WITHOUT_SIGNERS")
    assert BankAccount.objects.count() == 1


def test_sent_twice_it_is_entered_once_and_another_number_is_another_request(client: api.ApiClient) -> None:
    key = {"Idempotency-Key": "k"}
    first = client.post("/v1/bank-accounts", EXAMPLE, headers=key)
    again = client.post("/v1/bank-accounts", EXAMPLE, headers=key)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    other = client.post("/v1/bank-accounts", {**EXAMPLE, "accountNumber": "000123456780"}, headers=key)
    assert other.status_code == 422, other.content
    assert BankAccount.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code", "pointers"),
    [
        ({"routingNumber": "021000022"}, "INVALID_BANK_ACCOUNT", ["/routingNumber"]),
        ({"routingNumber": "02100002"}, "INVALID_BANK_ACCOUNT", ["/routingNumber"]),
        ({"accountNumber": "12 345 678"}, "INVALID_BANK_ACCOUNT", ["/accountNumber"]),
        ({"accountNumber": ""}, "INVALID_BANK_ACCOUNT", ["/accountNumber"]),
        ({"accountNumber": "1" * 18}, "INVALID_BANK_ACCOUNT", ["/accountNumber"]),
        ({"accountHolderName": f"Jane {NUMBER}"}, "INVALID_BANK_ACCOUNT", ["/accountHolderName"]),
        (
            {"routingNumber": "1", "accountNumber": "1"},
            "INVALID_BANK_ACCOUNT",
            ["/routingNumber", "/accountNumber"],
        ),
        ({"accountNumber": 123456789}, "INVALID_REQUEST", ["/accountNumber"]),
        ({"accountType": "PIGGY"}, "INVALID_REQUEST", ["/accountType"]),
        ({"partyId": "a b"}, "INVALID_REQUEST", ["/partyId"]),
        ({"iban": "DE89370400440532013000"}, "INVALID_REQUEST", ["/iban"]),
    ],
)
def test_what_is_wrong_is_pointed_at_and_not_repeated(
    client: api.ApiClient, change: dict[str, Any], code: str, pointers: list[str]
) -> None:
    answer = client.post("/v1/bank-accounts", {**EXAMPLE, **change})
    body = refused(answer, 400, code)
    assert [error["pointer"] for error in body["errors"]] == pointers
    sent = str(change.get("accountNumber", NUMBER))
    assert len(sent) < 4 or sent not in answer.content.decode()
    assert not BankAccount.objects.exists()
    assert not IdempotentRequest.objects.exists()


def test_a_number_that_looks_like_a_cards_is_a_number_of_an_account_all_the_same(client: api.ApiClient) -> None:
    answer = client.post("/v1/bank-accounts", {**EXAMPLE, "accountNumber": "4242424242424242"})
    assert (answer.status_code, answer.json()["last4"]) == (201, "4242")


def test_a_stranger_has_no_account(client: api.ApiClient) -> None:
    refused(client.post("/v1/bank-accounts", {**EXAMPLE, "partyId": "prov_unknown"}), 404, "PARTY_NOT_FOUND")


def test_it_is_ended_once(client: api.ApiClient) -> None:
    account_id = client.post("/v1/bank-accounts", EXAMPLE).json()["accountId"]
    ended = client.post(f"/v1/bank-accounts/{account_id}/retire")
    assert (ended.status_code, ended.json()["status"]) == (200, "RETIRED")
    assert ended.json()["endedAt"] is not None
    refused(client.post(f"/v1/bank-accounts/{account_id}/retire"), 409, "BANK_ACCOUNT_IS_OVER")
    refused(client.post("/v1/bank-accounts/ba_unknown/retire"), 404, "BANK_ACCOUNT_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("GET", "/ba_1"), ("POST", "/ba_1/retire")],
)
def test_each_needs_its_scope(method: str, path: str) -> None:
    scope = "bank-accounts:write" if method == "GET" else "bank-accounts:read"
    answer = api.client(scope).generic(method, f"/v1/bank-accounts{path}", "{}" if method == "POST" else "")
    refused(answer, 403, "INSUFFICIENT_SCOPE")


def test_a_list_is_narrowed_by_party_status_and_time(client: api.ApiClient) -> None:
    factory.signers()
    mine, other = factory.active(), factory.active("prov_other")
    waiting = factory.entered(livemode=False)
    for query, expected in (
        (f"partyId={PROVIDER}", {mine.account_id, waiting.account_id}),
        ("status=ACTIVE", {mine.account_id, other.account_id}),
        (f"partyId={PROVIDER}&status=PENDING", {waiting.account_id}),
        ("createdAt[lt]=2026-03-02", set()),
    ):
        rows = client.get(f"/v1/bank-accounts?{query}").json()["data"]
        assert {row["accountId"] for row in rows} == expected, query


def test_a_list_costs_the_same_whatever_its_length(client: api.ApiClient, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        factory.active(f"prov_{number}")
    client.get("/v1/bank-accounts")
    with django_assert_max_num_queries(3):
        assert len(client.get("/v1/bank-accounts").json()["data"]) == 12


def test_providers_and_customers_see_their_own_and_change_nothing(idp: Provider) -> None:
    mine, theirs = factory.active(), factory.active("cus_other")
    grant_everything()
    ben = oidc.user(idp, party=PROVIDER, groups=["Provider"])
    assert [row["accountId"] for row in ben.get("/v1/bank-accounts").json()["data"]] == [mine.account_id]
    assert ben.get(f"/v1/bank-accounts/{mine.account_id}").status_code == 200
    refused(ben.get(f"/v1/bank-accounts/{theirs.account_id}"), 404, "BANK_ACCOUNT_NOT_FOUND")
    refused(ben.post("/v1/bank-accounts", EXAMPLE), 403, "NOT_FOR_USERS")
    refused(ben.post(f"/v1/bank-accounts/{mine.account_id}/retire"), 403, "NOT_FOR_USERS")
    eve = oidc.user(idp, groups=["Admin"], sub="eve")
    assert len(eve.get("/v1/bank-accounts").json()["data"]) == 2


def test_providers_have_the_scope_to_see_them_as_shipped(idp: Provider) -> None:
    mine = factory.active()
    assert "bank-accounts:read" in parameters.read("oidc.scopes", at=NOW)["PROVIDER"]
    ben = oidc.user(idp, party=PROVIDER, groups=["Provider"])
    assert ben.get(f"/v1/bank-accounts/{mine.account_id}").status_code == 200


class TestIndexes:
    def test_an_own_list_is_walked_along_its_index(self) -> None:
        somebody = User("pool", "sub", False, Standing.PROVIDER, PROVIDER, frozenset())
        rows = BankAccountsView.owned_by["GET"].narrow(register.all_of(livemode=False), somebody)
        [statement] = plans.statements(lambda: list(rows.order_by("-created_at", "-pk")[:26]), "compliance_bankaccount")
        used = {node.get("Index Name") for node in plans.nodes(statement)}
        assert "bank_account_by_party" in used
        assert not [node for node in plans.nodes(statement) if node["Node Type"] in ("Seq Scan", "Sort")]

    @pytest.mark.parametrize(
        ("read", "index"),
        [
            (lambda: register.list_due(now=NOW, limit=10), "bank_account_cooling_off"),
            (lambda: register.list_sharing(["a" * 64]), "bank_account_by_fingerprint"),
            (lambda: list(register.list_newest(livemode=False).order_by("-created_at", "-id")[:51]), "newest_first"),
            (
                lambda: list(register.list_newest(livemode=False, state="ACTIVE").order_by("-created_at", "-id")[:51]),
                "bank_account_by_state",
            ),
        ],
    )
    def test_what_is_read_often_is_read_by_index(self, read: Any, index: str) -> None:
        [statement] = plans.statements(read, "compliance_bankaccount")
        found = plans.nodes(statement)
        assert any(index in str(node.get("Index Name")) for node in found)
        assert not [node for node in found if node["Node Type"] in ("Seq Scan", "Sort")]
