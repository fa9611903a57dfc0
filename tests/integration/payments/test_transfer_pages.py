"""A page of a file is booked by as many statements as one entry of it, and every transfer of it is told of once."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.audit.models import AuditEntry
from core.outbox import services as outbox
from core.webhooks.models import Delivery, PublicEvent
from payments.models import Booking, Transfer
from payments.services import transfer_bookings, transfer_holds
from tests.factories import ach_transfers as ach
from tests.factories import webhooks
from tests.factories.ach_transfers import SELLER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


def sent(number: int) -> list[Transfer]:
    ach.balance(SELLER, number * 10_000)
    made = [ach.made(ach.order(amount_minor=1_000 + each, description=f"Week {each}")) for each in range(number)]
    for transfer in made:
        ach.sent(ach.entry_of(transfer))
    return made


def follow(transfers: list[Transfer]) -> int:
    """How many statements it took."""
    names = [ach.entry_of(each).public_id for each in transfers]
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as found,
    ):
        transfer_bookings.follow(names, now=NOW)
    return len(found)


def test_booking_does_not_grow_with_the_entries() -> None:
    transfers = sent(9)
    assert follow(transfers[:2]) == follow(transfers[2:])
    assert {each.sent_at for each in Booking.objects.all()} == {NOW}


def test_each_transfer_has_its_state_its_audit_row_and_its_event_once() -> None:
    webhooks.endpoint("https://hooks.example.com/in", "ach_transfer.sent", now=NOW)
    webhooks.endpoint("https://hooks.example.com/deaf", "payment.completed", now=NOW)
    transfers = sent(3)
    outbox.drain(now=NOW)
    follow(transfers)
    follow(transfers)
    outbox.drain(now=NOW)
    names = {each.public_id for each in transfers}
    for transfer in transfers:
        transfer.refresh_from_db()
        assert (transfer.state, transfer.trace) == ("PROCESSING", ach.entry_of(transfer).trace)
    audited = AuditEntry.objects.filter(action="payments.transfer.processing")
    assert sorted(audited.values_list("subject", flat=True)) == sorted(names)
    told = PublicEvent.objects.filter(type="ach_transfer.sent")
    assert sorted(told.values_list("subject_id", flat=True)) == sorted(names)
    assert Delivery.objects.filter(event__in=told).count() == 3, "to the endpoint that hears it"
    assert '"state":"PROCESSING"' in told.get(subject_id=transfers[0].public_id).body


def test_an_account_has_paid_before_where_another_of_its_debits_has_settled() -> None:
    first, second, third = (ach.entry_of(ach.made(ach.debit(description=f"Day {each}"))) for each in range(3))
    assert transfer_holds.of_known_accounts([first, second]) == set()
    ach.sent(first)
    ach.settled(first)
    assert transfer_holds.of_known_accounts([first, second]) == {second.pk}, "not because of itself"
    ach.sent(second)
    ach.settled(second)
    assert transfer_holds.of_known_accounts([first, second, third]) == {first.pk, second.pk, third.pk}
    ach.returned(second)
    assert transfer_holds.of_known_accounts([first, third]) == {third.pk}, "what came back is no payment"
