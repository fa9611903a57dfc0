"""What ended is forgotten; what still protects an account stays."""

from datetime import timedelta

import pytest

from core.staff import presence, tasks
from core.staff.models import SignInCounter, StaffSession
from tests.factories import staff

pytestmark = pytest.mark.django_db


def test_ended_sessions_and_old_counters_go(wall) -> None:
    now = presence.present()
    staff.signed_in("AUDITOR")
    staff.signed_in("AUDITOR")
    StaffSession.objects.filter(pk=StaffSession.objects.first().pk).update(expire_date=now - timedelta(seconds=1))
    for subject, age, locked in (("old", 91, None), ("recent", 89, None), ("locked", 91, now + timedelta(minutes=1))):
        SignInCounter.objects.create(subject=subject, since=now - timedelta(days=age), locked_until=locked)

    tasks.forget_what_ended(now=now)

    assert StaffSession.objects.count() == 1
    assert set(SignInCounter.objects.values_list("subject", flat=True)) == {"recent", "locked"}
