"""/v1/parties."""

import pytest

from compliance.api.views import EXAMPLE
from compliance.models import Party
from compliance.services import parties
from core.actors import SYSTEM
from tests.factories import api
from tests.integration.compliance.test_parties import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> api.ApiClient:
    return api.client("parties:read", "parties:write")


def test_the_documented_party_is_entered_and_read_back(client):
    made = client.post("/v1/parties", EXAMPLE)
    assert made.status_code == 201
    body = made.json()
    assert body["success"] is True
    assert {name: body[name] for name in EXAMPLE} == EXAMPLE
    assert (body["status"], body["verification"], body["livemode"]) == ("ACTIVE", "UNVERIFIED", False)
    read = client.get("/v1/parties/cus_abc123def456").json()
    assert read | {"timestamp": ""} == body | {"timestamp": ""}


def test_a_party_without_an_id_gets_one_and_a_retry_gets_the_same(client):
    first = client.post(
        "/v1/parties", {"type": "PROVIDER", "businessName": "Ada Ltd"}, headers={"Idempotency-Key": "k"}
    ).json()
    second = client.post(
        "/v1/parties", {"type": "PROVIDER", "businessName": "Ada Ltd"}, headers={"Idempotency-Key": "k"}
    ).json()
    assert first["partyId"].startswith("prov_")
    assert first["partyId"] == second["partyId"]
    assert Party.objects.count() == 1


def test_an_id_is_taken_once(client):
    client.post("/v1/parties", EXAMPLE)
    refused = client.post("/v1/parties", EXAMPLE)
    assert (refused.status_code, refused.json()["code"]) == (409, "PARTY_EXISTS")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "BANK"}, "/type"),
        ({"partyId": "a b"}, "/partyId"),
        ({"email": "nobody"}, "/email"),
        ({"dateOfBirth": "10/12/1990"}, "/dateOfBirth"),
        ({"address": {"country": "United States"}}, "/address/country"),
        ({"taxId": "1"}, "/taxId"),
    ],
)
def test_what_is_wrong_is_pointed_at(client, change, pointer):
    refused = client.post("/v1/parties", EXAMPLE | change)
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_the_list_is_newest_first_and_of_its_own_mode(client, django_assert_max_num_queries):
    for number in range(3):
        client.post("/v1/parties", {"type": "CUSTOMER", "partyId": f"cus_{number}"})
    client.post("/v1/parties", {"type": "PROVIDER", "partyId": "prov_1"})
    with django_assert_max_num_queries(2):
        page = client.get("/v1/parties?type=CUSTOMER&limit=2").json()
    assert [party["partyId"] for party in page["data"]] == ["cus_2", "cus_1"]
    assert page["hasMore"] is True
    assert api.client("parties:read", livemode=True).get("/v1/parties").json()["data"] == []


def test_why_a_party_is_blocked_is_not_told(client):
    client.post("/v1/parties", EXAMPLE)
    parties.block(party_id="cus_abc123def456", livemode=False, reason="sanctions list", actor=SYSTEM, now=NOW)
    answer = client.get("/v1/parties/cus_abc123def456")
    assert answer.json()["status"] == "BLOCKED"
    assert b"sanction" not in answer.content


def test_a_party_that_is_not_there(client):
    refused = client.get("/v1/parties/cus_none")
    assert (refused.status_code, refused.json()["code"]) == (404, "PARTY_NOT_FOUND")
