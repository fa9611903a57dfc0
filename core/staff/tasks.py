"""The accounts' housekeeping."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q

from core.staff import presence
from core.staff.models import SignInCounter
from core.work import services as work

# Long past any lock; failures of an account that is never tried again would stay for ever.
COUNTERS_KEPT = timedelta(days=90)


@work.periodic("staff.forget_what_ended", every=timedelta(hours=1))
def forget_what_ended(*, now: datetime) -> None:  # noqa: ARG001
    """Ended sessions and old counters; by the machine's time, as everything about being present."""
    present = presence.present()
    Session.objects.filter(expire_date__lt=present).delete()
    unlocked = Q(locked_until=None) | Q(locked_until__lt=present)
    SignInCounter.objects.filter(unlocked, since__lt=present - COUNTERS_KEPT).delete()
