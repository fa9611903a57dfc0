"""Two steps, both needed: the password, then a code of the authenticator."""

import time

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from core.staff.services import authenticators
from tests.factories import staff

pytestmark = pytest.mark.django_db

LOGIN, CODE, HOME = "/admin/login/", "/admin/login/code/", "/admin/"


def give_password(client: Client, person: staff.Person, password: str | None = None) -> HttpResponse:
    return client.post(LOGIN, {"email": person.user.email, "password": password or person.password})


def code_of(person: staff.Person, steps: int = 0) -> str:
    return authenticators.code_at(person.secret, time.time() + 30 * steps)


def is_in(client: Client) -> bool:
    return client.get(reverse("admin:presence")).status_code == 200


def test_password_and_code_open_the_console() -> None:
    person, client = staff.person("AUDITOR"), Client()

    after_password = give_password(client, person)
    assert after_password.status_code == 302
    assert after_password.url == CODE
    assert not is_in(client)

    after_code = client.post(CODE, {"code": code_of(person)})
    assert after_code.status_code == 302
    assert after_code.url == HOME
    assert is_in(client)
