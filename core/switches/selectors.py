"""Which turn is in force."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from core.switches.models import SwitchTurn


class Turn(NamedTuple):
    state: str
    expires_at: datetime | None


def turns_that_matter(now: datetime) -> dict[tuple[str, str], list[Turn]]:
    """By switch and scope, newest first: those that have not run out, down to the newest without an end."""
    lasting = (
        SwitchTurn.objects.filter(expires_at=None)
        .order_by("switch", "scope", "-id")
        .distinct("switch", "scope")
        .values("id")
    )
    rows = SwitchTurn.objects.filter(Q(expires_at__gt=now) | Q(id__in=lasting)).order_by("-id")
    found: dict[tuple[str, str], list[Turn]] = {}
    for switch, scope, state, expires_at in rows.values_list("switch", "scope", "state", "expires_at"):
        found.setdefault((switch, scope), []).append(Turn(state, expires_at))
    return found


def in_force(turns: Iterable[Turn], now: datetime) -> Turn | None:
    """The first of `turns` (newest first) that has not run out."""
    return next((turn for turn in turns if turn.expires_at is None or turn.expires_at > now), None)


def list_in_force(now: datetime) -> list[SwitchTurn]:
    """One row per switch and scope, for screens and `manage.py switch list`."""
    rows = SwitchTurn.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("switch", "scope", "-id")
    return list(rows.distinct("switch", "scope"))
