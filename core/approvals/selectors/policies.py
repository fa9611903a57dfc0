"""Which policy is in force."""

from collections.abc import Iterable
from datetime import datetime

from core.approvals.models import PolicyVersion
from core.errors import Refusal


class NoPolicy(Refusal):
    """An act without a policy is executed by nobody."""

    code = "APPROVAL_POLICY_MISSING"
    status = 409
    title = "No policy says who signs this"


def in_force(action: str, *, at: datetime) -> PolicyVersion:
    """Raises NoPolicy."""
    found = list_in_force([action], at=at).get(action)
    if found is None:
        raise NoPolicy(f"no policy says who signs {action}")
    return found


def list_in_force(actions: Iterable[str], *, at: datetime) -> dict[str, PolicyVersion]:
    """By action, in one statement."""
    rows = PolicyVersion.objects.filter(action__in=set(actions), effective_from__lte=at)
    return {row.action: row for row in rows.order_by("action", "-effective_from").distinct("action")}


def find_latest(action: str) -> PolicyVersion | None:
    """The newest version, also one that is not in force yet."""
    return PolicyVersion.objects.filter(action=action).order_by("-effective_from").first()
