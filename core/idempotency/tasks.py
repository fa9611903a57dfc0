"""The retention of stored answers."""

from datetime import datetime, timedelta

from django.db.models import Q

from core.idempotency.models import IdempotentRequest
from core.parameters import services as parameters
from core.work import services as work

FORGET_BATCH = 5_000
SHORTEST = timedelta(hours=24)


@work.periodic("idempotency.forget_answered", every=timedelta(hours=1))
def forget_answered(*, now: datetime) -> None:
    """Delete keys older than their parameter says, never younger than a day, never of operations that move money.

    A key whose request was never finished and moves no money goes the same way: nobody has asked again for days.
    """
    age = max(SHORTEST, timedelta(hours=parameters.read("idempotency.keep_hours", at=now)))
    kept = Q(pk__in=[])
    for prefix in parameters.read("idempotency.kept_operations", at=now):
        kept |= Q(operation__startswith=prefix)
    old = IdempotentRequest.objects.filter(created_at__lt=now - age).exclude(kept).order_by("created_at")
    while batch := list(old.values_list("pk", flat=True)[:FORGET_BATCH]):
        IdempotentRequest.objects.filter(pk__in=batch).delete()
