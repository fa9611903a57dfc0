"""After every path a card can take, its number and its code are in no table, no log and no answer."""

import logging
from collections.abc import Iterator

import pytest
from django.db import connection

from core.breaker import CircuitBreaker
from core.outbox import services as outbox
from core.work import services as work
from payments.gateways import registry
from payments.gateways.sandbox.cards import MAGIC_CARDS
from tests.factories import api
from tests.factories.payments import NOW
from tests.leaks import find_card_numbers, find_secrets

pytestmark = pytest.mark.django_db

NUMBERS = ["4242424242424242", *MAGIC_CARDS]
# Unlikely by chance among ids, times and amounts of a few hundred rows, unlike 123.
CODE, AMEX_CODE = "739", "7391"
BODY = {
    "expiryMonth": "12",
    "expiryYear": "2031",
    "amount": 50_000,
    "customerId": "cus_abc123def456",
    "providerId": "prov_xyz789ghi012",
    "bookingId": "book_service_001",
}


@pytest.fixture(autouse=True)
def _fresh_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_breakers", {"sandbox": CircuitBreaker()})
    monkeypatch.setattr(CircuitBreaker, "allows_call", lambda self, limits: True)
    monkeypatch.setattr(CircuitBreaker, "is_open", lambda self, limits: False)


def database_text() -> Iterator[tuple[str, str]]:
    """Every row of every table as text, as a dump would hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row::text FROM "{table}" row')
            for (row,) in cursor.fetchall():
                yield table, row


def every_path() -> list[str]:
    """Each magic card paid, validated, tokenised, revealed by nobody, broken off, refused, replayed; the answers."""
    client = api.client("payments:write", "payments:read", "refunds:write", "card-tokens:write")
    answers = []
    for number in NUMBERS:
        body = {**BODY, "cardNumber": number, "cvc": CODE}
        answers.append(client.post("/v1/payments", body))
        answers.append(client.post("/v1/payments/validate", body))
        answers.append(client.post("/v1/payments", {**body, "amount": 100_000}))
        answers.append(client.post("/v1/payments", {**body, "customerId": "!"}))
        answers.append(client.post("/v1/payments", {**body, "metadata": {"pan": number}}))
        answers.append(client.post("/v1/payments", {**body, "cardNumber": number[:-1] + "0", "cvc": "x" + CODE}))
        card = {name: body[name] for name in ("cardNumber", "expiryMonth", "expiryYear", "cvc")}
        answers.append(client.post("/v1/card-tokens", card))
        # An address or a field's name comes back to whoever sent it, but goes nowhere else.
        client.post("/v1/payments", {**body, number: "as a name"})
        client.get(f"/v1/payments/{number}")
        client.post(f"/v1/card-tokens/{number}/reveal", {"reason": f"card {number} lost"})
    outbox.drain(now=NOW)
    work.drain(now=NOW)
    return [answer.content.decode() for answer in answers]


def test_no_card_number_and_no_code_is_kept_or_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = every_path()
    known = {f"card {number[-4:]}": number for number in NUMBERS}
    for table, row in database_text():
        assert find_secrets(row, known) == [], table
    for line in [*answers, *(record.getMessage() for record in caplog.records)]:
        assert find_secrets(line, known) == [], line[:300]


def test_the_code_is_in_no_column_of_its_own() -> None:
    """Three digits occur by chance inside ids; a column or a JSON value that is exactly the code does not."""
    client = api.client("payments:write", "card-tokens:write")
    client.post("/v1/payments", {**BODY, "cardNumber": "378282246310005", "cvc": AMEX_CODE})
    client.post("/v1/payments", {**BODY, "cardNumber": "4242424242424242", "cvc": CODE})
    for table, row in database_text():
        cells = row.replace('""', '"').replace('"', ",").strip("()").split(",")
        assert not {CODE, AMEX_CODE} & {cell.strip(" :{}[]") for cell in cells}, table


def test_the_scan_finds_what_is_there() -> None:
    """The control: a number written into a free text of a payment is found."""
    client = api.client("payments:write")
    client.post("/v1/payments", {**BODY, "cardNumber": NUMBERS[0], "cvc": CODE})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_payment SET service_id = %s", [NUMBERS[0]])
    found = [table for table, row in database_text() if find_card_numbers(row) and NUMBERS[0] in row]
    assert found == ["payments_payment"]
