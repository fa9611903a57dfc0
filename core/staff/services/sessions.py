"""Ending sessions. A session is a row; without it the next request of its browser is a stranger's."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.staff.models import StaffSession, User

SHOWN = 100


class SessionNotFound(Refusal):
    code = "SESSION_NOT_FOUND"
    status = 404
    title = "This session has ended already"


def list_open(*, user: User, now: datetime) -> list[StaffSession]:
    """The person's sessions, newest first, by index."""
    return list(_open(user, now).order_by("-signed_in_at")[:SHOWN])


def end(*, user: User, session_key: str, actor: Actor, origin: str, now: datetime) -> None:
    """End one. `session_key` is the digest that the row has. Raises SessionNotFound."""
    with transaction.atomic():
        row = StaffSession.objects.select_for_update().filter(user=user, session_key=session_key).first()
        if row is None:
            raise SessionNotFound
        row.delete()
        _record(user, "session.revoked", actor, origin, now, device=row.device, address=row.address)


def end_all(*, user: User, actor: Actor, origin: str, now: datetime, keep: str = "") -> int:
    """End every session of the person but `keep` (the digest of one). Returns how many."""
    with transaction.atomic():
        ended: int = StaffSession.objects.filter(user=user).exclude(session_key=keep).delete()[0]
        if ended:
            _record(user, "sessions.revoked", actor, origin, now, count=ended)
    return ended


def _open(user: User, now: datetime) -> QuerySet[StaffSession]:
    return StaffSession.objects.filter(user=user, expire_date__gt=now, signed_in_at__isnull=False)


def _record(user: User, what: str, actor: Actor, origin: str, now: datetime, **details: str | int) -> None:
    audit.record(actor=actor, action=f"staff.{what}", subject=user.email, at=now, origin=origin, details=details)
