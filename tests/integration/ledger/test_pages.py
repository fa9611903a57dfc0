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
from ledger.services import journal, reversals
from ledger.services.journal import Leg
from tests import plans
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


def test_the_list_shows_accounts_with_their_balances(treasury: Client) -> None:
    _capture(1)
    page = treasury.get("/admin/accounts/").content.decode()
    assert "escrow_held:ESC_1" in page
    assert "fees:platform" in page


def test_the_trial_balance_sums_to_zero_and_says_so(treasury: Client) -> None:
    _capture(1)
    _capture(2, amount=10000, fee=800)
    page = treasury.get("/admin/trial-balance/").content.decode()
    assert "Debits equal credits" in page
    assert page.count("600.00") == 3  # acquirer_receivable, and both sides
    assert "552.00" in page  # 460.00 and 92.00 held


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"acquirer_receivable", "escrow_held:ESC_1", "escrow_held:ESC_2", "fees:platform"}),
        ("kind=escrow_held", {"escrow_held:ESC_1", "escrow_held:ESC_2"}),
        ("owner=ESC_2", {"escrow_held:ESC_2"}),
        ("owner=ESC_2&kind=reserve", set()),
        ("code=escrow_held:ESC_1", {"escrow_held:ESC_1"}),
        ("holding=on", {"acquirer_receivable", "escrow_held:ESC_2", "fees:platform"}),
    ],
)
def test_accounts_are_narrowed_by_kind_owner_code_and_whether_they_hold_anything(
    treasury: Client, query: str, shown: set[str]
) -> None:
    first = _capture(1)
    reversals.reverse(entry_id=first, reason="a test", idempotency_key="undo", now=clock.now())
    _capture(2)
    table = treasury.get(f"/admin/accounts/?{query}").context["table"]
    assert {row["code"] for row in table.rows} == shown


def test_pages_of_accounts_join_and_a_file_holds_them_all(treasury: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.sources.PAGE_SIZE", 3)
    monkeypatch.setattr("core.console.exports.BATCH", 2)
    for number in range(1, 6):
        _capture(number)
    codes, address = [], "/admin/accounts/"
    while address:
        page = treasury.get(address).context
        codes += [row["code"] for row in page["table"].rows]
        address = f"/admin/accounts/{page['page'].older_url}" if page["page"].older_url else ""
    assert codes == sorted(codes)
    assert len(codes) == 7
    file = b"".join(treasury.get("/admin/accounts/?format=csv")).decode()
    assert [line.split(",")[0] for line in file.splitlines()[1:]] == codes


def test_a_statement_is_taken_out_whole_with_its_running_balance(
    treasury: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.console.exports.BATCH", 2)
    for number in range(1, 6):
        _capture(number)
    lines = b"".join(treasury.get("/admin/accounts/fees:platform/?format=csv")).decode().splitlines()
    assert [line.split(",")[-2] for line in lines[1:]] == ["40.00", "80.00", "120.00", "160.00", "200.00"]


def test_the_accounts_of_a_page_are_read_by_index_and_nothing_is_summed_up_for_the_list(treasury: Client) -> None:
    _capture(1)
    with CaptureQueriesContext(connection) as captured:
        treasury.get("/admin/accounts/")
    (statement,) = [query["sql"] for query in captured if "ledger_account a" in query["sql"]]
    names = {node.get("Index Name") for node in plans.nodes(statement)}
    assert "account_opens_once" in names
    assert "GROUP BY" not in statement


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
