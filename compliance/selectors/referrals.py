"""Reads of what was handed over to compliance. For pages that only compliance opens."""

from django.db.models import QuerySet

from compliance.enums import ReferralState
from compliance.models import Referral
from core.errors import Refusal


class ReferralNotFound(Refusal):
    code = "REFERRAL_NOT_FOUND"
    status = 404
    title = "No such referral"


def get(*, referral_id: str, livemode: bool) -> Referral:
    """One referral of the mode. Raises ReferralNotFound."""
    found = Referral.objects.filter(livemode=livemode, referral_id=referral_id).first()
    if found is None:
        raise ReferralNotFound(f"no referral is named {referral_id}")
    return found


def all_of(*, livemode: bool, states: list[ReferralState], taken_by: str = "") -> QuerySet[Referral]:
    """For pages. `taken_by` is an actor; empty means whoever has it."""
    found = Referral.objects.filter(livemode=livemode, state__in=states)
    return found.filter(taken_by=taken_by) if taken_by else found
