"""The API describes itself truthfully, offline, and the committed description is the current one."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from core.api import documents
from tests.integration.core.api import shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def described() -> dict:
    """The shelf's own document."""
    with GENERATOR_STATS.silence():
        document = SchemaGenerator(patterns=shelf.described).get_schema(public=True)
        assert not GENERATOR_STATS, dict(GENERATOR_STATS._warn_cache) | dict(GENERATOR_STATS._error_cache)
    validate_schema(document)
    return document


def test_the_committed_description_is_what_the_code_says() -> None:
    call_command("openapi", check=True)


def test_an_outdated_description_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "openapi_text", lambda: "{}\n")
    with pytest.raises(CommandError, match="out of date"):
        call_command("openapi", check=True)


def test_the_description_is_valid_openapi_and_made_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


def test_names_are_wire_names(described: dict) -> None:
    book = described["components"]["schemas"]["BookRequest"]
    assert book["required"] == ["amount", "bookTitle"]
    assert set(book["properties"]) >= {"bookTitle", "mainAuthor", "keyWords", "shelfId"}
    assert "/v1/keys/{keyId}" in described["paths"]
    assert described["paths"]["/v1/keys/{keyId}"]["get"]["parameters"][0]["name"] == "keyId"


def test_bodies_are_closed_and_answers_open(described: dict) -> None:
    schemas = described["components"]["schemas"]
    assert schemas["BookRequest"]["additionalProperties"] is False
    assert schemas["AuthorRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Book"]


def test_fields_say_what_they_refuse(described: dict) -> None:
    properties = described["components"]["schemas"]["BookRequest"]["properties"]
    assert properties["amount"] == {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}
    assert properties["isbn"]["pattern"] == "^[0-9]+$"
    assert properties["shelfId"]["pattern"] == "^SH_[0-9]{4}$"
    assert properties["metadata"]["maxProperties"] == 50


def test_an_operation_shows_scope_rate_key_and_problems(described: dict) -> None:
    operation = described["paths"]["/v1/books"]["post"]
    assert operation["operationId"] == "createBook"
    assert operation["security"] == [{"apiKey": ["books:write"]}]
    assert operation["x-rate-limit"] == "payments.create"
    assert operation["parameters"][0]["name"] == "Idempotency-Key"
    assert operation["parameters"][0]["required"] is True
    assert set(operation["responses"]) == {
        "201",
        "400",
        "401",
        "403",
        "409",
        "411",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
    }
    assert "SHELF_IS_FULL" in operation["responses"]["409"]["description"]
    problem = operation["responses"]["409"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}


def test_a_list_shows_its_filters_and_its_page(described: dict) -> None:
    operation = described["paths"]["/v1/keys"]["get"]
    names = [parameter["name"] for parameter in operation["parameters"]]
    assert names[:4] == ["limit", "cursor", "throttleClass", "name"]
    assert "createdAt[gte]" in names
    page = described["components"]["schemas"]["KeyPage"]
    assert page["required"] == ["data", "hasMore", "nextCursor"]


def test_the_schema_is_served_as_json_and_as_yaml() -> None:
    client = Client()
    for response in (
        client.get("/v1/schema?format=json"),
        client.get("/v1/schema", headers={"Accept": "application/json"}),
    ):
        assert response["Content-Type"] == "application/vnd.oai.openapi+json"
        assert json.loads(response.content)["openapi"] == "3.1.1"
    for response in (
        client.get("/v1/schema?format=yaml"),
        client.get("/v1/schema", headers={"Accept": "application/yaml"}),
    ):
        assert response.content.startswith(b"openapi: 3.1.1")


@pytest.mark.parametrize("address", ["/v1/docs", "/v1/docs/errors"])
def test_the_pages_hold_no_inline_script_or_style_and_load_nothing_from_elsewhere(address: str) -> None:
    response = Client().get(address)
    page = response.content.decode()
    assert "'unsafe" not in response["Content-Security-Policy"]
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_every_code_has_its_anchor_and_its_meaning() -> None:
    page = Client().get("/v1/docs/errors").content.decode()
    for code in ("AUTHENTICATION_REQUIRED", "IDEMPOTENCY_KEY_REUSED", "INVALID_REQUEST", "RATE_LIMIT_EXCEEDED"):
        assert f'id="{code}"' in page
    assert "Retry-After" in page
