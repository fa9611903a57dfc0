"""What every endpoint of the API has in common, shown on a shelf of books."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.actors import SYSTEM
from core.api import keys
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]


@pytest.fixture
def client() -> api.ApiClient:
    return api.client("books:read", "books:write")


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response.json().get("code")) == (status, code), response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["type"] == f"/v1/docs/errors#{code}"
    assert body["status"] == status
    assert body["success"] is False
    assert body["error"] == body["detail"]
    assert body["timestamp"].endswith("Z")
    return body


def faults(response: Any) -> dict[str, str]:
    return {error["pointer"]: error["detail"] for error in problem(response, 400, "INVALID_REQUEST")["errors"]}


class TestAuthentication:
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic c2s6", "Bearer sk_test_wrong", "Bearer \udcff"])
    def test_without_a_good_key_the_answer_is_401_with_a_challenge(self, header: str) -> None:
        response = Client().get("/v1/books", HTTP_AUTHORIZATION=header)
        problem(response, 401, "AUTHENTICATION_REQUIRED")
        assert response["WWW-Authenticate"].startswith('Bearer realm="holdfast"')

    def test_the_view_learns_who_calls_and_in_which_mode(self, client: api.ApiClient) -> None:
        assert client.get("/v1/books").json() == {"actorId": client.key.public_id, "livemode": False}
        live = api.client("books:read", livemode=True)
        assert live.get("/v1/books").json()["livemode"] is True

    def test_a_key_ends_at_its_expiry(self) -> None:
        start = clock.now()
        moving = clock.FixedClock(start)
        with clock.use(moving):
            client = api.client("books:read", expires_at=start + timedelta(hours=1))
            moving.advance(timedelta(minutes=59))
            assert client.get("/v1/books").status_code == 200
            moving.advance(timedelta(minutes=1))
            problem(client.get("/v1/books"), 401, "AUTHENTICATION_REQUIRED")

    def test_a_revoked_key_ends_at_once_in_this_process(self, client: api.ApiClient) -> None:
        assert client.get("/v1/books").status_code == 200
        keys.revoke(key_id=client.key.public_id, actor=SYSTEM, now=clock.now())
        problem(client.get("/v1/books"), 401, "AUTHENTICATION_REQUIRED")

    def test_a_key_is_read_from_the_database_once_in_five_seconds(
        self, client: api.ApiClient, django_assert_num_queries: Any
    ) -> None:
        client.get("/v1/books")
        with django_assert_num_queries(0):
            client.get("/v1/books")

    def test_the_secret_is_in_no_log_line(self, client: api.ApiClient, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            client.get("/v1/books")
            client.get("/v1/failures/down")
        assert client.secret not in caplog.text


class TestScopes:
    def test_a_key_without_the_scope_is_refused_and_told_which(self) -> None:
        body = problem(api.client("books:read").post("/v1/books", {}), 403, "INSUFFICIENT_SCOPE")
        assert body["detail"] == "This operation needs the scope books:write."

    def test_a_method_that_declares_no_scope_is_closed_to_everybody(self, client: api.ApiClient) -> None:
        problem(client.get("/v1/undeclared"), 403, "INSUFFICIENT_SCOPE")


class TestAddresses:
    def test_unknown_addresses_and_methods_are_problems_too(self, client: api.ApiClient) -> None:
        problem(client.get("/v1/nothing/here"), 404, "NOT_FOUND")
        problem(client.post("/v1/nothing/here"), 404, "NOT_FOUND")
        response = client.delete("/v1/books")
        problem(response, 405, "METHOD_NOT_ALLOWED")
        assert response["Allow"] == "GET, POST, HEAD"
        problem(client.options("/v1/books"), 405, "METHOD_NOT_ALLOWED")
        problem(client.generic("TRACE", "/v1/books"), 405, "METHOD_NOT_ALLOWED")

    @pytest.mark.urls("config.urls")
    def test_outside_the_api_pages_are_pages(self) -> None:
        client = api.client("payments:read")
        assert client.get("/elsewhere")["Content-Type"].startswith("text/html")

    def test_whatever_accept_says_the_answer_is_json(self, client: api.ApiClient) -> None:
        response = client.get("/v1/books", headers={"Accept": "text/html"})
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")

    def test_the_api_knows_no_session(self, client: api.ApiClient) -> None:
        """The middlewares of the pages are not on the way: nothing is read from a cookie, nothing set."""
        response = client.get("/v1/books", headers={"Cookie": "sessionid=x; csrftoken=y"})
        assert response.status_code == 200
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
        assert response["Request-Id"].startswith("req_")
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_head_is_get_without_a_body(self, client: api.ApiClient) -> None:
        response = client.head("/v1/books")
        assert (response.status_code, response.content) == (200, b"")


class TestIdempotencyKeyHeader:
    def test_a_post_without_a_key_is_refused(self, client: api.ApiClient) -> None:
        response = client.post("/v1/books", {}, headers={"Idempotency-Key": ""})
        problem(response, 400, "IDEMPOTENCY_KEY_REQUIRED")

    @pytest.mark.parametrize("key", ["a" * 256, "with space", "tab\t", "é", "\x7f"])
    def test_a_key_has_1_to_255_visible_ascii_characters(self, client: api.ApiClient, key: str) -> None:
        response = client.post("/v1/books", {}, headers={"Idempotency-Key": key})
        problem(response, 400, "IDEMPOTENCY_KEY_REQUIRED")

    def test_255_characters_are_allowed(self, client: api.ApiClient) -> None:
        body = {"bookTitle": "x", "amount": 1}
        assert client.post("/v1/books", body, headers={"Idempotency-Key": "~" * 255}).status_code == 201


class TestBodies:
    def test_names_are_camel_case_outside_and_snake_case_inside(self, client: api.ApiClient) -> None:
        body = {
            "bookTitle": "Atlas",
            "amount": 2**63 - 1,
            "isNew": True,
            "shelfKind": "OPEN",
            "mainAuthor": {"firstName": "Ada", "birthDate": "1815-12-10"},
            "otherAuthors": [{"firstName": "Bo"}],
            "keyWords": ["sea"],
            "metadata": {"order_id": "12345", "Any-Case": {"left_alone": 1}},
            "currency": "EUR",
        }
        response = client.post("/v1/books", body)
        assert response.status_code == 201, response.content
        assert response.json()["book"] == body

    def test_all_faults_come_at_once_each_with_its_pointer(self, client: api.ApiClient) -> None:
        body = {
            "bookTitle": 3,
            "unknown": 1,
            "book_title": "snake",
            "isNew": "yes",
            "shelfKind": "HALF",
            "mainAuthor": {"firstName": "Ada", "birthDate": "٢٠٢٤-01-01"},
            "otherAuthors": [{"firstName": "Bo"}, {"firstName": None, "a/b": 1}],
            "keyWords": ["sea", 3],
            "metadata": [],
        }
        assert faults(client.post("/v1/books", body)) == {
            "/bookTitle": "Must be a JSON string.",
            "/amount": "This field is required.",
            "/isNew": "Must be a JSON boolean.",
            "/shelfKind": "Must be one of OPEN, LOCKED.",
            "/mainAuthor/birthDate": "Must hold ASCII digits.",
            "/otherAuthors/1/firstName": "This field may not be null.",
            "/otherAuthors/1/a~1b": "Unknown field.",
            "/keyWords/1": "Must be a JSON string.",
            "/metadata": "Must be a JSON object.",
            "/unknown": "Unknown field.",
            "/book_title": "Unknown field.",
        }

    def test_a_default_does_not_hide_an_unknown_field(self, client: api.ApiClient) -> None:
        body = {"bookTitle": "Atlas", "amount": 1, "amout": 2}
        assert faults(client.post("/v1/books", body)) == {"/amout": "Unknown field."}

    def test_a_rule_over_several_fields_points_at_the_wire_name(self, client: api.ApiClient) -> None:
        body = {"bookTitle": "x", "amount": 1001, "shelfKind": "LOCKED"}
        assert faults(client.post("/v1/books", body)) == {"/shelfKind": "Locked shelves hold cheap books."}

    @pytest.mark.parametrize(
        "amount",
        ["1.0", "1e3", "1E0", "-0", "-0.0", '"1"', '"١"', "true", "null", "[1]", "{}", "0", "-1", str(2**63),
         "1" + "0" * 30, "0.1", "1e400", "NaN", "Infinity", "01", "+1", "0x1", "1_000", "١"],
    )  # fmt: skip
    def test_an_amount_is_a_positive_whole_number_of_64_bits_and_nothing_else(
        self, client: api.ApiClient, amount: str
    ) -> None:
        response = client.post("/v1/books", f'{{"bookTitle": "x", "amount": {amount}}}')
        assert response.status_code == 400, response.content
        assert response.json()["code"] in {"INVALID_REQUEST", "INVALID_JSON"}

    def test_minus_zero_is_refused_where_zero_is_a_value(self, client: api.ApiClient) -> None:
        text = '{"bookTitle": "x", "amount": 1, "balance": %s}'
        assert client.post("/v1/books", text % "0").status_code == 201
        assert faults(client.post("/v1/books", text % "-0")).keys() == {"/balance"}

    @pytest.mark.parametrize("isbn", ["١٢٣٤٥٦٧٨٩٠", "12345 67890", "１２３４５６７８９０", "123456789²", ""])
    def test_digits_are_ascii_digits(self, client: api.ApiClient, isbn: str) -> None:
        assert "/isbn" in faults(client.post("/v1/books", {"bookTitle": "x", "amount": 1, "isbn": isbn}))

    @pytest.mark.parametrize("shelf_id", ["SH_12345", "SH_0001\n", "sh_0001", "SH_٠٠٠١"])
    def test_ids_have_exactly_their_documented_form(self, client: api.ApiClient, shelf_id: str) -> None:
        body = {"bookTitle": "x", "amount": 1, "shelfId": shelf_id}
        assert faults(client.post("/v1/books", body)) == {"/shelfId": "Does not have the documented form."}

    def test_metadata_may_come_as_text_that_holds_an_object(self, client: api.ApiClient) -> None:
        body = {"bookTitle": "x", "amount": 1, "metadata": '{"order_id": "12345"}'}
        assert client.post("/v1/books", body).json()["book"]["metadata"] == {"order_id": "12345"}
        body["metadata"] = '{"a": 1, "a": 2}'
        assert faults(client.post("/v1/books", body)) == {"/metadata": "Must be a JSON object."}

    @pytest.mark.parametrize("metadata", [{str(n): n for n in range(51)}, {"": 1}, {"n" * 41: 1}, {"a": "x" * 8192}])
    def test_metadata_is_bounded(self, client: api.ApiClient, metadata: dict[str, Any]) -> None:
        response = client.post("/v1/books", {"bookTitle": "x", "amount": 1, "metadata": metadata})
        assert response.status_code == 400

    def test_an_error_never_repeats_the_value(self, client: api.ApiClient) -> None:
        number = "4242 4242 4242 4242 4242"
        for name in ("bookTitle", "isbn", "shelfId", "shelfKind", "amount", "mainAuthor", "keyWords", "isNew"):
            body = {"bookTitle": "x", "amount": 1, name: number}
            response = client.post("/v1/books", body)
            assert response.status_code == 400
            assert number not in response.content.decode()

    def test_a_list_is_bounded(self, client: api.ApiClient) -> None:
        body = {"bookTitle": "x", "amount": 1, "otherAuthors": [{"firstName": "a"}] * 4}
        assert faults(client.post("/v1/books", body)).keys() == {"/otherAuthors"}

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/xml",
         "application/json; charset=latin-1", "application/json; charset=utf-16"],
    )  # fmt: skip
    def test_only_json_in_utf8_is_read(self, client: api.ApiClient, content_type: str) -> None:
        response = client.post("/v1/books", "{}", content_type=content_type)
        problem(response, 415, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_compressed_body_is_not_read(self, client: api.ApiClient) -> None:
        response = client.post("/v1/books", "{}", headers={"Content-Encoding": "gzip"})
        problem(response, 415, "UNSUPPORTED_MEDIA_TYPE")

    def test_64_kb_are_read_and_one_byte_more_is_not(self, client: api.ApiClient) -> None:
        text = json.dumps({"bookTitle": "x", "amount": 1})
        assert client.post("/v1/books", text.ljust(64 * 1024)).status_code == 201
        problem(client.post("/v1/books", text.ljust(64 * 1024 + 1)), 413, "BODY_TOO_LARGE")
        problem(client.post("/v1/books", text.ljust(3_000_000)), 413, "BODY_TOO_LARGE")

    def test_an_empty_body_is_an_empty_object(self, client: api.ApiClient) -> None:
        assert faults(client.post("/v1/books", "")).keys() == {"/bookTitle", "/amount"}

    def test_chunks_of_unknown_length_are_refused(self, client: api.ApiClient) -> None:
        response = client.post("/v1/books", "", headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
        problem(response, 411, "LENGTH_REQUIRED")


class TestFailures:
    def test_a_refusal_carries_its_documented_fields(self, client: api.ApiClient) -> None:
        body = problem(client.get("/v1/failures/refusal"), 409, "SHELF_IS_FULL")
        assert (body["title"], body["detail"]) == ("The shelf is full", "No room.")
        assert (body["shelfId"], body["freePlaces"]) == ("SH_0001", 0)
        assert body["instance"] == "/v1/failures/refusal"

    def test_a_missing_object_says_no_more_than_that(self, client: api.ApiClient) -> None:
        body = problem(client.get("/v1/failures/missing"), 404, "NOT_FOUND")
        assert "secrets" not in json.dumps(body)

    def test_a_database_that_does_not_answer_is_a_503_to_retry(self, client: api.ApiClient) -> None:
        response = client.get("/v1/failures/down")
        body = problem(response, 503, "SERVICE_UNAVAILABLE")
        assert "hunter2" not in json.dumps(body)
        assert response["Retry-After"] == "1"

    def test_a_value_the_database_cannot_hold_is_the_callers_fault(
        self, client: api.ApiClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = client.get("/v1/failures/data")
        problem(response, 400, "INVALID_REQUEST")
        assert "4242" not in response.content.decode() + caplog.text

    def test_a_bug_is_a_500_that_tells_nothing(self, client: api.ApiClient) -> None:
        client.raise_request_exception = False
        body = problem(client.get("/v1/failures/bug"), 500, "INTERNAL_ERROR")
        assert "4242" not in json.dumps(body)
        assert body["detail"] == "Something went wrong on our side"

    def test_tests_see_the_bug_itself(self, client: api.ApiClient) -> None:
        with pytest.raises(ZeroDivisionError):
            client.get("/v1/failures/bug")


class TestCardNumbers:
    """What is not received cannot leak: card numbers are taken in the fields made for them and nowhere else."""

    @pytest.mark.parametrize(
        ("body", "place"),
        [
            ({"bookTitle": "4242424242424242"}, "/bookTitle"),
            ({"bookTitle": "4242 4242 4242 4242"}, "/bookTitle"),
            ({"metadata": {"note": "card 5555-5555-5555-4444"}}, "/metadata"),
            ({"metadata": {"deep": [{"number": 4242424242424242}]}}, "/metadata"),
            ({"metadata": {"4242424242424242": 1}}, "/metadata"),
        ],
    )
    def test_a_card_number_in_another_field_is_refused(
        self, client: api.ApiClient, body: dict[str, Any], place: str
    ) -> None:
        found = faults(client.post("/v1/books", {"bookTitle": "x", "amount": 1} | body))
        assert found == {place: "Holds a card number; those belong into the fields made for them."}

    def test_other_long_numbers_pass(self, client: api.ApiClient) -> None:
        body = {"bookTitle": "4242424242424241", "amount": 1, "metadata": {"order": "20240115103045123"}}
        assert client.post("/v1/books", body).status_code == 201


def test_every_answer_says_how_long_it_is() -> None:
    answer = api.client("books:read").get("/v1/books")
    assert int(answer["Content-Length"]) == len(answer.content)
