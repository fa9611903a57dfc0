"""The retention of stored answers."""

from datetime import datetime, timedelta

from core.idempotency.models import IdempotentRequest
from core.work import services as work

FORGET_BATCH = 5_000


@work.periodic("idempotency.forget_answered", every=timedelta(hours=1))
def forget_answered(*, now: datetime) -> None:
    """Delete the keys whose time is over. One whose request was never finished and moves no money goes the same way:
    nobody has asked again for days."""
    old = IdempotentRequest.objects.filter(forget_after__lt=now).order_by("forget_after")
    while batch := list(old.values_list("pk", flat=True)[:FORGET_BATCH]):
        IdempotentRequest.objects.filter(pk__in=batch).delete()
