"""Accounts: enrolment at the first sign-in, passwords and their history, roles and who may give them."""

import itertools
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core.audit.models import AuditEntry
from core.staff import presence
from core.staff.models import FormerPassword, StaffSession, User
from core.staff.services import authenticators, people
from tests.factories import staff
from tests.integration.core.staff.conftest import (
    CODE,
    ENROL,
    HOME,
    code_of,
    enter,
    give_code,
    give_password,
    is_in,
)

pytestmark = pytest.mark.django_db
PASSWORD = "/admin/account/password/"


def secret_on(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    return found[1]


class TestEnrolment:
    def test_first_sign_in_sets_up_the_authenticator(self, wall) -> None:
        person, client = staff.person("AUDITOR", enrolled=False), Client()

        assert give_password(client, person).url == ENROL
        assert not is_in(client)
        secret = secret_on(client.get(ENROL).content.decode())
        done = client.post(ENROL, {"code": authenticators.code_at(secret, presence.present().timestamp())})

        assert done.status_code == 200
        assert f'href="{HOME}">I have kept them' in done.content.decode()
        assert is_in(client)
        assert AuditEntry.objects.filter(action="staff.authenticator.enrolled").count() == 1

    def test_wrong_code_shows_the_same_secret_again(self, wall) -> None:
        person, client = staff.person("AUDITOR", enrolled=False), Client()
        give_password(client, person)
        secret = secret_on(client.get(ENROL).content.decode())

        again = client.post(ENROL, {"code": "000000"})

        assert secret_on(again.content.decode()) == secret
        assert not is_in(client)

    def test_code_that_enrolled_does_not_sign_in_again(self, wall) -> None:
        person, client, other = staff.person("AUDITOR", enrolled=False), Client(), Client()
        give_password(client, person)
        code = authenticators.code_at(secret_on(client.get(ENROL).content.decode()), presence.present().timestamp())
        client.post(ENROL, {"code": code})

        assert give_password(other, person).url == CODE
        give_code(other, code)
        assert not is_in(other)

    def test_who_knows_the_password_does_not_see_anothers_secret(self, wall) -> None:
        person, first, second = staff.person("AUDITOR", enrolled=False), Client(), Client()
        give_password(first, person)
        give_password(second, person)

        seen = {secret_on(client.get(ENROL).content.decode()) for client in (first, second)}

        assert len(seen) == 2

    def test_enrolment_cannot_be_repeated_over_an_authenticator(self, wall) -> None:
        person, client = staff.person("AUDITOR"), Client()
        give_password(client, person)

        assert client.get(ENROL).url == CODE

    def test_enrolment_needs_the_password(self) -> None:
        assert Client().get(ENROL).url == "/admin/login/"


class TestPasswords:
    def change(self, client: Client, current: str, new: str, again: str | None = None):
        return client.post(PASSWORD, {"current": current, "new": new, "again": new if again is None else again})

    @pytest.mark.parametrize(
        ("new", "why"),
        [
            ("short1", "at least 12"),
            ("onlylettershere", "letters and digits"),
            ("836492017465", "letters and digits"),
            ("password1234", "too common"),
            ("robin.example1", "too similar"),
        ],
    )
    def test_weak_password_is_refused(self, wall, new: str, why: str) -> None:
        person, client = staff.person("AUDITOR"), Client()
        enter(client, person)

        answer = self.change(client, person.password, new)

        assert answer.status_code == 400
        assert why in answer.content.decode()

    def test_current_password_is_asked_and_counted(self, wall) -> None:
        person, client = staff.person("AUDITOR"), Client()
        enter(client, person)
        for _ in range(10):
            assert self.change(client, "not the password 1", "a fine new word 7").status_code == 400

        assert self.change(client, person.password, "a fine new word 7").status_code == 400

    def test_none_of_the_last_four_comes_back(self, wall) -> None:
        person, client = staff.person("AUDITOR"), Client()
        enter(client, person)
        words = [person.password, "first long word 1", "second long word 2", "third long word 3", "fourth long word 4"]
        for before, after in itertools.pairwise(words):
            wall.shift(1)
            assert self.change(client, before, after).status_code == 302

        for recent in words[1:]:
            assert self.change(client, words[-1], recent).status_code == 400
        assert self.change(client, words[-1], words[0]).status_code == 302
        assert FormerPassword.objects.filter(user=person.user).count() == 4

    def test_change_ends_the_persons_other_sessions(self, wall) -> None:
        person, here, elsewhere = staff.person("AUDITOR"), Client(), Client()
        enter(here, person)
        wall.shift(30)
        enter(elsewhere, person)

        self.change(here, person.password, "a fine new word 7")

        assert is_in(here)
        assert not is_in(elsewhere)
        assert StaffSession.objects.filter(user=person.user).count() == 1

    def test_issued_password_opens_only_its_replacement(self, wall) -> None:
        person, client = staff.person("AUDITOR"), Client()
        User.objects.filter(pk=person.user.pk).update(must_change_password=True)
        enter(client, person)

        assert client.get("/admin/records/").url == PASSWORD
        assert self.change(client, person.password, "a fine new word 7").status_code == 302
        assert client.get("/admin/records/").status_code == 200

    def test_stored_with_argon2id(self, settings) -> None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        assert staff.person("AUDITOR").user.password.startswith("argon2$argon2id$")


class TestRoles:
    @pytest.mark.parametrize("role", ["FRAUD_LEAD", "TREASURY", "COMPLIANCE", "ON_CALL", "AUDITOR"])
    def test_only_administrators_give_roles(self, role: str) -> None:
        person = staff.person()

        answer = staff.signed_in(role).post(
            f"/admin/staff/{person.user.pk}/roles/", {"roles": ["TREASURY"], "reason": "x"}
        )

        assert answer.status_code == 403
        assert not User.objects.get(pk=person.user.pk).roles


class TestAdministration:
    def test_new_person_gets_a_password_once(self) -> None:
        admin = staff.signed_in("ADMINISTRATOR")

        page = admin.post(
            "/admin/staff/new/", {"email": "New@Holdfast.example", "full_name": "New Person"}
        ).content.decode()

        user = User.objects.get(email="new@holdfast.example")
        password = re.search(r"<code>([\w-]{19})</code>", page)[1]
        assert user.check_password(password)
        assert user.must_change_password
        assert user.roles == frozenset()
        assert password not in admin.get(f"/admin/staff/{user.pk}/").content.decode()

    def test_second_account_for_an_address_is_refused(self) -> None:
        person = staff.person("AUDITOR")
        answer = staff.signed_in("ADMINISTRATOR").post(
            "/admin/staff/new/", {"email": person.user.email.upper(), "full_name": "X"}
        )
        assert answer.status_code == 400

    def test_reset_ends_everything_the_person_had(self, wall) -> None:
        person, client = staff.person("AUDITOR"), Client()
        enter(client, person)

        staff.signed_in("ADMINISTRATOR").post(f"/admin/staff/{person.user.pk}/reset/")

        assert not is_in(client)
        assert give_password(Client(), person).status_code == 400
        assert authenticators.find(person.user) is None

    def test_closed_account_is_out_and_stays_out(self, wall) -> None:
        person, client = staff.person("AUDITOR"), Client()
        enter(client, person)

        staff.signed_in("ADMINISTRATOR").post(f"/admin/staff/{person.user.pk}/close/", {"reason": "left"})

        assert not is_in(client)
        wall.shift(30)
        assert give_password(Client(), person).status_code == 400

    def test_nobody_closes_their_own_account(self) -> None:
        person = staff.person("ADMINISTRATOR")
        with pytest.raises(people.UnableToChangePerson):
            people.close(user_id=person.user.pk, reason="x", actor=person.user.actor(), now=presence.present())


class TestCommands:
    def test_create_staff_prints_what_a_demo_needs(self, wall) -> None:
        out = StringIO()
        call_command("create_staff", email="demo@holdfast.example", roles=["AUDITOR"], with_totp=True, stdout=out)
        facts = dict(line.split(": ", 1) for line in out.getvalue().splitlines())
        person = staff.Person(User.objects.get(email=facts["email"]), facts["password"], facts["totp secret"])

        client = Client()
        enter(client, person)

        assert is_in(client)
        assert facts["roles"] == "AUDITOR"
        assert code_of(person)

    def test_there_are_no_superusers(self) -> None:
        with pytest.raises(CommandError, match="create_staff"):
            call_command("createsuperuser")
        with pytest.raises(CommandError, match="reset_staff"):
            call_command("changepassword")

    def test_actor_of_a_command_is_recorded(self) -> None:
        call_command("create_staff", email="demo@holdfast.example", roles=["AUDITOR"], stdout=StringIO())
        entry = AuditEntry.objects.get(action="staff.account.opened")
        assert (entry.actor_kind, entry.actor_id) == ("SYSTEM", "create_staff")
