"""What waits for a person, for others because of them, and everything there was."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from core.approvals.models import OPEN, ApprovalRequest
from core.approvals.selectors import quorum
from core.approvals.selectors.quorum import Quorum
from core.staff.models import User

VIEW = "approvals.view_approvalrequest"
MOST_OPEN = 500


@dataclass(frozen=True, slots=True)
class Inbox:
    """Open requests, those that expire first first: `for_me` may be signed by the person now, `for_others` not.

    `visible` is how many open ones the person sees among all; `is_cut` where there were more than `MOST_OPEN`.
    """

    for_me: list[Quorum]
    for_others: list[Quorum]
    visible: int
    is_cut: bool


def of(user: User, *, now: datetime) -> Inbox:
    """`for_others` are the person's own questions and those they signed. A fixed number of statements."""
    waiting = list(ApprovalRequest.objects.filter(OPEN, expires_at__gt=now).order_by("expires_at", "id")[:MOST_OPEN])
    counted = quorum.list_of(waiting, now=now, extra=[user])
    for_me = [found for found in counted if not found.objection_to(user)]
    mine = [found for found in counted if _is_part_of(user, found)]
    visible = len(counted) if user.has_perm(VIEW) else len(mine)
    return Inbox(for_me, [found for found in mine if found not in for_me], visible, len(waiting) == MOST_OPEN)


def visible_to(user: User) -> QuerySet[ApprovalRequest]:
    """All requests for who may see all, else those the person asked or signed."""
    if user.has_perm(VIEW):
        return ApprovalRequest.objects.all()
    signed = Q(pk__in=ApprovalRequest.objects.filter(signatures__signer=user).values("pk"))
    return ApprovalRequest.objects.filter(Q(asked_by=f"STAFF:{user.email}") | signed)


def may_see(user: User, found: Quorum) -> bool:
    """Beside those who see all and those who take part, whoever's roles could sign it: they read why they do not."""
    return user.has_perm(VIEW) or _is_part_of(user, found) or found.is_of_the_roles_of(user)


def _is_part_of(user: User, found: Quorum) -> bool:
    signers = {signature.signer_id for signature in found.signatures}
    return user.email == found.request.asker_email or user.pk in signers
