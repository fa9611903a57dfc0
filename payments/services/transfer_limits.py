"""How many transfers a caller makes an hour and a day, counted exactly: from the rows, one caller at a time.

The numbers are those of the documented rates (`throttle.ach.create`, `throttle.ach.create_same_day`). A transfer that
was refused and kept counts too; one that left nothing behind does not.
"""

from datetime import datetime, timedelta

from django.db import connection

from ach.enums import Priority
from core.api import throttles
from core.api.throttles import Limit
from payments.models import Transfer
from payments.transfer_refusals import VelocityLimitExceeded

ANY, SAME_DAY = "ach.create", "ach.create_same_day"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_WORDS = {3600: "an hour", 86400: "a day"}


def require_room(*, caller: str, livemode: bool, same_day: bool, bulk: bool, now: datetime) -> None:
    """Until the transaction ends nobody else counts for this caller. Raises VelocityLimitExceeded."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"payments.transfers:{caller}:{livemode}"])
    made = Transfer.objects.filter(caller=caller, livemode=livemode)
    for name in (ANY, SAME_DAY) if same_day else (ANY,):
        counted = made.filter(priority_asked=Priority.SAME_DAY) if name == SAME_DAY else made
        for limit in throttles.limits_for(name, bulk=bulk, at=now):
            since = now - timedelta(seconds=limit.period)
            last = counted.filter(created_at__gt=since).order_by("-created_at").values_list("created_at", flat=True)
            full = last[limit.rate - 1 : limit.rate].first()
            if full is not None:
                raise _exceeded(name, limit, wait=full + timedelta(seconds=limit.period) - now)


def _exceeded(name: str, limit: Limit, *, wait: timedelta) -> VelocityLimitExceeded:
    what, word = "same-day transfers" if name == SAME_DAY else "transfers", _WORDS[limit.period]
    return VelocityLimitExceeded(
        f"{limit.rate} {what} {word} at most", wait=wait, limit=f"{name}.per_{word.split()[-1]}"
    )
