"""Ten wrong tries of either factor lock the account for thirty minutes; strangers' addresses behave the same."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from core.audit.models import AuditEntry
from core.staff.services import counters, sign_in
from core.staff.sign_in_views import REFUSED
from tests.factories import staff
from tests.integration.core.staff.conftest import LOGIN, code_of, enter, give_code, give_password, is_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def test_ten_wrong_passwords_lock_for_thirty_minutes(wall) -> None:
    person, client = staff.person("AUDITOR"), Client()
    for _ in range(10):
        give_password(client, person, "not the password 1")
    assert AuditEntry.objects.filter(action="staff.account.locked", subject=person.user.email).count() == 1

    wall.shift(30 * 60 - 1)
    assert REFUSED in give_password(client, person).content.decode()

    wall.shift(1)
    enter(client, person)
    assert is_in(client)


def test_nine_wrong_passwords_do_not_lock(wall) -> None:
    person, client = staff.person("AUDITOR"), Client()
    for _ in range(9):
        give_password(client, person, "not the password 1")

    enter(client, person)

    assert is_in(client)


def test_both_factors_count_together(wall) -> None:
    """Four passwords and six codes are ten; a right password in between forgives nothing."""
    person, client = staff.person("AUDITOR"), Client()
    for _ in range(4):
        give_password(client, person, "not the password 1")
    give_password(client, person)
    for _ in range(6):
        give_code(client, "000000")
        wall.shift(40)

    give_code(client, code_of(person))

    assert not is_in(client)
    assert sign_in.is_locked(email=person.user.email, now=datetime.now(UTC))


def test_tries_while_locked_do_not_make_it_longer(wall) -> None:
    person, client = staff.person("AUDITOR"), Client()
    for _ in range(10):
        give_password(client, person, "not the password 1")
    wall.shift(29 * 60)
    for _ in range(5):
        give_password(client, person, "not the password 1")

    wall.shift(60)

    enter(client, person)
    assert is_in(client)


def test_signing_in_forgets_earlier_failures(wall) -> None:
    person = staff.person("AUDITOR")
    for _ in range(3):
        for _ in range(6):
            give_password(Client(), person, "not the password 1")
        wall.shift(30)
        client = Client()
        enter(client, person)
        assert is_in(client)


def test_unknown_address_locks_like_a_known_one(wall) -> None:
    """Otherwise the lock itself would say who has an account."""
    email = "nobody@holdfast.example"
    answers = {
        Client().post(LOGIN, {"email": email, "password": "x" * 12}).content.count(REFUSED.encode()) for _ in range(12)
    }

    assert answers == {1}
    assert sign_in.is_locked(email=email, now=datetime.now(UTC))


def test_one_address_of_origin_has_a_hundred_tries_in_half_an_hour(wall) -> None:
    """Spraying one password over many accounts is stopped where it comes from."""
    subject = counters.origin("203.0.113.7")
    tries = [
        counters.begin(subject=subject, limit=100, lock_for=HALF_AN_HOUR, window=HALF_AN_HOUR, now=NOW)
        for _ in range(101)
    ]
    assert tries == [True] * 100 + [False]

    assert counters.begin(
        subject=subject, limit=100, lock_for=HALF_AN_HOUR, window=HALF_AN_HOUR, now=NOW + HALF_AN_HOUR
    )


@pytest.mark.django_db(transaction=True)
def test_thirty_guesses_at_once_are_ten_guesses() -> None:
    allowed: list[bool] = []
    together = threading.Barrier(30)

    def guess() -> None:
        from django.db import connection

        together.wait()
        allowed.append(counters.begin(subject="account:x", limit=10, lock_for=HALF_AN_HOUR, window=None, now=NOW))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(allowed) == [False] * 20 + [True] * 10
