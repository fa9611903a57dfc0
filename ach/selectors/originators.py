"""Originators for lists and pages."""

from django.db.models import QuerySet

from ach.models import Originator
from ach.services.originators import OriginatorNotFound


def list_wanted(*, livemode: bool, transport: str = "", state: str = "") -> QuerySet[Originator]:
    """`state` is OPEN, CLOSED or empty for both. Newest last by key."""
    found = Originator.objects.filter(livemode=livemode)
    if transport:
        found = found.filter(transport=transport)
    return found.filter(closed_at__isnull=state == "OPEN") if state else found


def get(originator_id: str, *, livemode: bool) -> Originator:
    """Raises OriginatorNotFound, also for one of the other mode."""
    found = Originator.objects.filter(public_id=originator_id, livemode=livemode).first()
    if found is None:
        raise OriginatorNotFound(f"no originator is named {originator_id[:40]}")
    return found
