"""The measurement of lists, in small: what it fills is honest enough, and every address it asks is answered."""

import time

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from core import clock
from fraud.models import ReviewCase
from ledger.selectors import accounts
from payments.enums import PaymentStatus
from payments.models import Payment
from tests.benchmarks import lists, million
from tests.benchmarks.report import Report

pytestmark = pytest.mark.django_db

SIZE = 3_000
# Emptied, because what it held spoke of entries that are gone.
LEFT_EMPTY = {"audit_pending"}


@pytest.fixture
def _filled() -> None:
    with transaction.atomic():
        assert list(million.fill(size=SIZE, now=clock.now()))[-1] == "indexes"


@pytest.mark.usefixtures("_filled")
def test_every_list_it_asks_for_is_answered() -> None:
    client = Client()

    def ask(path: str, headers: dict[str, str]) -> tuple[int, str]:
        answer = client.get(path, headers=headers)
        return answer.status_code, answer.content.decode()

    asked = list(lists.questions(lists.acquaint(clock.now()), ask))
    strange = [
        f"{question.name}: {status}"
        for question in asked
        for path in question.paths
        if (status := ask(path, question.headers)[0]) != 200
    ]
    assert strange == []
    names = {question.name for question in asked}
    assert {lists.FLOOR, "payments, first page", "GET /v1/payments, status=FAILED", "records audit.auditentry"} <= names
    assert {"payments, a page from the spring", "GET /v1/payments, a page from the spring", "one review"} <= names
    assert len(names) == len(asked) > 90


@pytest.mark.usefixtures("_filled")
def test_what_it_fills_belongs_together() -> None:
    assert Payment.objects.count() == SIZE
    assert set(Payment.objects.values_list("status", flat=True)) >= set(PaymentStatus.values) - {"PROCESSING"}
    assert not Payment.objects.exclude(livemode=F("customer__livemode")).exists()
    assert not Payment.objects.exclude(livemode=F("provider__livemode")).exists()
    assert ReviewCase.objects.filter(state="OPEN").exists()
    for book in ("live", "test"):
        assert all(trial.difference.minor == 0 for trial in accounts.list_trial(book))
    assert broken_references() == []


def broken_references() -> list[str]:
    """Foreign keys that the fill was free to break, checked one by one."""
    broken = []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conname, t.relname, a.attname, f.relname, b.attname FROM pg_constraint c
               JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
               JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = c.confkey[1]
              WHERE c.contype = 'f' AND t.relname = ANY(%s)""",
            [list(million.TABLES)],
        )
        found = cursor.fetchall()
        assert len(found) > 8
        for name, table, column, other, key in found:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}" IS NOT NULL'
                f' AND NOT EXISTS (SELECT FROM "{other}" o WHERE o."{key}" = "{table}"."{column}")'
            )
            broken += [name] if cursor.fetchone()[0] else []
    return broken


@pytest.mark.usefixtures("_filled")
def test_no_table_it_names_stays_empty() -> None:
    with connection.cursor() as cursor:
        for table in million.TABLES:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            assert cursor.fetchone()[0] or table in LEFT_EMPTY, table


def test_control_a_slow_list_and_a_broken_one_miss_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "BUDGET_MS", 10)

    def answer(request: bytes) -> tuple[int, str]:
        time.sleep(0.015 if b"/slow" in request else 0)
        return (500 if b"/broken" in request else 200), ""

    report = Report()
    asked = [lists.Question(path, (path,)) for path in ("/floor", "/slow", "/broken")]
    lists.measure(report, iter(asked), answer)
    verdicts = [(row.name.split(" (")[0], row.met) for _, row in report.rows]
    assert ("/floor", True) in verdicts
    assert ("/slow", False) in verdicts
    assert ("/broken: status 500", False) in verdicts
