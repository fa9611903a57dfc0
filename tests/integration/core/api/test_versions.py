"""Versions of the API: a client goes on speaking the one it learned. The shelf gets two more for these tests."""

from typing import Any

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.api import versions
from core.api.models import ApiKey
from core.api.versions import Change, Version
from core.parameters import services as parameters
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]

FIRST, SECOND, THIRD = "2026-11-01", "2027-02-01", "2027-05-01"


def price_is_an_amount(body: dict[str, Any]) -> dict[str, Any]:
    """In the first version a book had a `price`."""
    return {"amount" if name == "price" else name: value for name, value in body.items()}


def amount_was_a_price(body: dict[str, Any]) -> dict[str, Any]:
    book = {"price" if name == "amount" else name: value for name, value in body["book"].items()}
    return body | {"book": book}


def title_was_in_capitals(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"book": body["book"] | {"bookTitle": body["book"]["bookTitle"].upper()}}


@pytest.fixture(autouse=True)
def _two_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        versions,
        "VERSIONS",
        (
            Version(THIRD, (Change("titles as written", ("createBook",), response=title_was_in_capitals),)),
            Version(SECOND, (Change("amount", ("createBook",), price_is_an_amount, amount_was_a_price),)),
            Version(FIRST),
        ),
    )
    versions.declare(versions.VERSIONS)


def client(pinned: str) -> api.ApiClient:
    made = api.client("books:read", "books:write")
    ApiKey.objects.filter(pk=made.key.pk).update(api_version=pinned)
    return made


def book(client: api.ApiClient, body: dict[str, Any], version: str = "") -> Any:
    return client.post("/v1/books", body, headers={"API-Version": version} if version else {})


def test_a_new_key_speaks_the_newest() -> None:
    answer = book(api.client("books:write"), {"bookTitle": "Atlas", "amount": 5})
    assert answer["API-Version"] == THIRD
    assert answer.json()["book"]["bookTitle"] == "Atlas"


def test_an_old_key_sends_and_reads_what_it_always_did() -> None:
    answer = book(client(FIRST), {"bookTitle": "Atlas", "price": 5})
    assert (answer.status_code, answer["API-Version"]) == (201, FIRST)
    assert answer.json()["book"] == {"bookTitle": "ATLAS", "price": 5, "currency": "USD"}


def test_one_between_passes_the_later_change_only() -> None:
    answer = book(client(SECOND), {"bookTitle": "Atlas", "amount": 5})
    assert answer.json()["book"] == {"bookTitle": "ATLAS", "amount": 5, "currency": "USD"}


def test_the_header_goes_before_the_key_for_one_request() -> None:
    old = client(FIRST)
    assert book(old, {"bookTitle": "Atlas", "amount": 5}, version=THIRD).json()["book"]["amount"] == 5
    refused = book(old, {"bookTitle": "Atlas", "amount": 5})
    assert refused.status_code == 201  # a name of later days in an old body: the old reader knew no better


def test_other_operations_are_left_alone() -> None:
    assert client(FIRST).get("/v1/books").json()["livemode"] is False


@pytest.mark.parametrize("named", ["2026-11-02", "newest", "", "1"])
def test_an_unknown_version_is_refused_and_the_known_ones_named(named: str) -> None:
    answer = client(FIRST).get("/v1/books", headers={"API-Version": named})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "UNKNOWN_API_VERSION"
    assert problem["detail"] == f"This API speaks {THIRD}, {SECOND}, {FIRST}."


def test_a_problem_says_which_version_was_spoken() -> None:
    answer = book(client(FIRST), {"bookTitle": "Atlas"})
    assert (answer.status_code, answer["API-Version"]) == (400, FIRST)


def test_an_end_is_announced_from_the_day_it_is_decided() -> None:
    old, now = client(FIRST), timezone.now()
    assert "Deprecation" not in old.get("/v1/books")
    for end, day in (("deprecated_on", "2027-06-01"), ("sunset_on", "2028-06-01")):
        parameters.change(
            name=f"api.version.{FIRST}.{end}", value=day, effective_from=now, reason="t", actor=SYSTEM, now=now
        )
    answer = old.get("/v1/books")
    assert answer["Deprecation"] == "@1811808000"  # 2027-06-01T00:00:00Z
    assert answer["Sunset"] == "Thu, 01 Jun 2028 00:00:00 GMT"
    assert 'rel="deprecation"' in answer["Link"]
    assert "Deprecation" not in api.client("books:read").get("/v1/books")


def test_an_end_is_a_date() -> None:
    now = timezone.now()
    with pytest.raises(parameters.UnableToSetParameter, match="is a date"):
        parameters.change(
            name=f"api.version.{FIRST}.sunset_on", value="soon", effective_from=now, reason="t", actor=SYSTEM, now=now
        )


def test_a_replayed_answer_is_told_in_the_version_of_whoever_asks() -> None:
    """The kept answer is the newest's; each caller gets it in its own terms."""
    versions.VERSIONS = (
        Version(THIRD, (Change("id", ("createNote",), response=lambda body: {"id": body["noteId"]}),)),
        *versions.VERSIONS[1:],
    )
    writer = client(SECOND)
    headers = {"Idempotency-Key": f"note-{timezone.now().timestamp()}"}
    first, again = (writer.post("/v1/notes", {"text": "x"}, headers=headers) for _ in range(2))
    newest = writer.post("/v1/notes", {"text": "x"}, headers={**headers, "API-Version": THIRD})
    assert again["Idempotent-Replayed"] == newest["Idempotent-Replayed"] == "true"
    assert first.json() == again.json() == {"id": newest.json()["noteId"]}
