"""Two steps, both needed: the password, then a code of the authenticator, which works once."""

import threading
import time
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.test import Client
from django_otp.oath import TOTP

from core.audit.models import AuditEntry
from core.staff.models import Authenticator, User
from core.staff.sign_in_views import REFUSED, REFUSED_CODE
from tests.factories import staff
from tests.integration.core.staff.conftest import CODE, HOME, LOGIN, code_of, enter, give_code, give_password, is_in

pytestmark = pytest.mark.django_db


def actions(result: str = "") -> list[str]:
    entries = AuditEntry.objects.filter(action__startswith="staff.").order_by("id")
    return [entry.action for entry in (entries.filter(result=result) if result else entries)]


def test_password_and_code_open_the_console() -> None:
    person, client = staff.person("AUDITOR"), Client()

    assert give_password(client, person).url == CODE
    assert not is_in(client)
    assert give_code(client, code_of(person)).url == HOME
    assert is_in(client)
    assert actions()[-1] == "staff.session.opened"


def test_code_may_be_typed_with_a_space() -> None:
    person, client = staff.person("AUDITOR"), Client()
    give_password(client, person)
    code = code_of(person)

    give_code(client, f"{code[:3]} {code[3:]}")

    assert is_in(client)


def test_wrong_password_and_unknown_address_get_one_answer() -> None:
    person = staff.person("AUDITOR")

    wrong = give_password(Client(), person, "not the password 1")
    unknown = Client().post(LOGIN, {"email": "nobody@holdfast.example", "password": "not the password 1"})

    for answer in (wrong, unknown):
        assert answer.status_code == 400
        assert REFUSED in answer.content.decode()
    assert actions("FAILURE") == ["staff.sign_in.refused", "staff.sign_in.refused"]


def test_typed_address_that_is_nobodys_is_not_kept() -> None:
    """People type their password into the wrong field."""
    Client().post(LOGIN, {"email": "correct-horse-9@battery.staple", "password": "x"})

    entry = AuditEntry.objects.get(action="staff.sign_in.refused")
    assert (entry.actor_id, entry.subject) == ("unknown", "unknown")
    assert "horse" not in str(entry.__dict__)


def test_unknown_address_takes_as_much_hashing_as_a_known_one() -> None:
    person = staff.person("AUDITOR")
    hasher = type(hashers.get_hasher())

    with mock.patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as encode:
        give_password(Client(), person, "not the password 1")
        for_known = encode.call_count
        Client().post(LOGIN, {"email": "nobody@holdfast.example", "password": "not the password 1"})

    assert for_known > 0
    assert encode.call_count == 2 * for_known


def test_wrong_code_keeps_the_door_shut() -> None:
    person, client = staff.person("AUDITOR"), Client()
    give_password(client, person)

    answer = give_code(client, code_of(person, steps=-9))

    assert REFUSED_CODE in answer.content.decode()
    assert not is_in(client)
    assert actions("FAILURE") == ["staff.sign_in.refused"]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12.345", "0x1234"])
def test_what_is_no_code_is_refused(code: str) -> None:
    person, client = staff.person("AUDITOR"), Client()
    give_password(client, person)

    assert give_code(client, code).status_code == 400
    assert not is_in(client)


def test_code_without_password_leads_back_to_the_first_step() -> None:
    person, client = staff.person("AUDITOR"), Client()

    assert give_code(client, code_of(person)).url == LOGIN
    assert not is_in(client)


def test_second_step_waits_five_minutes(wall) -> None:
    person, client = staff.person("AUDITOR"), Client()
    give_password(client, person)

    wall.shift(5 * 60 + 1)

    assert give_code(client, code_of(person)).url == LOGIN
    assert not is_in(client)


def test_code_works_once(wall) -> None:
    person, first, second = staff.person("AUDITOR"), Client(), Client()
    enter(first, person)

    give_password(second, person)
    give_code(second, code_of(person))
    assert not is_in(second)

    wall.shift(30)
    give_code(second, code_of(person))
    assert is_in(second)


def test_earlier_code_is_dead_once_a_later_one_was_used(wall) -> None:
    """The step before the present one is tolerated, but not after a later one was accepted."""
    person, first, second = staff.person("AUDITOR"), Client(), Client()
    enter(first, person)

    give_password(second, person)
    give_code(second, code_of(person, steps=-1))

    assert not is_in(second)


def test_after_a_wrong_code_the_next_waits(wall) -> None:
    person, client = staff.person("AUDITOR"), Client()
    give_password(client, person)
    give_code(client, "000000")

    too_soon = give_code(client, code_of(person))
    assert "Wait" in too_soon.content.decode()
    assert not is_in(client)

    wall.shift(2)
    give_code(client, code_of(person))
    assert is_in(client)


def test_secret_is_sealed_in_the_table() -> None:
    person = staff.person("AUDITOR")

    row = bytes(Authenticator.objects.get(user=person.user).secret)

    assert person.secret.encode() not in row
    assert len(row) > 20 + 40


def test_code_of_another_person_does_not_fit() -> None:
    person, other, client = staff.person("AUDITOR"), staff.person("AUDITOR"), Client()
    give_password(client, person)

    give_code(client, code_of(other))

    assert not is_in(client)


def test_signing_in_makes_a_new_session() -> None:
    """Who planted a session in the browser before holds nothing afterwards."""
    person, client = staff.person("AUDITOR"), Client()
    client.get(LOGIN)
    give_password(client, person)
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    give_code(client, code_of(person))
    after = client.cookies[settings.SESSION_COOKIE_NAME].value

    planted = Client()
    planted.cookies[settings.SESSION_COOKIE_NAME] = before
    assert before != after
    assert not is_in(planted)
    assert is_in(client)


def test_signed_out_session_is_worthless() -> None:
    person, client = staff.person("AUDITOR"), Client()
    enter(client, person)
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert is_in(stolen)

    client.post("/admin/logout/")

    assert not is_in(stolen)
    assert actions()[-1] == "staff.session.closed"


def test_signing_in_leads_to_the_page_asked_for_and_never_elsewhere() -> None:
    person, client = staff.person("AUDITOR"), Client()
    asked = client.get("/admin/records/?x=1")
    assert asked.url == "/admin/login/?next=%2Fadmin%2Frecords%2F%3Fx%3D1"

    client.post(asked.url, {"email": person.user.email, "password": person.password})
    assert give_code(client, code_of(person)).url == "/admin/records/?x=1"

    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        stranger, other = Client(), staff.person("AUDITOR")
        stranger.post(f"{LOGIN}?next={elsewhere}", {"email": other.user.email, "password": other.password})
        assert give_code(stranger, code_of(other)).url == HOME


def test_closed_account_cannot_sign_in_between_the_steps() -> None:
    person, client = staff.person("AUDITOR"), Client()
    give_password(client, person)
    User.objects.filter(pk=person.user.pk).update(is_active=False)

    assert give_code(client, code_of(person)).url == LOGIN


def test_account_unused_for_ninety_days_is_closed(wall) -> None:
    person, client = staff.person("AUDITOR"), Client()
    User.objects.filter(pk=person.user.pk).update(created_at=wall_time())
    wall.shift(90 * 24 * 3600 + 1)

    assert give_password(client, person).status_code == 400


def wall_time():
    from core.staff import presence

    return presence.present()


@pytest.mark.django_db(transaction=True)
def test_one_code_used_twice_at_the_same_moment_opens_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the row lock both would find the code unused: each lingers between looking and writing."""
    person = staff.person("AUDITOR")
    clients = [Client(), Client()]
    for client in clients:
        give_password(client, person)
    code, together = code_of(person), threading.Barrier(2)

    compare = TOTP.verify

    def linger(*arguments: object) -> bool:
        right = compare(*arguments)
        time.sleep(0.5)
        return right

    monkeypatch.setattr(TOTP, "verify", linger)

    def use(client: Client) -> None:
        from django.db import connection

        together.wait()
        give_code(client, code)
        connection.close()

    threads = [threading.Thread(target=use, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(is_in(client) for client in clients) == [False, True]
