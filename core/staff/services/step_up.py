"""Proving it again: a fresh second factor for one act of a person who is already signed in."""

from datetime import datetime

from django.db import transaction

from core.audit import services as audit
from core.staff.models import User
from core.staff.services import authenticators, sign_in
from core.staff.services.sign_in import NotAccepted

__all__ = ["NotAccepted", "confirm"]


def confirm(*, user: User, code: str, act: str, subject: str, origin: str, now: datetime) -> None:
    """Use up one code for `act` (`vault.card.reveal`) on `subject` (a public id); ask before any transaction.

    `now` is the machine's time (`presence.present()`), as everywhere in signing in. Wrong codes count towards the lock
    of the account. Raises NotAccepted, CodeTooSoon or VaultUnavailable.
    """
    authenticator = authenticators.find(user)
    if authenticator is None:
        raise NotAccepted
    sign_in.check_code(user=user, authenticator_id=authenticator.pk, code=code, origin=origin, now=now)
    with transaction.atomic():
        audit.record(
            actor=user.actor(),
            action="staff.step_up.given",
            subject=user.email,
            at=now,
            origin=origin,
            details={"act": act, "subject": subject},
        )
