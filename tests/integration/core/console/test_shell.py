"""Every page of the console: guarded, in the shell, allowed by the browser's strictest policy."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, RequestFactory

from core import clock
from core.audit.models import AuditEntry
from core.console import jumps, pages
from core.staff import roles
from tests.factories import staff

pytestmark = pytest.mark.django_db

GET_PAGES = [page for page in pages.registered() if "GET" in page.methods and "<" not in page.path]
# What htmx puts into a page that is there already.
PARTS = {"rule_check", "rule_words"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:|\shx-on|\shx-vals=.js:")


@pytest.mark.parametrize("page", GET_PAGES, ids=lambda page: page.name)
def test_page_has_no_inline_style_or_script(page: pages.Page) -> None:
    html = staff.signed_in(*_roles_for(page)).get(f"/admin/{page.path}").content.decode()

    assert "<main" in html or html.startswith("{") or page.name in PARTS
    assert not INLINE.search(html)


def test_scan_finds_what_it_looks_for() -> None:
    for bad in ("<p style='x'>", "<style>", "<script>1</script>", "<a onclick=x>", "<a href='javascript:x'>"):
        assert INLINE.search(bad), bad


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/", "/admin/records/", "/admin/nope/", "/nope/", "/health", "/v1/nope", "/v1/docs"]
)
def test_every_answer_carries_the_policy(path: str) -> None:
    for client in (Client(), staff.signed_in("AUDITOR")):
        answer = client.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_are_never_cached() -> None:
    answer = staff.signed_in("AUDITOR").get("/admin/records/")

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("page", pages.registered(), ids=lambda page: page.name)
def test_stranger_is_sent_to_sign_in(page: pages.Page) -> None:
    path = _address(page)

    for answer in (Client().get(path), Client().post(path)):
        assert answer.status_code == 302
        assert answer.url.startswith("/admin/login/")


@pytest.mark.parametrize("page", pages.registered(), ids=lambda page: page.name)
def test_person_without_the_permission_gets_403(page: pages.Page) -> None:
    path = _address(page)
    client = staff.signed_in()

    answer = client.get(path) if "GET" in page.methods else client.post(path)

    assert answer.status_code == 403
    assert "Your roles do not cover this page" in answer.content.decode()
    denied = AuditEntry.objects.get(result="DENIED")
    assert (denied.action, denied.subject) == ("console.page.refused", f"page:{page.name}")


@pytest.mark.parametrize("page", pages.registered(), ids=lambda page: page.name)
def test_every_permission_is_held_by_some_role(page: pages.Page) -> None:
    """Deny by default: a page whose permission is in no role would be dead."""
    assert roles.grants(roles.ROLES, page.permission)


def test_password_alone_opens_nothing() -> None:
    client = Client()
    client.force_login(staff.person("AUDITOR").user, backend="core.staff.backends.StaffBackend")

    assert client.get("/admin/records/").status_code == 302


def test_strangers_cannot_tell_which_addresses_exist() -> None:
    assert Client().get("/admin/no/such/page/").url.startswith("/admin/login/")
    assert staff.signed_in("AUDITOR").get("/admin/no/such/page/").status_code == 404


def test_form_without_its_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    staff.sign_in(client, staff.person("AUDITOR").user)

    answer = client.post("/admin/data-mode/", {"mode": "live"})

    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_method_that_is_not_declared_is_refused() -> None:
    assert staff.signed_in("AUDITOR").post("/admin/records/").status_code == 405
    assert staff.signed_in("AUDITOR").get("/admin/data-mode/").status_code == 405


def test_console_opens_at_the_persons_first_page() -> None:
    """Not at one that everybody has: an administrator begins with people, not with the approvals of all."""
    assert staff.signed_in("ADMINISTRATOR").get("/admin/").url == "/admin/staff/"
    assert staff.signed_in("TREASURY").get("/admin/").url == "/admin/overview/"
    assert staff.signed_in().get("/admin/").status_code == 403


def test_each_key_opens_one_page() -> None:
    keys = [page.key for page in pages.registered() if page.key]
    assert sorted(keys) == sorted(set(keys))


def test_navigation_shows_what_the_roles_allow() -> None:
    def sections(role: str) -> str:
        return staff.signed_in(role).get("/admin/records/").content.decode()

    assert 'href="/admin/staff/"' in sections("ADMINISTRATOR")
    assert 'href="/admin/staff/"' not in sections("TREASURY")


def test_current_page_is_marked_also_below_it() -> None:
    person = staff.person("AUDITOR")
    html = staff.signed_in("ADMINISTRATOR").get(f"/admin/staff/{person.user.pk}/").content.decode()

    assert re.search(r'href="/admin/staff/" aria-current="page"', html)


def test_shell_costs_few_statements(django_assert_max_num_queries) -> None:
    """Session, person, authenticator, roles, saved views."""
    client = staff.signed_in("AUDITOR")
    client.get("/admin/records/")
    with django_assert_max_num_queries(5):
        client.get("/admin/records/")


class TestDataMode:
    def test_is_test_data_until_switched(self) -> None:
        client = staff.signed_in("AUDITOR")
        assert "Test data" in client.get("/admin/records/").content.decode()

        client.post("/admin/data-mode/", {"mode": "live"})

        assert "Live data" in client.get("/admin/records/").content.decode()

    def test_returns_to_the_page_it_was_on(self) -> None:
        client = staff.signed_in("AUDITOR")

        back = client.post(
            "/admin/data-mode/", {"mode": "live"}, headers={"Referer": "http://testserver/admin/records/"}
        )
        away = client.post("/admin/data-mode/", {"mode": "live"}, headers={"Referer": "https://evil.example/"})

        assert (back.url, away.url) == ("http://testserver/admin/records/", "/admin/")


def test_moved_clock_is_shown() -> None:
    client = staff.signed_in("AUDITOR")
    assert "differs from the machine" not in client.get("/admin/records/").content.decode()

    with clock.use(clock.FixedClock(clock.now() + timedelta(days=3))):
        assert "differs from the machine" in client.get("/admin/records/").content.decode()


class TestSearch:
    @pytest.fixture(autouse=True)
    def _registry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jumps, "_jumps", {})
        jumps.jump(prefix="person_", label="Person", to="admin:staff_person")
        jumps.jump(prefix="app", label="App", to="admin:app_list")
        jumps.jump(prefix="app_s", label="Longer", to="admin:app_list")

    def test_known_prefix_goes_straight_there(self) -> None:
        answer = staff.signed_in("AUDITOR").get("/admin/search/", {"q": " app_staff "})
        assert answer.url == "/admin/records/app_staff/"

    def test_id_the_page_cannot_have_is_looked_up_instead(self) -> None:
        """The prefix fits, the rest does not: no error, just nothing found."""
        answer = staff.signed_in("AUDITOR").get("/admin/search/", {"q": "person_abc"})
        assert answer.status_code == 200

    def test_title_of_a_page_is_found(self) -> None:
        html = staff.signed_in("ADMINISTRATOR").get("/admin/search/", {"q": "peop"}).content.decode()
        assert '<a href="/admin/staff/">People</a>' in html

    def test_page_the_person_may_not_open_is_not_found(self) -> None:
        html = staff.signed_in("TREASURY").get("/admin/search/", {"q": "peop"}).content.decode()
        assert '<a href="/admin/staff/">People</a>' not in html

    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", "💥", "%", "' OR 1=1", "x" * 5000])
    def test_any_text_is_answered(self, text: str) -> None:
        answer = staff.signed_in("AUDITOR").get("/admin/search/", {"q": text})
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content


@pytest.mark.parametrize("path", ["search/?q=a%00b", "records/?x=%00"])
def test_nul_is_refused_before_it_reaches_the_database(path: str) -> None:
    assert staff.signed_in("AUDITOR").get(f"/admin/{path}").status_code == 400


class TestDeclaring:
    def test_page_without_permission_is_refused(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            pages.page(path="x/", name="x", title="X", permission="")(lambda request: HttpResponse())

    def test_name_is_taken_once(self) -> None:
        def view(request: object) -> HttpResponse:
            return HttpResponse()

        with pytest.raises(ImproperlyConfigured):
            pages.page(path="x/", name="staff", title="X", permission="x.view_x")(view)

    def test_returned_view_is_guarded_wherever_it_is_routed(self) -> None:
        guarded = pages.guard(
            lambda request: HttpResponse("secret"), name="x", permission="x.view_x", methods=frozenset({"GET"})
        )
        request = RequestFactory().get("/elsewhere/")
        request.user = None  # type: ignore[assignment]

        assert guarded(request).status_code == 302


def _address(page: pages.Page) -> str:
    """With something in every placeholder."""
    path = re.sub(r"<uuid:[^>]+>", "00000000-0000-7000-8000-000000000000", page.path)
    return "/admin/" + re.sub(r"<[^>]+>", "1", path)


def _roles_for(page: pages.Page) -> list[str]:
    return [next(code for code in roles.ROLES if roles.grants([code], page.permission))]
