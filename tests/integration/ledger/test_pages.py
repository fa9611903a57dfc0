"""The account pages show what the ledger says, in a fixed number of statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.money import Money
from ledger import chart
from ledger.selectors import statements
from ledger.services import journal
from ledger.services.journal import Leg
from tests.factories.staff import signed_in

pytestmark = pytest.mark.django_db


def _capture(number: int, amount: int = 50000, fee: int = 4000) -> str:
    now = clock.now()
    return journal.post(
        book="test",
        kind="payments.captured",
        legs=[
            Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(amount)),
            Leg.credit(chart.escrow_held(f"ESC_{number}"), Money(amount - fee)),
            Leg.credit(chart.FEES_PLATFORM, Money(fee)),
        ],
        reference=f"pay_{number}",
        idempotency_key=f"capture-{number}",
        effective_at=now,
        now=now,
    ).entry_id


@pytest.fixture
def treasury() -> Client:
    return signed_in("TREASURY")


def test_the_list_shows_accounts_totals_and_a_trial_balance_of_zero(treasury: Client) -> None:
    _capture(1)
    page = treasury.get("/admin/accounts/").content.decode()
    assert "escrow_held:ESC_1" in page
    assert "fees:platform" in page
    assert "debits equal credits" in page


def test_a_statement_runs_from_opening_to_closing(treasury: Client) -> None:
    for number in (1, 2, 3):
        _capture(number)
    page = treasury.get("/admin/accounts/fees:platform/").content.decode()
    assert page.count("40.00") >= 4
    assert "120.00" in page


def test_an_empty_period_is_not_an_error(treasury: Client) -> None:
    _capture(1)
    page = treasury.get("/admin/accounts/fees:platform/?since=2020-01-01&until=2020-01-31")
    assert page.status_code == 200
    assert "No movement in this period" in page.content.decode()


def test_an_entry_leads_to_its_accounts(treasury: Client) -> None:
    page = treasury.get(f"/admin/entries/{_capture(1)}/").content.decode()
    assert "/admin/accounts/acquirer_receivable/" in page
    assert "460.00" in page


@pytest.mark.parametrize(
    "address",
    [
        "/admin/accounts/no_such_kind/",
        "/admin/accounts/fees:platform/?after=nonsense",
        "/admin/accounts/fees:platform/?currency=XXX",
        "/admin/entries/ent_unknown/",
    ],
)
def test_what_is_not_there_is_not_found(treasury: Client, address: str) -> None:
    assert treasury.get(address).status_code == 404


def test_the_fraud_analyst_sees_no_accounts() -> None:
    assert signed_in("FRAUD_ANALYST").get("/admin/accounts/").status_code == 403


def test_a_long_list_costs_as_many_statements_as_a_short_one(treasury: Client) -> None:
    _capture(1)
    treasury.get("/admin/accounts/")
    with CaptureQueriesContext(connection) as few:
        treasury.get("/admin/accounts/")
    for number in range(2, 40):
        _capture(number)
    with CaptureQueriesContext(connection) as many:
        treasury.get("/admin/accounts/")
    assert len(many) == len(few)


def test_pages_of_a_statement_join_without_gap_or_repeat(treasury: Client) -> None:
    for number in range(1, 8):
        _capture(number)
    now = clock.now()
    first = statements.get(book="test", account="fees:platform", since=now - timedelta(days=1), until=now, limit=3)
    assert first.next_page
    second = statements.get(
        book="test", account="fees:platform", since=now - timedelta(days=1), until=now, limit=30, after=first.next_page
    )
    assert [line.balance.minor for line in [*first.lines, *second.lines]] == [4000 * n for n in range(1, 8)]
