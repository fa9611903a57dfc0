"""Passkeys in place of the code at sign-in: this site, this challenge, this person, verified, and never a copy."""

import copy
import json

import pytest
from django.test import Client

from core.audit.models import AuditEntry
from core.staff.models import Passkey
from core.staff.services import passkeys
from tests.factories import staff
from tests.factories.passkeys import SecurityKey
from tests.integration.core.staff.conftest import code_of, give_code, give_password, is_in

pytestmark = pytest.mark.django_db
ACCOUNT, STEP = "/admin/account/passkeys/", "/admin/login/passkey/"


def add(person: staff.Person, key: SecurityKey) -> Client:
    client = Client()
    staff.sign_in(client, person.user)
    options = client.post(f"{ACCOUNT}options/").json()
    client.post(f"{ACCOUNT}new/", {"name": "Blue key", "answer": key.create(options)})
    return client


def options_for(client: Client, person: staff.Person) -> dict:
    give_password(client, person)
    return client.post(STEP).json()


def answer(client: Client, text: str) -> int:
    return client.post(STEP, {"answer": text}).status_code


@pytest.fixture
def person() -> staff.Person:
    return staff.person("AUDITOR")


def test_a_registered_key_signs_in_and_the_code_keeps_working(person: staff.Person) -> None:
    key, client, other = SecurityKey(), Client(), Client()
    add(person, key)

    assert answer(client, key.get(options_for(client, person))) == 302

    assert is_in(client)
    assert Passkey.objects.get().sign_count == 1
    opened = AuditEntry.objects.filter(action="staff.session.opened").latest("id")
    assert opened.facts == {"factor": "passkey"}
    give_password(other, person)
    give_code(other, code_of(person))
    assert is_in(other)


def test_options_ask_for_verification_and_name_the_persons_keys_only(person: staff.Person) -> None:
    mine, others = SecurityKey(), SecurityKey()
    add(person, mine)
    add(staff.person("AUDITOR"), others)

    options = options_for(Client(), person)

    assert options["userVerification"] == "required"
    assert [item["id"] for item in options["allowCredentials"]] == [json.loads(mine.create(options))["id"]]


@pytest.mark.parametrize("wrong", ["challenge", "site", "unverified", "unknown", "nonsense"])
def test_an_answer_that_proves_nothing_is_refused_and_counted(person: staff.Person, wrong: str) -> None:
    key, client = SecurityKey(), Client()
    add(person, key)
    options = options_for(client, person)
    thief = copy.copy(key)
    match wrong:
        case "challenge":
            options["challenge"] = "AAAA"
        case "site":
            thief.origin = "http://testserver.evil.example"
        case "unverified":
            thief.verifies = False
        case "unknown":
            thief = SecurityKey()
    text = "{}" if wrong == "nonsense" else thief.get(options)

    assert answer(client, text) == 400

    assert not is_in(client)
    refused = AuditEntry.objects.filter(action="staff.sign_in.refused").latest("id")
    assert refused.facts["step"] == "passkey"


def test_an_answer_works_once(person: staff.Person) -> None:
    key, client, other = SecurityKey(), Client(), Client()
    add(person, key)
    text = key.get(options_for(client, person))
    assert answer(client, text) == 302
    options_for(other, person)

    assert answer(other, text) == 400


def test_a_copied_key_is_found_out_by_its_counter(person: staff.Person) -> None:
    key, client = SecurityKey(), Client()
    add(person, key)
    copied = copy.copy(key)
    answer(client, key.get(options_for(client, person)))
    thief = Client()

    assert answer(thief, copied.get(options_for(thief, person))) == 400


def test_another_persons_key_opens_nothing(person: staff.Person) -> None:
    key, client = SecurityKey(), Client()
    add(staff.person("AUDITOR"), key)

    assert answer(client, key.get(options_for(client, person))) == 400


def test_a_key_belongs_to_one_person(person: staff.Person) -> None:
    key = SecurityKey()
    add(person, key)

    client = add(staff.person("AUDITOR"), key)

    assert Passkey.objects.count() == 1
    assert "known already" in client.get(ACCOUNT).content.decode()


def test_a_key_without_verification_is_not_taken(person: staff.Person) -> None:
    add(person, SecurityKey(verifies=False))

    assert not Passkey.objects.exists()


def test_ten_wrong_answers_lock_the_account(person: staff.Person, wall) -> None:
    key, client = SecurityKey(), Client()
    add(person, key)
    for _ in range(10):
        options_for(client, person)
        answer(client, "{}")

    assert give_password(client, person).status_code == 400


def test_a_removed_key_signs_in_no_more(person: staff.Person) -> None:
    key, client = SecurityKey(), Client()
    owner = add(person, key)

    owner.post(f"{ACCOUNT}{Passkey.objects.get().pk}/remove/")

    assert answer(client, key.get(options_for(client, person) | {"challenge": "AAAA"})) == 400
    assert AuditEntry.objects.filter(action="staff.passkey.removed", subject=person.user.email).exists()


def test_nobody_removes_anothers_key(person: staff.Person) -> None:
    add(person, SecurityKey())
    stranger = staff.signed_in("AUDITOR")

    stranger.post(f"{ACCOUNT}{Passkey.objects.get().pk}/remove/")

    assert Passkey.objects.exists()


def test_a_person_has_at_most_ten(person: staff.Person) -> None:
    for _ in range(passkeys.MOST + 1):
        add(person, SecurityKey())

    assert Passkey.objects.count() == passkeys.MOST


def test_passkey_needs_the_password_first() -> None:
    assert Client().post(STEP).url == "/admin/login/"


def test_a_session_by_passkey_does_not_open_what_asks_for_a_code(person: staff.Person) -> None:
    key, client = SecurityKey(), Client()
    add(person, key)
    answer(client, key.get(options_for(client, person)))

    assert client.get(ACCOUNT).url.startswith("/admin/account/step-up/")


def test_a_reset_forgets_passkeys(person: staff.Person) -> None:
    add(person, SecurityKey())

    staff.signed_in("ADMINISTRATOR").post(f"/admin/staff/{person.user.pk}/reset/")

    assert not passkeys.list_for(person.user)
