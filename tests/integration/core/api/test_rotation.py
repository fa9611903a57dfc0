"""Rotation: two keys of one lineage work for a while, never three, and nobody is cut off unawares."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.actors import SYSTEM
from core.api import expiry, keys, rotation
from core.api.events import ApiKeyExpiring
from core.api.models import ApiKey
from core.api.rotation import UnableToRotate
from core.database.refusals import refusal_name
from core.outbox.models import Event
from core.parameters import services as parameters
from tests.factories import keys as live
from tests.factories import staff

pytestmark = pytest.mark.django_db


def make(**fields: object) -> tuple[ApiKey, str]:
    return keys.create(
        **({"name": "shop", "livemode": False, "scopes": ["payments:read"], "actor": SYSTEM, "now": timezone.now()}
           | fields)
    )  # fmt: skip


def test_both_work_until_the_old_ones_end_seven_days_on() -> None:
    old, old_secret = make(networks=["192.0.2.0/24"])
    now = timezone.now()
    new, new_secret = rotation.rotate(key_id=old.public_id, actor=SYSTEM, now=now)

    assert (new.scopes, new.networks, new.kind, new.lineage) == (old.scopes, old.networks, old.kind, old.public_id)
    assert new.replaces_id == old.pk
    for secret in (old_secret, new_secret):
        assert keys.find_usable(secret=secret, now=now + timedelta(days=7) - timedelta(seconds=1))
    assert keys.find_usable(secret=old_secret, now=now + timedelta(days=7)) is None
    assert keys.find_usable(secret=new_secret, now=now + timedelta(days=7))


def test_the_overlap_is_at_most_what_the_parameter_says() -> None:
    old, _ = make()
    now = timezone.now()
    rotation.rotate(key_id=old.public_id, actor=SYSTEM, now=now, overlap=timedelta(days=60))
    old.refresh_from_db()
    assert old.expires_at == now + timedelta(days=parameters.read(rotation.OVERLAP_DAYS, at=now))

    other, _ = make()
    rotation.rotate(key_id=other.public_id, actor=SYSTEM, now=now, overlap=timedelta(hours=1))
    other.refresh_from_db()
    assert other.expires_at == now + timedelta(hours=1)


def test_a_key_that_ends_sooner_is_not_kept_alive() -> None:
    now = timezone.now()
    old, _ = make(expires_at=now + timedelta(days=1))
    new, _ = rotation.rotate(key_id=old.public_id, actor=SYSTEM, now=now)
    old.refresh_from_db()
    assert old.expires_at == new.expires_at == now + timedelta(days=1)


def test_a_third_waits_until_one_of_two_has_ended() -> None:
    old, _ = make()
    now = timezone.now()
    new, _ = rotation.rotate(key_id=old.public_id, actor=SYSTEM, now=now)
    for key in (old, new):
        with pytest.raises(UnableToRotate, match="works beside this key"):
            rotation.rotate(key_id=key.public_id, actor=SYSTEM, now=now)
    keys.revoke(key_id=old.public_id, actor=SYSTEM, now=now)
    third, _ = rotation.rotate(key_id=new.public_id, actor=SYSTEM, now=now)
    assert third.lineage == old.public_id
    fourth, _ = rotation.rotate(key_id=third.public_id, actor=SYSTEM, now=now + timedelta(days=8))
    assert fourth.place != third.place


def test_what_works_no_more_has_no_successor() -> None:
    now = timezone.now()
    ended, _ = make(expires_at=now + timedelta(days=1))
    revoked, _ = make()
    keys.revoke(key_id=revoked.public_id, actor=SYSTEM, now=now)
    with pytest.raises(UnableToRotate, match="expired"):
        rotation.rotate(key_id=ended.public_id, actor=SYSTEM, now=now + timedelta(days=2))
    with pytest.raises(UnableToRotate, match="revoked"):
        rotation.rotate(key_id=revoked.public_id, actor=SYSTEM, now=now)


def test_a_live_key_is_rotated_by_one_person_within_what_was_signed(
    integrator: staff.Person, officer: staff.Person
) -> None:
    key, _ = live.collected(integrator, officer, "payments:read")
    new, secret = rotation.rotate(key_id=key.public_id, actor=integrator.user.actor(), now=timezone.now())
    assert (new.approval_id, new.expires_at) == (key.approval_id, key.expires_at)
    assert keys.find_usable(secret=secret, now=timezone.now())


def test_the_database_keeps_a_third_out() -> None:
    old, _ = make()
    new, _ = rotation.rotate(key_id=old.public_id, actor=SYSTEM, now=timezone.now())
    for place in (1, 2):
        third = ApiKey.objects.get(pk=new.pk)
        third.pk, third.public_id, third.secret_hash, third.place = None, "key_third", b"3" * 32, place
        third.replaces = None
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            third.save(force_insert=True)
        assert refusal_name(refused.value) == "api_key_place_is_taken_once"


@pytest.mark.django_db(transaction=True)
def test_two_who_rotate_at_once_make_one_successor() -> None:
    old, _ = make()
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def run() -> None:
        barrier.wait()
        try:
            rotation.rotate(key_id=old.public_id, actor=SYSTEM, now=timezone.now())
            outcomes.append("made")
        except UnableToRotate:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert ApiKey.objects.filter(lineage=old.public_id).count() == 2


def test_an_end_is_announced_once_fourteen_days_ahead_unless_the_key_was_rotated() -> None:
    now = timezone.now()
    soon, _ = make(expires_at=now + timedelta(days=14))
    make(expires_at=now + timedelta(days=15))
    make()
    rotated, _ = make(expires_at=now + timedelta(days=3))
    rotation.rotate(key_id=rotated.public_id, actor=SYSTEM, now=now)
    successor = ApiKey.objects.get(replaces=rotated)
    keys.revoke(key_id=successor.public_id, actor=SYSTEM, now=now)

    assert expiry.warn(now=now) == 1
    assert expiry.warn(now=now) == 0
    event = Event.objects.get(name=ApiKeyExpiring.name)
    assert event.payload["key_id"] == soon.public_id
    # A later end is a new end: it is announced again in its time.
    rotation.change_rights(
        key_id=soon.public_id, scopes=soon.scopes, networks=[], expires_at=now + timedelta(days=60),
        actor=SYSTEM, now=now,
    )  # fmt: skip
    assert expiry.warn(now=now) == 0
    assert expiry.warn(now=now + timedelta(days=50)) == 1
