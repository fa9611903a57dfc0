"""Who hears that a deadline is near: the marketplace by webhook, staff by mail, once."""

import pytest
from django.core import mail

from core.actors import SYSTEM
from core.webhooks.models import PublicEvent
from core.work.models import WorkItem
from escrow.enums import LockReason
from escrow.events import EscrowWarned
from escrow.services import locks, warnings
from escrow.services.warnings import order_mail
from tests.factories import staff
from tests.factories.clocks import after, fire, funded, met, settle, terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> None:
    staff.person("ESCROW_APPROVER", email="ann@holdfast.example")
    staff.person("TREASURY", email="sam@holdfast.example")
    staff.person("TREASURY", email="tim@holdfast.example")
    gone = staff.person("ESCROW_APPROVER", email="gone@holdfast.example").user
    gone.is_active = False
    gone.save()


def test_those_named_and_those_who_may_sign_get_one_mail(people: None) -> None:
    named = terms(timeoutPolicy__escalationUserIds=["admin_support001", "SAM@holdfast.example"])
    escrow = funded(document=named)
    met(escrow, after(100))
    fire(after(264))
    (message,) = mail.outbox
    assert sorted(message.bcc) == ["ann@holdfast.example", "sam@holdfast.example"]
    assert message.subject == f"Escrow {escrow.public_id} (test): in 72 h"
    assert "is released to the payee by itself on 16 March 2026 at 15:00 UTC" in message.body
    assert "4,000.00 USD" in message.body
    assert not {"cus_customer123", "prov_provider456"} & set(message.body.split())


def test_heard_twice_it_is_one_order(people: None) -> None:
    escrow = funded()
    event = EscrowWarned(escrow.public_id, "AUTO_RELEASE", after(336), 72, False, after(264))
    for _ in range(3):
        order_mail(event, now=after(264))
    assert WorkItem.objects.filter(kind=warnings.WORK).count() == 1


def test_a_second_sending_carries_the_same_id(people: None) -> None:
    """A worker that dies after the mail has left sends it again: mailboxes know it by its Message-ID."""
    escrow = funded()
    payload = {
        "escrow_id": escrow.public_id, "livemode": False, "action": "AUTO_REFUND", "hours": 24,
        "due_at": after(720).isoformat(),
    }  # fmt: skip
    for _ in range(2):
        warnings.send(key="one", payload=payload)
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1


def test_an_escrow_that_has_ended_meanwhile_is_not_warned_of(people: None) -> None:
    escrow = funded()
    met(escrow, after(1))
    fire(after(336))
    mail.outbox.clear()
    payload = {
        "escrow_id": escrow.public_id, "livemode": False, "action": "AUTO_RELEASE", "hours": 24,
        "due_at": after(336).isoformat(),
    }  # fmt: skip
    assert warnings.send(key="one", payload=payload) == 0
    assert mail.outbox == []


def test_what_the_marketplace_hears() -> None:
    """Everything it can hear of, and of a hold only that there is one."""
    escrow = funded()
    met(escrow, after(100))
    locks.hold(
        escrow_id=escrow.public_id, livemode=False, reason=LockReason.FRAUD, note="ring", actor=SYSTEM, now=after(101)
    )
    settle(after(101))
    types = set(PublicEvent.objects.filter(subject_id=escrow.public_id).values_list("type", flat=True))
    assert types == {"escrow.created", "escrow.funded", "escrow.condition_met", "escrow.locked"}
    body = PublicEvent.objects.get(type="escrow.locked").body
    assert "ON_HOLD" in body
    assert not {word for word in ("FRAUD", "ring") if word in body}


def test_two_conditions_that_end_in_one_pass_are_two_events() -> None:
    both = [
        {"conditionId": name, "type": "TIME_ELAPSED", "description": name, "timeoutHours": hours}
        for name, hours in (("a", 100), ("b", 200))
    ]
    escrow = funded(document=terms(both, timeoutPolicy__autoRefundAfterHours=None))
    fire(after(400))
    heard = PublicEvent.objects.filter(subject_id=escrow.public_id).order_by("occurred_at")
    assert [event.type for event in heard] == [
        "escrow.created", "escrow.funded", "escrow.condition_met", "escrow.condition_met", "escrow.released",
    ]  # fmt: skip
