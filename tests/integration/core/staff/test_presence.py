"""A session locks after fifteen minutes without activity and ends after twelve hours whatever happens."""

import pytest
from django.test import Client

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.parameters import services as parameters
from core.staff import presence
from core.staff.models import Authenticator, User
from tests.factories import staff
from tests.integration.core.staff.conftest import enter, is_in

pytestmark = pytest.mark.django_db

MINUTE, HOUR = 60, 3600
BACKGROUND = {presence.BACKGROUND_HEADER: "1"}


@pytest.fixture
def client(wall) -> Client:
    client = Client()
    enter(client, staff.person("AUDITOR", email="ada@holdfast.example"))
    return client


def test_fifteen_minutes_without_activity_lock_the_session(client: Client, wall) -> None:
    wall.shift(15 * MINUTE - 1)
    assert is_in(client)

    wall.shift(15 * MINUTE)
    assert not is_in(client)
    assert AuditEntry.objects.filter(action="staff.session.locked", subject="ada@holdfast.example").count() == 1


def test_activity_keeps_the_session_until_twelve_hours(client: Client, wall) -> None:
    for _ in range(12 * 6 - 1):
        wall.shift(10 * MINUTE)
        assert is_in(client)

    wall.shift(10 * MINUTE)
    assert not is_in(client)


def test_polling_in_the_background_is_no_activity(client: Client, wall) -> None:
    for _ in range(14):
        wall.shift(MINUTE)
        assert client.get("/admin/presence/", headers=BACKGROUND).status_code == 200

    wall.shift(MINUTE)
    assert client.get("/admin/presence/", headers=BACKGROUND).status_code == 302


def test_window_learns_how_long_it_has(client: Client, wall) -> None:
    wall.shift(5 * MINUTE)

    assert client.get("/admin/presence/", headers=BACKGROUND).json() == {"secondsLeft": 10 * MINUTE}


def test_htmx_request_of_a_locked_session_sends_the_whole_window_to_sign_in(client: Client, wall) -> None:
    wall.shift(HOUR)

    answer = client.get(
        "/admin/search/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/admin/records/"}
    )

    assert answer.headers["HX-Redirect"] == "/admin/login/?next=http%3A%2F%2Ftestserver%2Fadmin%2Frecords%2F"


def test_parameter_can_only_make_it_shorter(client: Client, wall) -> None:
    now = presence.present()
    parameters.change(
        name="staff.idle_lock_minutes", value=600, effective_from=now, reason="weaker", actor=SYSTEM, now=now
    )
    wall.shift(15 * MINUTE)
    assert not is_in(client)


def test_closing_an_account_ends_its_sessions(client: Client) -> None:
    User.objects.update(is_active=False)

    assert not is_in(client)


def test_forgetting_the_authenticator_ends_its_sessions(client: Client) -> None:
    Authenticator.objects.all().delete()

    assert not is_in(client)
