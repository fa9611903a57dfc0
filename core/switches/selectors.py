"""Which turn is in force, what it has cost so far, and what came before it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum

from core.errors import Refusal
from core.switches import counting
from core.switches.counting import Exposure
from core.switches.enums import Decided, State, Switch
from core.switches.models import SwitchExposure, SwitchTurn


class TurnNotFound(Refusal):
    code = "SWITCH_TURN_NOT_FOUND"
    status = 404
    title = "No such turn of a switch"


class Turn(NamedTuple):
    id: int
    state: str
    expires_at: datetime | None

    @property
    def is_out_of_the_ordinary(self) -> bool:
        """Closed, or open only for a time: what is decided under it is counted."""
        return self.state != State.OPEN or self.expires_at is not None


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
    for switch, scope, row_id, state, expires_at in rows.values_list("switch", "scope", "id", "state", "expires_at"):
        found.setdefault((switch, scope), []).append(Turn(row_id, state, expires_at))
    return found


def in_force(turns: Iterable[Turn], now: datetime) -> Turn | None:
    """The first of `turns` (newest first) that has not run out."""
    return next((turn for turn in turns if turn.expires_at is None or turn.expires_at > now), None)


def list_in_force(now: datetime) -> list[SwitchTurn]:
    """One row per switch and scope, for screens and `manage.py switch list`."""
    rows = SwitchTurn.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), switch__in=Switch.values)
    return list(rows.order_by("switch", "scope", "-id").distinct("switch", "scope"))


def find_in_force(*, switch: Switch, scope: str, now: datetime) -> SwitchTurn | None:
    """What is in force for exactly this scope; a scope nobody ever turned has nothing."""
    rows = SwitchTurn.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), switch=switch, scope=scope)
    return rows.order_by("-id").first()


def get_turn(turn_id: int) -> SwitchTurn:
    """Raises TurnNotFound."""
    turn = SwitchTurn.objects.filter(pk=turn_id, switch__in=Switch.values).first()
    if turn is None:
        raise TurnNotFound
    return turn


def history(switch: Switch) -> QuerySet[SwitchTurn]:
    return SwitchTurn.objects.filter(switch=switch).select_related("expiry")


def list_exposures(turn_ids: Iterable[int]) -> dict[int, list[Exposure]]:
    """By turn: what was refused and let through, one line a currency; what is counted but not yet kept included."""
    wanted = set(turn_ids)
    kept = (
        SwitchExposure.objects.filter(turn__in=wanted)
        .values_list("turn_id", "decided", "currency")
        .annotate(operations=Sum("operations"), minor=Sum("amount_minor"))
    )
    sums: dict[tuple[int, str, str], tuple[int, int]] = {
        (turn_id, decided, currency): (int(operations), int(minor))
        for turn_id, decided, currency, operations, minor in kept
    }
    for each in counting.list_uncollected():
        if each.turn_id in wanted:
            operations, minor = sums.get(key := (each.turn_id, each.decided.value, each.currency), (0, 0))
            sums[key] = (operations + each.operations, minor + each.amount_minor)
    found: dict[int, list[Exposure]] = {}
    for (turn_id, decided, currency), (operations, minor) in sorted(sums.items()):
        found.setdefault(turn_id, []).append(Exposure(turn_id, Decided(decided), currency, operations, minor))
    return found


def exposure_rows(turn_id: int) -> QuerySet[SwitchExposure]:
    """What the sums of `list_exposures` are made of, a row for each stretch of counting."""
    return SwitchExposure.objects.filter(turn=turn_id)


def list_ended_unnoticed(now: datetime) -> list[SwitchTurn]:
    """Turns whose time is over and of which nobody was told yet, oldest first."""
    ended = SwitchTurn.objects.filter(expires_at__lte=now, expiry=None, switch__in=Switch.values)
    return list(ended.order_by("expires_at", "id")[:500])
