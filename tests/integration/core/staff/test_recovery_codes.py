"""Ten codes on paper: shown once, each signs in once, and none of them signs or opens what asks for a code."""

import re
import threading

import pytest
from django.db import connection
from django.test import Client

from core.audit.models import AuditEntry
from core.staff import presence
from core.staff.models import RecoveryCode
from core.staff.services import authenticators, recovery
from tests.factories import staff
from tests.integration.core.staff.conftest import ENROL, give_password

pytestmark = pytest.mark.django_db
PAGE, FILE, STEP = "/admin/account/recovery-codes/", "/admin/account/recovery-codes/file/", "/admin/login/recovery/"


def codes_on(page: str) -> list[str]:
    return re.findall(r"<code>([a-z2-9-]{19})</code>", page)


def issue(person: staff.Person) -> list[str]:
    return recovery.issue(user=person.user, origin="192.0.2.1", now=presence.present())


def give(client: Client, person: staff.Person, code: str) -> int:
    assert give_password(client, person).status_code == 302
    return client.post(STEP, {"code": code}).status_code


@pytest.fixture
def person() -> staff.Person:
    return staff.person("AUDITOR")


class TestShown:
    def test_at_enrolment_once(self, wall) -> None:
        person, client = staff.person("AUDITOR", enrolled=False), Client()
        give_password(client, person)
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(ENROL).content.decode())[1]

        page = client.post(ENROL, {"code": authenticators.code_at(secret, presence.present().timestamp())})

        codes = codes_on(page.content.decode())
        assert len(set(codes)) == 10
        assert codes_on(client.get(PAGE).content.decode()) == []
        assert give(Client(), person, codes[3]) == 302

    def test_new_ones_replace_those_of_before(self, person) -> None:
        old, client = issue(person), Client()
        staff.sign_in(client, person.user)

        fresh = codes_on(client.post(PAGE).content.decode())

        assert len(fresh) == 10
        assert give(Client(), person, old[0]) == 400
        assert give(Client(), person, fresh[0]) == 302
        assert AuditEntry.objects.filter(action="staff.recovery_codes.issued").count() == 2

    def test_only_digests_are_kept(self, person) -> None:
        codes = issue(person)
        stored = " ".join(f"{row.salt} {row.digest}" for row in RecoveryCode.objects.all())
        assert not [code for code in codes if code in stored or code.replace("-", "") in stored]

    def test_file_is_what_the_page_showed(self, person) -> None:
        codes, client = issue(person), Client()
        staff.sign_in(client, person.user)

        answer = client.post(FILE, {"codes": " ".join(codes)})

        assert answer.headers["Content-Disposition"] == 'attachment; filename="holdfast-recovery-codes.txt"'
        assert answer.content.decode().splitlines()[3:] == codes

    @pytest.mark.parametrize("text", ["", "<script>", "abcd-efgh", "a" * 300, "abcd-efgh-jkmn-pqrs\nHost: evil"])
    def test_file_holds_codes_and_nothing_else(self, person, text: str) -> None:
        client = Client()
        staff.sign_in(client, person.user)
        assert client.post(FILE, {"codes": text}).url == PAGE

    @pytest.mark.parametrize(("used", "warned"), [(6, False), (7, True), (10, True)])
    def test_few_left_is_said(self, person, used: int, warned: bool) -> None:
        for code in issue(person)[:used]:
            assert recovery.use(user=person.user, code=code, now=presence.present())
        client = Client()
        staff.sign_in(client, person.user)
        assert ("a lost telephone means waiting" in client.get(PAGE).content.decode()) is warned


class TestSigningIn:
    def test_a_code_stands_in_for_the_telephone_and_says_so(self, wall, person) -> None:
        client, codes = Client(), issue(person)

        assert give(client, person, codes[0]) == 302

        page = client.get("/admin/records/").content.decode()
        assert "You signed in with a recovery code; 9 left." in page
        used = AuditEntry.objects.get(action="staff.recovery_code.used")
        assert (used.subject, used.facts) == (person.user.email, {"left": 9})

    def test_works_once(self, wall, person) -> None:
        codes = issue(person)
        assert give(Client(), person, codes[0]) == 302
        assert give(Client(), person, codes[0]) == 400

    @pytest.mark.parametrize("typed", [str.upper, lambda code: code.replace("-", " "), lambda code: f" {code} "])
    def test_is_read_as_people_type(self, wall, person, typed) -> None:
        assert give(Client(), person, typed(issue(person)[0])) == 302

    def test_anothers_code_does_not_work(self, wall, person) -> None:
        assert give(Client(), person, issue(staff.person("AUDITOR"))[0]) == 400

    def test_ten_wrong_ones_lock_the_account(self, wall, person) -> None:
        codes = issue(person)
        for _ in range(10):
            give(Client(), person, "aaaa-bbbb-cccc-dddd")
        assert give_password(Client(), person).status_code == 400
        assert recovery.count_left(person.user) == len(codes)

    def test_needs_the_password_first(self) -> None:
        assert Client().post(STEP, {"code": "aaaa-bbbb-cccc-dddd"}).url == "/admin/login/"

    def test_opens_no_page_that_asks_for_a_code(self, wall, person) -> None:
        client = Client()
        give(client, person, issue(person)[0])
        assert client.get(PAGE).url.startswith("/admin/account/step-up/")

    def test_is_no_code_where_one_is_asked_for_again(self, wall, person) -> None:
        client, codes = Client(), issue(person)
        give(client, person, codes[0])
        answer = client.post("/admin/account/step-up/", {"second_factor": codes[1]})
        assert answer.status_code == 400
        assert recovery.count_left(person.user) == 9

    def test_reset_forgets_them(self, person) -> None:
        issue(person)
        staff.signed_in("ADMINISTRATOR").post(f"/admin/staff/{person.user.pk}/reset/")
        assert recovery.count_left(person.user) == 0


@pytest.mark.django_db(transaction=True)
def test_one_code_at_one_moment_in_two_places_opens_one() -> None:
    person = staff.person("AUDITOR")
    code = issue(person)[0]
    start, answers = threading.Barrier(2), []

    def use() -> None:
        start.wait()
        answers.append(recovery.use(user=person.user, code=code, now=presence.present()))
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False, True]
