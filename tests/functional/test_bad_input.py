"""Bad input of every kind against POST /v1/payments: a problem that names place and reason, no payment, never a 5xx.

The generated counterpart for every operation is tests/integration/api/test_schema_conformance.py; this is the list a
person would try.
"""

import json
from typing import Any

import pytest

from core.idempotency.models import IdempotentRequest
from payments.models import Payment
from tests.factories import api
from tests.factories.api import ApiClient

pytestmark = pytest.mark.django_db

PAYMENT: dict[str, Any] = {
    "cardNumber": "4242424242424242",
    "expiryMonth": "12",
    "expiryYear": "2031",
    "cvc": "123",
    "amount": 50000,
    "currency": "USD",
    "customerId": "cus_abc123def456",
}
ABOVE_LIMIT = 422


@pytest.fixture
def backend() -> ApiClient:
    return api.client("payments:write")


def refused(answer: Any, *, status: int = 400, code: str = "INVALID_REQUEST") -> dict[str, Any]:
    """The problem, after checking that it is one and that nothing was left behind."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["code"], body["status"], body["success"]) == (code, status, False)
    assert body["requestId"] == answer["Request-Id"]
    assert body["detail"]
    assert not Payment.objects.exists()
    assert not IdempotentRequest.objects.exists(), "the key must stay free"
    return body


def with_raw(field: str, literal: str) -> str:
    """The payment as JSON text with one value written by hand."""
    return (
        json.dumps({name: value for name, value in PAYMENT.items() if name != field})[:-1] + f', "{field}": {literal}}}'
    )


def test_the_control_is_accepted(backend: ApiClient) -> None:
    """Without its fault the same body is a payment, so that each refusal below is for the fault."""
    assert backend.post("/v1/payments", with_raw("amount", "50000")).status_code == 201


WHOLE = "Must be a whole number, written without fraction or exponent."
NUMBER = "Must be a JSON number."
TOO_LARGE = "Ensure this value is less than or equal to 9223372036854775807."
NOT_FINITE = "NaN and Infinity are not JSON numbers."


@pytest.mark.parametrize(
    ("literal", "reason"),
    [
        ("500.00", WHOLE),
        ("500.0", WHOLE),
        ("0.1", WHOLE),
        ("5e4", WHOLE),
        ("5E4", WHOLE),
        ("50000e0", WHOLE),
        ("-0", WHOLE),
        ("-0.0", WHOLE),
        ("0", "Ensure this value is greater than or equal to 1."),
        ("-50000", "Ensure this value is greater than or equal to 1."),
        ("9223372036854775808", TOO_LARGE),
        ("18446744073709551616", TOO_LARGE),
        ("1" + "0" * 400, TOO_LARGE),
        ('"50000"', NUMBER),
        ('"٥٠٠٠٠"', NUMBER),
        ('""', NUMBER),
        ("true", NUMBER),
        ("false", NUMBER),
        ("[50000]", NUMBER),
        ('{"value": 50000}', NUMBER),
        ("null", "This field may not be null."),
    ],
)
def test_an_amount_is_a_json_integer_of_at_least_one(backend: ApiClient, literal: str, reason: str) -> None:
    problem = refused(backend.post("/v1/payments", with_raw("amount", literal)))
    assert problem["errors"] == [{"pointer": "/amount", "detail": reason}]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_in_json_is_no_amount(backend: ApiClient, literal: str) -> None:
    problem = refused(backend.post("/v1/payments", with_raw("amount", literal)), code="INVALID_JSON")
    assert problem["errors"] == [{"pointer": "/amount", "detail": NOT_FINITE}]


@pytest.mark.parametrize(
    "literal", ["٥٠٠", "０", "0x10", "050", "+5", "1_000", "5.", ".5", "", "-", "--1", "1 000", "USD"]
)
def test_what_is_no_json_at_all_is_refused_with_its_place(backend: ApiClient, literal: str) -> None:
    problem = refused(backend.post("/v1/payments", with_raw("amount", literal)), code="INVALID_JSON")
    assert "line 1, column" in problem["detail"]


def test_the_largest_amount_of_64_bits_is_above_the_limit_of_one_payment(backend: ApiClient) -> None:
    answer = backend.post("/v1/payments", with_raw("amount", str(2**63 - 1)))
    problem = refused(answer, status=ABOVE_LIMIT, code="AMOUNT_ABOVE_LIMIT")
    assert [error["pointer"] for error in problem["errors"]] == ["/amount"]


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "array": (b"[]", "Must be a JSON object"),
    "text": (b'"pay"', "Must be a JSON object"),
    "number": (b"50000", "Must be a JSON object"),
    "null": (b"null", "Must be a JSON object"),
    "cut off": (b'{"amount": 50000', "not JSON"),
    "two documents": (b"{}{}", "not JSON"),
    "comment": (b'{"amount": 1} // x', "not JSON"),
    "single quotes": (b"{'amount': 1}", "not JSON"),
    "byte order mark": (b"\xef\xbb\xbf{}", "BOM"),
    "name twice": (b'{"amount": 1, "amount": 2}', "appears twice"),
    "name twice, written differently": (b'{"amount": 1, "\\u0061mount": 2}', "appears twice"),
    "NUL": (b'{"bookingId": "a\\u0000b"}', "NUL"),
    "NUL in metadata": (b'{"metadata": {"a": "\\u0000"}}', "NUL"),
    "NUL in a name": (b'{"metadata": {"\\u0000": 1}}', "NUL"),
    "raw control character": (b'{"bookingId": "a\x00b"}', "not JSON"),
    "invalid UTF-8": (b'{"bookingId": "\xff\xfe"}', "not UTF-8 at byte 15"),
    "overlong UTF-8": (b'{"bookingId": "\xc0\xaf"}', "not UTF-8"),
    "surrogate in UTF-8": (b'{"bookingId": "\xed\xa0\x80"}', "not UTF-8"),
    "Latin-1": (b'{"bookingId": "Caf\xe9"}', "not UTF-8"),
    "UTF-16": ('{"amount": 1}'.encode("utf-16"), "not UTF-8"),
    "lone surrogate": (b'{"bookingId": "\\ud800"}', "surrogate"),
    "nested objects": (b'{"metadata":' + b'{"a":' * 9000 + b"1" + b"}" * 9000 + b"}", "nested deeper"),
    "nested arrays": (b'{"metadata":' + b"[" * 30000 + b"]" * 30000 + b"}", "nested deeper"),
    "nested a little": (b'{"metadata":' + b'{"a":' * 17 + b"1" + b"}" * 17 + b"}", "deeper than 16"),
    "long integer": (b'{"amount": ' + b"9" * 6000 + b"}", "digits"),
}


@pytest.mark.parametrize(("body", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_is_refused_with_the_reason(backend: ApiClient, body: bytes, reason: str) -> None:
    problem = refused(backend.post("/v1/payments", body), code="INVALID_JSON")
    told = problem["detail"] + " ".join(error["detail"] for error in problem.get("errors", ()))
    assert reason.lower() in told.lower()


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}),
        ("application/x-www-form-urlencoded", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/json; charset=latin-1", {}),
        ("application/vnd.api+json", {}),
        ("", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
    ],
)
def test_another_media_type_is_refused(backend: ApiClient, content_type: str, headers: dict[str, str]) -> None:
    answer = backend.post("/v1/payments", PAYMENT, content_type=content_type, headers=headers)
    refused(answer, status=415, code="UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000])
def test_a_huge_body_is_refused_unread(backend: ApiClient, size: int) -> None:
    refused(backend.post("/v1/payments", b" " * size), status=413, code="BODY_TOO_LARGE")


FIELDS: list[tuple[str, Any, str]] = [
    ("customerId", "", "INVALID_REQUEST"),
    ("customerId", "x" * 500, "INVALID_REQUEST"),
    ("customerId", "a'; DROP TABLE payments_payment; --", "INVALID_REQUEST"),
    ("customerId", "cus_\u202eabc", "INVALID_REQUEST"),
    ("customerId", 17, "INVALID_REQUEST"),
    ("customerId", None, "INVALID_REQUEST"),
    ("providerId", ["prov_1"], "INVALID_REQUEST"),
    ("bookingId", "b" * 101, "INVALID_REQUEST"),
    ("bookingId", "4242 4242 4242 4242", "INVALID_REQUEST"),
    ("currency", "usd", "INVALID_REQUEST"),
    ("currency", "XXX", "INVALID_REQUEST"),
    ("paymentMethod", "cash", "INVALID_REQUEST"),
    ("metadata", "no json", "INVALID_REQUEST"),
    ("metadata", "[1]", "INVALID_REQUEST"),
    ("metadata", [1], "INVALID_REQUEST"),
    ("metadata", {"text": "x" * 9000}, "INVALID_REQUEST"),
    ("metadata", {str(number): number for number in range(51)}, "INVALID_REQUEST"),
    ("metadata", {"card": "4242424242424242"}, "INVALID_REQUEST"),
    ("ipAddress", "999.1.1.1", "INVALID_REQUEST"),
    ("email", "nobody", "INVALID_REQUEST"),
    ("cardToken", "tok_short", "INVALID_REQUEST"),
    ("fraudScore", 0, "INVALID_REQUEST"),
    ("card_number", "4242424242424242", "INVALID_REQUEST"),
    ("cardNumber", 4242424242424242, "INVALID_REQUEST"),
    ("cardNumber", "4242424242424241", "INVALID_CARD_DATA"),
    ("cardNumber", "4242 4242 4242 4242", "INVALID_CARD_DATA"),
    ("cardNumber", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "INVALID_CARD_DATA"),
    ("cardNumber", "0000000000000000", "INVALID_CARD_DATA"),
    ("cardNumber", "", "INVALID_CARD_DATA"),
    ("expiryMonth", "13", "INVALID_CARD_DATA"),
    ("expiryMonth", "1", "INVALID_CARD_DATA"),
    ("expiryYear", "2025", "INVALID_CARD_DATA"),
    ("expiryYear", "31", "INVALID_CARD_DATA"),
    ("expiryYear", "２０３１", "INVALID_CARD_DATA"),
    ("cvc", "12", "INVALID_CARD_DATA"),
    ("cvc", "12a", "INVALID_CARD_DATA"),
    ("cvc", "1234", "INVALID_CARD_DATA"),
]


@pytest.mark.parametrize(("field", "value", "code"), FIELDS, ids=lambda value: repr(value)[:30])
def test_a_wrong_field_is_pointed_at_and_never_repeated(backend: ApiClient, field: str, value: Any, code: str) -> None:
    answer = backend.post("/v1/payments", PAYMENT | {field: value})
    problem = refused(answer, code=code)
    assert {error["pointer"] for error in problem["errors"]} == {f"/{field}"}
    assert all(error["detail"] for error in problem["errors"])
    assert "4242" not in answer.content.decode()


def test_all_faults_are_told_at_once(backend: ApiClient) -> None:
    body = {"amount": 1.5, "currency": "usd", "colour": "red"}
    problem = refused(backend.post("/v1/payments", body))
    assert {error["pointer"] for error in problem["errors"]} == {"/amount", "/currency", "/colour", "/customerId"}


@pytest.mark.parametrize("key", ["", "k" * 256, "two words", "ключ", "4242424242424242"])
def test_a_key_that_is_none_is_refused(backend: ApiClient, key: str) -> None:
    refused(backend.post("/v1/payments", PAYMENT, headers={"Idempotency-Key": key}), code="IDEMPOTENCY_KEY_REQUIRED")
