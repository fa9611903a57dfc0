"""Say in good time that a key ends, so that nobody finds out by a refused payment."""

from datetime import datetime, timedelta

from django.db import transaction

from core.actors import SYSTEM
from core.api.events import ApiKeyExpiring
from core.api.models import ApiKey
from core.audit import services as audit
from core.outbox import services as outbox
from core.parameters import services as parameters

WARNING_DAYS = "api.key_warning.days"
BATCH = 100


def ends_soon(key: ApiKey, *, now: datetime) -> bool:
    """Whether the key works and its end is near enough to say so."""
    return key.is_usable(now) and key.expires_at is not None and key.expires_at <= now + _ahead(now)


def warn(*, now: datetime) -> int:
    """Publish ApiKeyExpiring for each key whose end has come near, once. Returns how many."""
    with transaction.atomic():
        near = ApiKey.objects.select_for_update(skip_locked=True).filter(
            place__isnull=False, warned_at__isnull=True, expires_at__gt=now, expires_at__lte=now + _ahead(now)
        )
        found = list(near.order_by("expires_at")[:BATCH])
        for key in found:
            assert key.expires_at is not None  # the filter says so; here it tells the type checker
            ApiKey.objects.filter(pk=key.pk).update(warned_at=now)
            details = {"expires_at": key.expires_at.isoformat()}
            audit.record(actor=SYSTEM, action="api.key.expiring", subject=key.public_id, at=now, details=details)
            outbox.publish(
                ApiKeyExpiring(key_id=key.public_id, livemode=key.livemode, noticed_at=now, expires_at=key.expires_at)
            )
    return len(found)


def _ahead(now: datetime) -> timedelta:
    return timedelta(days=parameters.read(WARNING_DAYS, at=now))
