"""A POST sent twice has one effect and one answer."""

import json
import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from core.api.models import ApiKey
from core.idempotency.models import IdempotentRequest
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]
KEY = {"Idempotency-Key": "order-12345"}


def notes() -> int:
    return ApiKey.objects.filter(name="note").count()


def test_the_same_request_again_is_answered_the_same_and_does_nothing() -> None:
    client = api.client("books:write")
    first = client.post("/v1/notes", {"text": "a"}, headers=KEY)
    second = client.post("/v1/notes", {"text": "a"}, headers=KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert notes() == 1


def test_names_in_another_order_are_the_same_request() -> None:
    client = api.client("books:write")
    client.post("/v1/notes", '{"text": "a", "metadata": {"x": 1, "y": 2}}', headers=KEY)
    again = client.post("/v1/notes", '{ "metadata": {"y": 2, "x": 1}, "text": "a" }', headers=KEY)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/v1/notes", {"text": "b"}),
        ("/v1/notes", {"text": "a", "metadata": {}}),
        ("/v1/other-notes", {"text": "a"}),
    ],
)
def test_another_request_under_the_same_key_is_refused(address: str, body: dict[str, Any]) -> None:
    client = api.client("books:write")
    client.post("/v1/notes", {"text": "a"}, headers=KEY)
    response = client.post(address, body, headers=KEY)
    assert (response.status_code, response.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert notes() == 1


def test_a_refusal_leaves_the_key_free() -> None:
    """Neither a malformed request nor a refused effect burns the key."""
    client = api.client("books:write")
    assert client.post("/v1/notes", {"text": 1}, headers=KEY).status_code == 400
    assert client.post("/v1/notes", {"text": "refuse"}, headers=KEY).status_code == 409
    assert IdempotentRequest.objects.count() == 0
    assert client.post("/v1/notes", {"text": "a"}, headers=KEY).status_code == 201


def test_another_account_and_the_other_mode_have_their_own_keys() -> None:
    for client in (
        api.client("books:write"),
        api.client("books:write", account="partner"),
        api.client("books:write", livemode=True),
    ):
        response = client.post("/v1/notes", {"text": "a"}, headers=KEY)
        assert "Idempotent-Replayed" not in response
    assert notes() == 3


def test_an_account_may_change_its_api_key_between_two_tries() -> None:
    api.client("books:write").post("/v1/notes", {"text": "a"}, headers=KEY)
    again = api.client("books:write").post("/v1/notes", {"text": "a"}, headers=KEY)
    assert again["Idempotent-Replayed"] == "true"
    assert notes() == 1


def test_the_kept_hash_is_keyed() -> None:
    """A bare SHA-256 of the body would let anybody who reads the table search for the card number in it."""
    import hashlib

    client = api.client("books:write")
    client.post("/v1/notes", {"text": "a"}, headers=KEY)
    kept = bytes(IdempotentRequest.objects.get().request_hash)
    for guess in (b'{"text":"a"}', b'{"text": "a"}', b'POST\x00/v1/notes\x00{"text":"a"}'):
        assert hashlib.sha256(guess).digest() != kept
    assert len(kept) == 32


def test_a_key_that_holds_a_card_number_is_refused() -> None:
    response = api.client("books:write").post(
        "/v1/notes", {"text": "a"}, headers={"Idempotency-Key": "4242-4242-4242-4242"}
    )
    assert (response.status_code, response.json()["code"]) == (400, "IDEMPOTENCY_KEY_REQUIRED")
    assert IdempotentRequest.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_have_one_effect() -> None:
    """Each answer is the first one's, or 409 to be sent again; afterwards all replay."""
    client = api.client("books:write")
    client.post("/v1/notes", {"text": "warm"})
    before = notes()
    barrier, lock = threading.Barrier(50), threading.Lock()
    answers: Counter[tuple[int, str]] = Counter()

    def run() -> None:
        mine = api.ApiClient(client.key, client.secret)
        barrier.wait()
        response = mine.post("/v1/notes", {"text": "race"}, headers=KEY)
        body = response.json()
        with lock:
            answers[response.status_code, body.get("noteId", body.get("code"))] += 1
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes() == before + 1
    created = [note for status, note in answers if status == 201]
    assert len(created) == 1, answers
    assert set(answers) <= {(201, created[0]), (409, "REQUEST_IN_FLIGHT")}, answers
    final = client.post("/v1/notes", {"text": "race"}, headers=KEY)
    assert (final.json()["noteId"], final["Idempotent-Replayed"]) == (created[0], "true")


def test_a_stored_failure_is_a_problem_again() -> None:
    client = api.client("books:write")
    first = client.post("/v1/notes", {"text": "fail"}, headers=KEY)
    second = client.post("/v1/notes", {"text": "fail"}, headers=KEY)
    assert (first.status_code, second.status_code) == (402, 402)
    assert second["Content-Type"] == "application/problem+json"
    assert json.loads(second.content) == json.loads(first.content)
