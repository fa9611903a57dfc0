"""Which browsers a person signs in from, and asking them about a new one."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from core.audit import services as audit
from core.outbox import services as outbox
from core.staff.events import SignedInFromNewDevice
from core.staff.models import KnownDevice, User
from core.staff.services.people import UnableToChangePerson


def new_token() -> str:
    """What a browser keeps in its cookie to be known again; it proves nothing and opens nothing."""
    return secrets.token_urlsafe(32)


def recognise(*, user: User, token: str, device: str, address: str, now: datetime) -> KnownDevice:
    """Note a complete sign-in. One from a new browser is a question to the person, except at their very first."""
    token_hash = _hash(token)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        known = KnownDevice.objects.filter(user=locked, token_hash=token_hash).first()
        if known is not None:
            known.device, known.address, known.last_seen_at = device, address, now
            known.save(update_fields=["device", "address", "last_seen_at"])
            return known
        is_first = not KnownDevice.objects.filter(user=locked).exists()
        known = KnownDevice.objects.create(
            user=locked,
            token_hash=token_hash,
            device=device,
            address=address,
            first_seen_at=now,
            last_seen_at=now,
            answer=KnownDevice.Answer.MINE if is_first else "",
        )
        audit.record(
            actor=locked.actor(), action="staff.device.first_seen", subject=locked.email, at=now, origin=address,
            details={"device": device},
        )  # fmt: skip
        if not is_first:
            _count(locked)
            outbox.publish(SignedInFromNewDevice(person=locked.email, device=device, address=address, signed_in_at=now))
    user.unanswered_devices = locked.unanswered_devices
    return known


def answer(*, user: User, device_id: int, is_mine: bool, token: str, now: datetime) -> KnownDevice:
    """The person says whether a new browser was theirs. If not, the caller ends every other session.

    `token` is the cookie of the browser that answers: a browser does not vouch for itself. Raises UnableToChangePerson.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        device = KnownDevice.objects.filter(user=locked, pk=device_id, answer="").first()
        if device is None:
            raise UnableToChangePerson("This device waits for no answer.")
        if device.token_hash == _hash(token):
            raise UnableToChangePerson("Answer from a device you have used before: a device does not vouch for itself.")
        device.answer = KnownDevice.Answer.MINE if is_mine else KnownDevice.Answer.NOT_MINE
        device.save(update_fields=["answer"])
        _count(locked)
        audit.record(
            actor=locked.actor(), action="staff.device.answered", subject=locked.email, at=now,
            details={"device": device.device, "address": device.address, "answer": device.answer},
        )  # fmt: skip
    return device


def list_unanswered(user: User) -> list[KnownDevice]:
    return list(KnownDevice.objects.filter(user=user, answer="").order_by("-first_seen_at")[:20])


def _count(user: User) -> None:
    user.unanswered_devices = KnownDevice.objects.filter(user=user, answer="").count()
    user.save(update_fields=["unanswered_devices"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
