"""API keys as people look at them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from core.api.keys import KeyNotFound
from core.api.models import ApiKey


def list_in_mode(*, livemode: bool) -> QuerySet[ApiKey]:
    """For pages, newest first by (created_at, id)."""
    return ApiKey.objects.filter(livemode=livemode)


def get(key_id: str) -> ApiKey:
    """Raises KeyNotFound."""
    key = ApiKey.objects.select_related("replaces").filter(public_id=key_id).first()
    if key is None:
        raise KeyNotFound
    return key


def list_lineage(key: ApiKey) -> list[ApiKey]:
    """The key with those it goes back to and those that came of it, oldest first."""
    return list(ApiKey.objects.filter(lineage=key.lineage).order_by("created_at", "pk"))


def partners(keys: Iterable[ApiKey], *, now: datetime) -> dict[str, ApiKey]:
    """By key id, the other usable key of its lineage, for usable keys that have one; in one statement."""
    lineages = {key.lineage for key in keys}
    pairs: dict[str, list[ApiKey]] = {}
    for key in ApiKey.objects.filter(lineage__in=lineages, place__isnull=False).order_by("created_at", "pk"):
        if key.is_usable(now):
            pairs.setdefault(key.lineage, []).append(key)
    found = {}
    for pair in pairs.values():
        if len(pair) == 2:
            found[pair[0].public_id], found[pair[1].public_id] = pair[1], pair[0]
    return found
