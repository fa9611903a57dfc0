"""Setting passwords. Every password a person gets goes through here, so that its history is complete."""

import secrets
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.staff.models import FormerPassword, User
from core.staff.validators import REMEMBERED

# No letters or digits that are taken for each other; an issued password is typed once from a slip.
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def change(*, user: User, password: str, now: datetime) -> None:
    """The person's own choice. Raises Django's ValidationError with every rule it breaks."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        validate_password(password, locked)
        _store(locked, password, must_change=False, now=now)
        audit.record(actor=user.actor(), action="staff.password.changed", subject=user.email, at=now)
    user.password, user.must_change_password = locked.password, False


def issue(*, user: User, must_change: bool, actor: Actor, now: datetime) -> str:
    """A random password, returned once; with `must_change` it opens nothing but the page that replaces it."""
    password = _random()
    with transaction.atomic():
        _store(User.objects.select_for_update().get(pk=user.pk), password, must_change=must_change, now=now)
        audit.record(actor=actor, action="staff.password.issued", subject=user.email, at=now)
    return password


def _store(user: User, password: str, *, must_change: bool, now: datetime) -> None:
    user.set_password(password)
    user.must_change_password = must_change
    user.save(update_fields=["password", "must_change_password"])
    FormerPassword.objects.create(user=user, password=user.password, set_at=now)
    kept = FormerPassword.objects.filter(user=user).order_by("-set_at", "-pk").values_list("pk", flat=True)[:REMEMBERED]
    FormerPassword.objects.filter(user=user).exclude(pk__in=list(kept)).delete()


def _random() -> str:
    """16 characters in groups of four, always with a letter and a digit: about 91 bits."""
    while True:
        groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)]
        password = "-".join(groups)
        if any(c.isdigit() for c in password) and any(c.isalpha() for c in password):
            return password
