"""Who of the staff could sign a release for these parties."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from core.approvals import relations
from core.staff import roles
from core.staff.models import User

PERMISSION = "escrow.approve_release"


def may_sign(named: Iterable[str], *, parties: Iterable[str], now: datetime) -> Mapping[str, bool]:
    """E-mails of staff among the names, each with whether it could sign: active, entitled, related to no party."""
    wanted = {name.lower() for name in named if "@" in name}
    people = [person for person in _everybody() if person.email in wanted] if wanted else []
    entitled = _unrelated([person.email for person in people if _is_entitled(person)], parties, now)
    return {person.email: person.email in entitled for person in people}


def count(*, parties: Iterable[str], now: datetime) -> int:
    """How many of the staff could sign."""
    return len(_unrelated([person.email for person in _everybody() if _is_entitled(person)], parties, now))


def _everybody() -> list[User]:
    return list(User.objects.filter(is_active=True).prefetch_related("role_assignments").order_by("pk"))


def _is_entitled(person: User) -> bool:
    return roles.grants(person.roles, PERMISSION)


def _unrelated(emails: list[str], parties: Iterable[str], now: datetime) -> frozenset[str]:
    concerned = sorted(parties)
    ties = relations.read(people=emails, names=concerned, on=now.date())
    return frozenset(email for email in emails if not ties.why(email, concerned))
