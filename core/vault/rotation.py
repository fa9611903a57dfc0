"""New master keys without downtime: the same data keys, wrapped anew. No field is encrypted again, nothing waits.

With AWS the master key is rotated by AWS, or by pointing the alias at another key; with the local file a version is
added here. Both then wrap every data key of the purpose again.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from core.actors import Actor
from core.audit import services as audit
from core.parameters import services as parameters
from core.vault import keys, kms
from core.vault.kms.local import LocalKeys
from core.vault.models import DataKey
from core.vault.purposes import Purpose


def due(*, now: datetime) -> list[Purpose]:
    """Purposes with a data key whose wrapping is older than its term: 90 days, audit 180."""
    found = []
    for purpose in Purpose:
        name = "vault.rotation_days_audit" if purpose is Purpose.AUDIT else "vault.rotation_days"
        before = now - timedelta(days=parameters.read(name, at=now))
        keys_of = DataKey.objects.filter(purpose=purpose).annotate(wrapped_at=Coalesce("rewrapped_at", F("created_at")))
        if keys_of.filter(wrapped_at__lt=before).exists():
            found.append(purpose)
    return found


def rotate(*, purposes: list[Purpose], actor: Actor, now: datetime) -> int:
    """Wrap the data keys of these purposes anew; returns how many. Repeat it after a failure: it finishes the rest.

    Raises the key service's errors. Every data key stays readable at every moment: its row changes in one statement.
    """
    if not purposes:
        return 0
    service = kms.service()
    if isinstance(service, LocalKeys):
        service.rotate()
    rewrapped = 0
    for purpose in purposes:
        for row in DataKey.objects.filter(purpose=purpose).order_by("created_at"):
            fresh = service.rewrap(
                purpose=purpose,
                key=kms.WrappedKey(row.master_key, bytes(row.wrapped)),
                context=keys.context_of(row),
            )
            DataKey.objects.filter(pk=row.pk).update(
                master_key=fresh.master_key, wrapped=fresh.wrapped, rewrapped_at=now
            )
            rewrapped += 1
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="vault.keys.rotated",
            subject="vault",
            at=now,
            details={"purposes": [purpose.value for purpose in purposes], "dataKeys": rewrapped},
        )
    return rewrapped
