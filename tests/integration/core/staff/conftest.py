"""A clock to move, and the few gestures of signing in."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from core.staff.services import authenticators
from tests.factories import staff

MONDAY_MORNING = datetime(2026, 11, 23, 8, 0, 10, tzinfo=UTC)

LOGIN, CODE, ENROL, HOME = "/admin/login/", "/admin/login/code/", "/admin/login/enrol/", "/admin/"


@pytest.fixture
def wall() -> Iterator[time_machine.Traveller]:
    """The machine's clock, standing still: `wall.shift(60)` is a minute later."""
    with time_machine.travel(MONDAY_MORNING, tick=False) as traveller:
        yield traveller


def give_password(client: Client, person: staff.Person, password: str | None = None, **extra: str) -> HttpResponse:
    return client.post(LOGIN, {"email": person.user.email, "password": password or person.password}, **extra)


def code_of(person: staff.Person, *, steps: int = 0) -> str:
    """What the person's app shows now, or some 30-second steps away."""
    return authenticators.code_at(person.secret, time.time() + 30 * steps)


def give_code(client: Client, code: str) -> HttpResponse:
    return client.post(CODE, {"code": code})


def enter(client: Client, person: staff.Person) -> None:
    assert give_password(client, person).url == CODE
    assert give_code(client, code_of(person)).status_code == 302


def is_in(client: Client) -> bool:
    return client.get(reverse("admin:search")).status_code == 200
