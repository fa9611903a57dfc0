"""Pages that ask for a second factor again: a fresh code opens them for minutes, and nothing that was sent is lost."""

import pytest
from django.test import Client

from core.audit.models import AuditEntry
from core.console import pages
from core.staff.models import StaffSession, User
from tests.factories import staff
from tests.integration.core.staff.conftest import code_of, enter
from tests.integration.core.staff.conftest import wall as wall

pytestmark = pytest.mark.django_db
STEP_UP = "/admin/account/step-up/"


@pytest.fixture
def admin(wall) -> staff.Person:
    return staff.person("ADMINISTRATOR")


@pytest.fixture
def client(admin: staff.Person, wall) -> Client:
    """Signed in eleven minutes ago, so the code of the sign-in counts no more."""
    client = Client()
    enter(client, admin)
    wall.shift(11 * 60)
    return client


ASKING = [page for page in pages.registered() if page.step_up]


def test_the_pages_that_ask() -> None:
    assert {page.name for page in ASKING} >= {
        "recovery_codes",
        "passkeys",
        "passkey_options",
        "passkey_new",
        "passkey_remove",
        "staff_sessions",
        "staff_session_end",
    }


@pytest.mark.parametrize("page", ASKING, ids=lambda page: page.name)
def test_page_asks_before_it_opens(client: Client, page: pages.Page) -> None:
    if not User.objects.get(role_assignments__role="ADMINISTRATOR").has_perm(page.permission):
        pytest.skip("another role's page")
    path = "/admin/" + page.path.replace("<int:user_id>", "1").replace("<int:passkey_id>", "1")

    if "GET" in page.methods:
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.url.startswith(STEP_UP)
    else:
        assert "Confirm it is you" in client.post(path).content.decode()


def test_a_code_leads_back_and_opens_for_ten_minutes(client: Client, admin: staff.Person, wall) -> None:
    asked = client.get("/admin/account/recovery-codes/?a=1")

    answer = client.post(asked.url, {"second_factor": code_of(admin)})

    assert answer.url == "/admin/account/recovery-codes/?a=1"
    assert client.get(answer.url).status_code == 200
    wall.shift(10 * 60 - 1)
    assert client.get(answer.url).status_code == 200
    wall.shift(1)
    assert client.get(answer.url).status_code == 302
    given = AuditEntry.objects.get(action="staff.step_up.given")
    assert given.facts["act"] == "page:step_up"


def test_signing_in_with_a_code_counts(admin: staff.Person) -> None:
    client = Client()
    enter(client, admin)
    assert client.get("/admin/account/recovery-codes/").status_code == 200


def test_what_was_sent_goes_on_with_the_code(client: Client, admin: staff.Person) -> None:
    other = staff.person("AUDITOR")
    staff.sign_in(Client(), other.user)
    path = f"/admin/staff/{other.user.pk}/sessions/end/"

    asked = client.post(path, {"session": "", "note": '<b>"two"</b>', "many": ["1", "2"]}).content.decode()

    assert StaffSession.objects.filter(user=other.user).count() == 1
    assert f'action="{path}"' in asked
    for name, value in (("note", "&lt;b&gt;&quot;two&quot;&lt;/b&gt;"), ("many", "1"), ("many", "2")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in asked
    client.post(path, {"session": "", "second_factor": code_of(admin)})
    assert not StaffSession.objects.filter(user=other.user).exists()
    assert AuditEntry.objects.get(action="staff.step_up.given").facts["act"] == "page:staff_session_end"


def test_a_wrong_code_asks_again_and_keeps_what_was_sent(client: Client, admin: staff.Person) -> None:
    other = staff.person("AUDITOR")
    staff.sign_in(Client(), other.user)
    path = f"/admin/staff/{other.user.pk}/sessions/end/"

    answer = client.post(path, {"session": "", "note": "kept", "second_factor": "000000"})

    assert answer.status_code == 400
    page = answer.content.decode()
    assert "This code was not accepted" in page
    assert 'name="note" value="kept"' in page
    assert "000000" not in page
    assert StaffSession.objects.filter(user=other.user).exists()


def test_a_code_that_was_used_is_refused(client: Client, admin: staff.Person) -> None:
    code = code_of(admin)
    client.post(STEP_UP, {"second_factor": code})
    fresh = Client()
    staff.sign_in(fresh, admin.user)
    assert fresh.post(STEP_UP, {"second_factor": code}).status_code == 400


def test_the_code_of_one_session_does_not_open_another(client: Client, admin: staff.Person, wall) -> None:
    elsewhere = Client()
    staff.sign_in(elsewhere, admin.user)
    session = elsewhere.session
    del session["staff.proved_at"]
    session.save()

    client.post(STEP_UP, {"second_factor": code_of(admin)})

    assert client.get("/admin/account/recovery-codes/").status_code == 200
    assert elsewhere.get("/admin/account/recovery-codes/").status_code == 302


def test_ten_wrong_codes_lock_the_account(client: Client, admin: staff.Person, wall) -> None:
    for _ in range(10):
        client.post(STEP_UP, {"second_factor": "000000"})
        wall.shift(40)
    assert AuditEntry.objects.filter(action="staff.account.locked", subject=admin.user.email).count() == 1
    assert client.post(STEP_UP, {"second_factor": code_of(admin)}).status_code == 400


def test_leads_nowhere_but_into_the_console(client: Client, admin: staff.Person) -> None:
    answer = client.post(f"{STEP_UP}?next=https://evil.example/", {"second_factor": code_of(admin)})
    assert answer.url == "/admin/"


def test_a_request_by_htmx_moves_the_whole_window(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/admin/account/passkeys/"}
    answer = client.post("/admin/account/passkeys/options/", headers=headers)
    assert answer.headers["HX-Redirect"].startswith(STEP_UP)


def test_permission_is_asked_before_the_code(admin: staff.Person, wall) -> None:
    client = staff.signed_in("TREASURY")
    wall.shift(11 * 60)
    assert client.get(f"/admin/staff/{admin.user.pk}/sessions/").status_code == 403
