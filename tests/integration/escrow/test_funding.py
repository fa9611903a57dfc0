"""A captured booking has its escrow a moment later, whatever happens to the event."""

import pytest
from django.db import connection

from core.money import Money
from core.outbox import services as outbox
from core.switches import services as switches
from core.switches.enums import Switch
from escrow.enums_reconciliation import RunOrigin
from escrow.models import Escrow
from escrow.selectors import escrows
from escrow.services import funding, reconciliation
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories import api
from tests.factories.escrows import later
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db


def test_the_event_of_a_captured_booking_makes_one_funded_escrow() -> None:
    body = pay().body
    outbox.drain(now=NOW)
    escrow = Escrow.objects.get()
    assert (escrow.public_id, escrow.status, escrow.amount_minor) == (body["escrowId"], "FUNDED", 46_000)
    assert (escrow.payer.party_id, escrow.payee.party_id) == ("cus_abc123def456", "prov_xyz789ghi012")

    shown = api.client("escrows:read").get(f"/v1/escrows/{escrow.public_id}").json()
    assert (shown["status"], shown["amount"], shown["amountHeld"]) == ("FUNDED", 46_000, 46_000)
    assert api.client("escrows:read", livemode=True).get(f"/v1/escrows/{escrow.public_id}").status_code == 404


def test_hearing_the_event_twice_changes_nothing() -> None:
    body = pay().body
    assert funding.attach(payment_id=body["paymentId"], now=NOW) is True
    assert funding.attach(payment_id=body["paymentId"], now=NOW) is False
    outbox.drain(now=NOW)
    assert Escrow.objects.count() == 1


def test_a_lost_event_is_found_by_the_sweeper() -> None:
    pay()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_event")
    assert funding.sweep(now=NOW) == 1
    assert funding.sweep(now=NOW) == 0
    assert Escrow.objects.count() == 1


def test_a_payment_without_a_booking_or_a_provider_has_no_escrow() -> None:
    for different in ({"booking_id": ""}, {"provider_id": None}):
        assert pay(**different).body["escrowId"] is None
    outbox.drain(now=NOW)
    assert funding.sweep(now=NOW) == 0
    assert not Escrow.objects.exists()


def test_refunds_shrink_the_escrow_and_the_last_one_ends_it() -> None:
    payment_id = pay().body["paymentId"]
    for amount, held, status in ((20_000, 27_600, "FUNDED"), (None, 0, "REFUNDED")):
        order = RefundOrder(payment_id, amount, "")
        refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
        outbox.drain(now=NOW)
        escrow = Escrow.objects.get()
        assert (escrow.status, escrows.held(escrow)) == (status, Money(held))
        assert escrow.amount_minor - escrow.refunded_minor == held


def test_a_reconciliation_gives_late_bookings_their_escrow_before_it_looks() -> None:
    """The event of a capture may wait; money that is where it belongs halts nobody."""
    pay()
    run = reconciliation.run_now(book="test", is_full=False, origin=RunOrigin.COMMAND, actor=BACKEND, now=later(2))
    assert (run.state, run.found) == ("CLEAN", 0)
    assert Escrow.objects.count() == 1
    assert switches.is_open(Switch.ESCROW_MOVEMENTS, now=later(2), scopes=["book:test"])
