"""Sessions are found by their person and end with the next request; a new device is asked about."""

import re

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client

from core.audit.models import AuditEntry
from core.outbox.models import Event
from core.staff import device_names
from core.staff.models import KnownDevice, StaffSession, User
from core.staff.session_store import digest
from tests.factories import staff
from tests.integration.core.staff.conftest import CODE, code_of, enter, give_code, give_password, is_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
SESSIONS, END = "/admin/account/sessions/", "/admin/account/sessions/end/"


def enter_from(person: staff.Person, agent: str, wall) -> Client:
    client = Client(headers={"User-Agent": agent})
    wall.shift(31)
    enter(client, person)
    return client


def key_of(client: Client) -> str:
    return digest(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.fixture
def person() -> staff.Person:
    return staff.person("AUDITOR", email="robin@holdfast.example")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox 140 on Linux"),
        (IPHONE, "Safari 18 on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) WebKit/537.36 Chrome/139.0 Safari/537.36 Edg/139.0",
            "Edge 139 on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) WebKit/537.36 Chrome/139.0 Mobile Safari/537.36",
            "Chrome 139 on Android",
        ),
        ("", "Unknown browser on an unknown system"),
        ("<script>" * 100, "Unknown browser on an unknown system"),
    ],
)
def test_a_browser_in_words(agent: str, words: str) -> None:
    assert device_names.words(agent) == words


class TestOwnSessions:
    def test_lists_device_address_and_which_is_this_one(self, wall, person) -> None:
        enter_from(person, IPHONE, wall)
        here = enter_from(person, FIREFOX, wall)

        page = here.get(SESSIONS).content.decode()

        rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td>", page)
        assert [(re.sub(r"\s*<.*", "", device), address) for device, address in rows] == [
            ("Firefox 140 on Linux", "127.0.0.1"),
            ("Safari 18 on iPhone", "127.0.0.1"),
        ]
        assert "THIS ONE" in rows[0][0].upper()
        assert "THIS ONE" not in rows[1][0].upper()

    def test_ending_one_holds_from_its_next_request(self, wall, person) -> None:
        telephone, here = enter_from(person, IPHONE, wall), enter_from(person, FIREFOX, wall)
        assert is_in(telephone)

        here.post(END, {"session": key_of(telephone)})

        assert not is_in(telephone)
        assert is_in(here)
        entry = AuditEntry.objects.get(action="staff.session.revoked")
        assert entry.facts == {"device": "Safari 18 on iPhone", "address": "127.0.0.1"}

    def test_ending_all_others_keeps_this_one(self, wall, person) -> None:
        others = [enter_from(person, IPHONE, wall) for _ in range(3)]
        here = enter_from(person, FIREFOX, wall)

        here.post(END)

        assert is_in(here)
        assert not any(map(is_in, others))
        assert AuditEntry.objects.get(action="staff.sessions.revoked").facts == {"count": 3}

    def test_nobody_ends_anothers(self, wall, person) -> None:
        here, stranger = enter_from(person, FIREFOX, wall), staff.signed_in("TREASURY")

        stranger.post(END, {"session": key_of(here)})

        assert is_in(here)

    def test_ended_session_is_not_brought_back_by_its_last_request(self, wall, person) -> None:
        """A request that was under way when the session ended must not write the row again."""
        here = enter_from(person, FIREFOX, wall)
        session = here.session
        assert session["staff.device"] == "Firefox 140 on Linux"
        StaffSession.objects.all().delete()
        session["late"] = True
        with pytest.raises(UpdateError):
            session.save()
        assert not StaffSession.objects.exists()

    def test_list_costs_the_same_for_one_session_and_for_many(
        self, wall, person, django_assert_max_num_queries
    ) -> None:
        for _ in range(20):
            staff.sign_in(Client(), person.user)
        here = enter_from(person, FIREFOX, wall)
        here.get(SESSIONS)
        with django_assert_max_num_queries(7):  # session, person, authenticator, roles, views, the list, new devices
            here.get(SESSIONS)


class TestAdministrators:
    def test_see_and_end_the_sessions_of_a_person(self, wall, person) -> None:
        there, admin = enter_from(person, IPHONE, wall), staff.signed_in("ADMINISTRATOR")
        path = f"/admin/staff/{person.user.pk}/sessions/"
        assert "Safari 18 on iPhone" in admin.get(path).content.decode()

        admin.post(f"{path}end/")

        assert not is_in(there)

    def test_security_officers_see_and_others_do_not(self, person) -> None:
        path = f"/admin/staff/{person.user.pk}/sessions/"
        assert staff.signed_in("SECURITY_OFFICER").get(path).status_code == 200
        assert staff.signed_in("SECURITY_OFFICER").post(f"{path}end/").status_code == 403
        assert staff.signed_in("TREASURY").get(path).status_code == 403

    @pytest.mark.parametrize("act", ["close/", "reset/"])
    def test_closing_and_reset_end_them(self, wall, person, act: str) -> None:
        there = enter_from(person, IPHONE, wall)

        staff.signed_in("ADMINISTRATOR").post(f"/admin/staff/{person.user.pk}/{act}", {"reason": "left"})

        assert not is_in(there)
        assert not StaffSession.objects.filter(user=person.user).exists()


def test_the_table_holds_nothing_that_opens_a_session(wall, person) -> None:
    here = enter_from(person, FIREFOX, wall)
    row = StaffSession.objects.get(user=person.user)
    assert row.session_key == key_of(here)

    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key

    assert not is_in(thief)


def test_between_the_steps_a_session_is_nobodys(person) -> None:
    give_password(Client(), person)
    assert [row.user_id for row in StaffSession.objects.all()] == [None]


class TestNewDevice:
    def answer(self, client: Client, device: KnownDevice, answer: str) -> None:
        client.post(f"/admin/account/devices/{device.pk}/", {"answer": answer})

    def test_first_device_ever_is_no_question(self, wall, person) -> None:
        here = enter_from(person, FIREFOX, wall)

        assert "new device" not in here.get(SESSIONS).content.decode()
        assert not Event.objects.filter(name="staff.signed_in_from_new_device").exists()

    def test_second_one_is_asked_about_on_every_page_and_published(self, wall, person) -> None:
        here = enter_from(person, FIREFOX, wall)
        enter_from(person, IPHONE, wall)

        assert "Was this you?" in here.get("/admin/records/").content.decode()
        assert "Safari 18 on iPhone" in here.get(SESSIONS).content.decode().partition("Was this you?")[2]
        event = Event.objects.get(name="staff.signed_in_from_new_device")
        assert (event.payload["person"], event.payload["device"]) == ("robin@holdfast.example", "Safari 18 on iPhone")

    def test_known_device_is_not_asked_about_again(self, wall, person) -> None:
        here = enter_from(person, FIREFOX, wall)
        here.post("/admin/logout/")
        wall.shift(31)
        enter(here, person)

        assert KnownDevice.objects.count() == 1
        assert "Was this you?" not in here.get("/admin/records/").content.decode()

    def test_yes_settles_it(self, wall, person) -> None:
        here, there = enter_from(person, FIREFOX, wall), enter_from(person, IPHONE, wall)

        self.answer(here, KnownDevice.objects.get(answer=""), "mine")

        assert is_in(there)
        assert "Was this you?" not in here.get("/admin/records/").content.decode()

    def test_no_ends_every_other_session_and_leads_to_the_password(self, wall, person) -> None:
        here, there = enter_from(person, FIREFOX, wall), enter_from(person, IPHONE, wall)

        answer = here.post(f"/admin/account/devices/{KnownDevice.objects.get(answer='').pk}/", {"answer": "not_mine"})

        assert answer.url == "/admin/account/password/"
        assert not is_in(there)
        assert is_in(here)
        entry = AuditEntry.objects.get(action="staff.device.answered")
        assert entry.facts["answer"] == "NOT_MINE"

    def test_a_device_does_not_vouch_for_itself(self, wall, person) -> None:
        enter_from(person, FIREFOX, wall)
        there = enter_from(person, IPHONE, wall)

        self.answer(there, KnownDevice.objects.get(answer=""), "mine")

        assert User.objects.get(pk=person.user.pk).unanswered_devices == 1

    def test_nobody_answers_for_another(self, wall, person) -> None:
        enter_from(person, FIREFOX, wall)
        enter_from(person, IPHONE, wall)

        self.answer(staff.signed_in("AUDITOR"), KnownDevice.objects.get(answer=""), "mine")

        assert KnownDevice.objects.filter(answer="").count() == 1

    def test_cookie_that_is_no_token_is_replaced(self, wall, person) -> None:
        client = Client()
        client.cookies[settings.HOLDFAST_DEVICE_COOKIE] = "chosen by somebody"
        assert give_password(client, person).url == CODE
        give_code(client, code_of(person))

        assert re.fullmatch(r"[\w-]{43}", client.cookies[settings.HOLDFAST_DEVICE_COOKIE].value)
