"""Ninety days without a sign-in close an account; the people page says so two weeks ahead."""

from datetime import timedelta

import pytest

from core.audit.models import AuditEntry
from core.staff import presence, tasks
from core.staff.models import User
from core.staff.services import people
from tests.factories import staff

pytestmark = pytest.mark.django_db


def unused_for(person: staff.Person, **since: int) -> staff.Person:
    now = presence.present()
    User.objects.filter(pk=person.user.pk).update(last_login=now - timedelta(**since))
    return person


def is_open(person: staff.Person) -> bool:
    return User.objects.get(pk=person.user.pk).is_active


def test_the_daily_job_closes_after_ninety_days_and_not_before(wall) -> None:
    old, recent = unused_for(staff.person("AUDITOR"), days=90, seconds=1), unused_for(staff.person("AUDITOR"), days=90)

    tasks.close_dormant(now=presence.present())

    assert (is_open(old), is_open(recent)) == (False, True)
    entry = AuditEntry.objects.get(action="staff.account.closed")
    assert (entry.subject, entry.actor_kind) == (old.user.email, "SYSTEM")
    assert entry.facts["reason"] == "no sign-in for 90 days"


def test_an_account_nobody_ever_used_counts_from_its_opening(wall) -> None:
    person = staff.person("AUDITOR")
    User.objects.filter(pk=person.user.pk).update(created_at=presence.present() - timedelta(days=91))

    tasks.close_dormant(now=presence.present())

    assert not is_open(person)


def test_it_closes_once_and_a_reset_opens_it_for_ninety_days_more(wall) -> None:
    person = unused_for(staff.person("AUDITOR"), days=91)
    tasks.close_dormant(now=presence.present())
    tasks.close_dormant(now=presence.present())
    assert AuditEntry.objects.filter(action="staff.account.closed").count() == 1

    people.reset(user_id=person.user.pk, actor=staff.person("ADMINISTRATOR").user.actor(), now=presence.present())
    tasks.close_dormant(now=presence.present())

    assert is_open(person)


def test_somebody_who_signed_in_meanwhile_stays(wall) -> None:
    """Between the list and the row somebody came back."""
    person = unused_for(staff.person("AUDITOR"), days=1)

    closed = people.close_dormant(user_id=person.user.pk, limit=timedelta(days=90), now=presence.present())

    assert not closed
    assert is_open(person)


@pytest.mark.parametrize(("days", "warned"), [(75, False), (76, True), (89, True)])
def test_the_people_page_warns_two_weeks_ahead(wall, days: int, warned: bool) -> None:
    unused_for(staff.person("AUDITOR"), days=days)

    page = staff.signed_in("ADMINISTRATOR").get("/admin/staff/").content.decode()

    assert ("will be closed soon" in page) is warned
