"""Who could sign at all: asked before a question is put, so that nobody waits for people who do not exist."""

from datetime import datetime

from core.approvals import policy
from core.approvals.models import ApprovalRequest
from core.approvals.policy import Rule, Seating
from core.approvals.selectors.quorum import objection, person, ties_of
from core.staff.models import User


def best_seating(request: ApprovalRequest, rule: Rule, *, now: datetime) -> Seating:
    """Everybody with an open account who may sign this, seated: what stays empty nobody can fill."""
    fitting = [user for user in _everybody() if policy.fits_somewhere(rule.require, person(user))]
    ties = ties_of(fitting, [request], now=now)
    return policy.seat(rule.require, [person(user) for user in fitting if not objection(user, request, ties)])


def _everybody() -> list[User]:
    return list(User.objects.filter(is_active=True).prefetch_related("role_assignments").order_by("pk"))
