"""The accounts' housekeeping."""

from datetime import datetime, timedelta

from django.db.models import Q

from core.staff import parameters, presence, selectors
from core.staff.models import SignInCounter, StaffSession
from core.staff.services import people
from core.work import services as work

# Long past any lock; failures of an account that is never tried again would stay for ever.
COUNTERS_KEPT = timedelta(days=90)


@work.periodic("staff.forget_what_ended", every=timedelta(hours=1))
def forget_what_ended(*, now: datetime) -> None:  # noqa: ARG001
    """Ended sessions and old counters; by the machine's time, as everything about being present."""
    present = presence.present()
    StaffSession.objects.filter(expire_date__lt=present).delete()
    unlocked = Q(locked_until=None) | Q(locked_until__lt=present)
    SignInCounter.objects.filter(unlocked, since__lt=present - COUNTERS_KEPT).delete()


@work.periodic("staff.close_dormant", every=timedelta(days=1))
def close_dormant(*, now: datetime) -> None:  # noqa: ARG001
    """Accounts nobody has used for 90 days (PCI DSS 8.2.6); by the machine's time."""
    present = presence.present()
    limit = parameters.inactivity_limit(present)
    for user_id in selectors.list_dormant(before=present - limit):
        people.close_dormant(user_id=user_id, limit=limit, now=present)
