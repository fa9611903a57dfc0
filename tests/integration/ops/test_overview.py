"""The first page: numbers that are true, links that lead to their rows, a fixed number of statements."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import SYSTEM
from core.money import Money
from core.switches import services as switches
from core.switches.enums import Switch
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from ops.selectors import overview
from tests.factories.staff import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def treasury() -> Client:
    return signed_in("TREASURY")


def _hold(number: int) -> None:
    now = clock.now()
    journal.post(
        book="test",
        kind="payments.captured",
        legs=[
            Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(50000)),
            Leg.credit(chart.escrow_held(f"ESC_{number}"), Money(46000)),
            Leg.credit(chart.FEES_PLATFORM, Money(4000)),
        ],
        reference=f"pay_{number}",
        idempotency_key=f"hold-{number}",
        effective_at=now,
        now=now,
    )


def test_money_tiles_say_what_the_ledger_says(treasury: Client) -> None:
    _hold(1)
    _hold(2)
    page = treasury.get("/admin/overview/").content.decode()
    assert "920.00" in page
    assert "1,000.00" in page
    assert "80.00" in page
    assert "debits equal credits" in page


def test_every_number_leads_somewhere(treasury: Client) -> None:
    page = treasury.get("/admin/overview/").content.decode()
    assert "/admin/payments/?status=COMPLETED" in page
    assert "/admin/reviews/" in page
    assert "/admin/accounts/?kind=escrow_held" in page


def test_live_and_test_money_never_meet() -> None:
    _hold(1)
    live = overview.get(livemode=True, now=clock.now())
    assert live.totals == []
    assert live.day.total == 0


def test_the_page_costs_the_same_however_much_there_is(treasury: Client) -> None:
    treasury.get("/admin/overview/")
    with CaptureQueriesContext(connection) as few:
        treasury.get("/admin/overview/")
    for number in range(30):
        _hold(number)
    with CaptureQueriesContext(connection) as many:
        treasury.get("/admin/overview/")
    assert len(many) == len(few) < 25


def test_htmx_gets_only_the_numbers(treasury: Client) -> None:
    part = treasury.get("/admin/overview/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Trial balance" in part


def test_only_a_switch_that_stops_something_is_told(treasury: Client) -> None:
    assert " is closed: " not in treasury.get("/admin/overview/").content.decode()
    switches.close(switch=Switch.REFUNDS, reason="the gateway pays twice", actor=SYSTEM, now=clock.now())
    assert "REFUNDS is closed: the gateway pays twice" in treasury.get("/admin/overview/").content.decode()
