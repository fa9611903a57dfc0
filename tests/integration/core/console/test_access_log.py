"""Who saw what: one fact for each person, thing and few minutes, found by person, by thing and by day."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core import clock, console
from core.actors import Actor
from core.audit import services as audit
from core.audit.models import VIEWED, AuditEntry
from core.console import pages
from core.console.site import site
from core.staff import presence, roles
from tests.factories import staff

pytestmark = pytest.mark.django_db
LOG = "/admin/access-log/"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

# What belongs to somebody: a person, their money, what is suspected of them, and who looked.
SENSITIVE = {
    "access_log", "account", "approval", "audit_entry", "card", "entry", "payment", "review", "staff_person",
    "staff_sessions",
}  # fmt: skip


def views(**wanted: str) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action=VIEWED, **wanted).order_by("id").values_list("actor_id", "subject"))


def view(person: str, subject: str, at: datetime) -> None:
    actor, details = Actor("STAFF", person), {"what": "payment", "live": False}
    audit.record(actor=actor, action=VIEWED, subject=subject, at=at, details=details)


def test_sensitive_pages_declare_what_they_show() -> None:
    declared = {page.name for page in pages.registered() if page.shows}
    assert declared >= SENSITIVE


@pytest.mark.parametrize("page", [page for page in pages.registered() if page.shows], ids=lambda page: page.name)
def test_opening_a_declared_page_is_noted_with_its_subject(page: pages.Page) -> None:
    """The page's own view is replaced by an empty answer: what is walked is the guard that every page has."""
    person = staff.person(next(code for code in roles.ROLES if roles.SHIPPED.grants([code], page.permission)))
    guarded = pages.guard(
        lambda request, **_: HttpResponse("seen"),
        name=page.name, permission=page.permission, methods=page.methods, shows=page.shows,
    )  # fmt: skip
    request = _request(person)
    arguments: dict[str, Any] = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", page.path), "17")

    assert guarded(request, **arguments).status_code == 200

    expected = f"{page.shows.prefix}17" if arguments else f"page:{page.name}"
    assert views() == [(person.user.email, expected)]


def test_a_page_that_was_not_shown_is_no_view() -> None:
    client = staff.signed_in("AUDITOR")
    assert client.get("/admin/payments/pay_1703123456789_k2n8m9p1q/").status_code == 404
    assert staff.signed_in("TREASURY").get("/admin/staff/1/").status_code == 403
    assert views() == []


def test_person_page_is_noted() -> None:
    seen = staff.person("TREASURY")
    staff.signed_in("ADMINISTRATOR", email="adm@holdfast.example").get(f"/admin/staff/{seen.user.pk}/")
    assert views() == [("adm@holdfast.example", f"person:{seen.user.pk}")]


@pytest.mark.parametrize("model", list(site._registry), ids=lambda model: model._meta.label)
def test_every_list_of_records_is_noted(model: Any) -> None:
    client = staff.signed_in("AUDITOR", email="ada@holdfast.example")
    client.get(f"/admin/records/{model._meta.app_label}/{model._meta.model_name}/")
    assert views() == [("ada@holdfast.example", f"records:{model._meta.label_lower}")]


def test_a_record_is_noted_by_its_key() -> None:
    seen = staff.person("TREASURY")
    staff.signed_in("AUDITOR").get(f"/admin/records/staff/user/{seen.user.pk}/change/")
    assert [subject for _, subject in views()] == [f"staff.user:{seen.user.pk}"]


def test_looking_again_within_five_minutes_is_one_view() -> None:
    moving = clock.FixedClock(NOON)
    request = _request(staff.person("AUDITOR"))
    with clock.use(moving):
        for _ in range(3):
            console.viewed(request, subject="pay_1", what="payment")
        console.viewed(request, subject="pay_2", what="payment")
        moving.advance(timedelta(minutes=5, seconds=-1))
        console.viewed(request, subject="pay_1", what="payment")
        assert [subject for _, subject in views()] == ["pay_1", "pay_2"]
        moving.advance(timedelta(seconds=2))
        console.viewed(request, subject="pay_1", what="payment")
    assert [subject for _, subject in views()] == ["pay_1", "pay_2", "pay_1"]


def test_each_persons_view_counts() -> None:
    for _ in range(2):
        console.viewed(_request(staff.person("AUDITOR")), subject="pay_1", what="payment")
    assert len(views()) == 2


def test_polling_is_no_view() -> None:
    request = _request(staff.person("AUDITOR"), headers={presence.BACKGROUND_HEADER: "1"})
    console.viewed(request, subject="pay_1", what="payment")
    assert views() == []


class TestPage:
    @pytest.fixture(autouse=True)
    def _seen(self) -> None:
        view("ada@holdfast.example", "pay_1", NOON)
        view("ben@holdfast.example", "pay_1", NOON + timedelta(hours=11, minutes=59))
        view("ada@holdfast.example", "pay_2", NOON + timedelta(hours=12))

    def rows(self, **wanted: str) -> list[tuple[str, str]]:
        with clock.use(clock.FixedClock(NOON + timedelta(days=9))):
            page = staff.signed_in("AUDITOR").get(LOG, wanted).content.decode()
        return re.findall(r"<td>(\w+@holdfast\.example)</td>.*?>(pay_\d)<", page)

    def test_newest_first(self) -> None:
        assert self.rows() == [
            ("ada@holdfast.example", "pay_2"),
            ("ben@holdfast.example", "pay_1"),
            ("ada@holdfast.example", "pay_1"),
        ]

    def test_by_person(self) -> None:
        assert self.rows(person="Ada@Holdfast.example") == [
            ("ada@holdfast.example", "pay_2"),
            ("ada@holdfast.example", "pay_1"),
        ]

    def test_by_what_was_seen_and_day(self) -> None:
        assert self.rows(subject="pay_1") == [("ben@holdfast.example", "pay_1"), ("ada@holdfast.example", "pay_1")]
        assert self.rows(day="2026-11-24") == [("ben@holdfast.example", "pay_1"), ("ada@holdfast.example", "pay_1")]
        assert self.rows(day="2026-11-25", person="ada@holdfast.example") == [("ada@holdfast.example", "pay_2")]

    @pytest.mark.parametrize("wanted", [{"day": "x"}, {"person": "no address"}, {"subject": "x" * 500}])
    def test_any_filter_is_answered(self, wanted: dict[str, str]) -> None:
        assert staff.signed_in("AUDITOR").get(LOG, wanted).status_code == 200

    @pytest.mark.parametrize(("role", "status"), [
        ("AUDITOR", 200), ("COMPLIANCE", 200), ("SECURITY_OFFICER", 200), ("ADMINISTRATOR", 403), ("TREASURY", 403),
    ])  # fmt: skip
    def test_who_may_look(self, role: str, status: int) -> None:
        assert staff.signed_in(role).get(LOG).status_code == status

    def test_looking_at_the_log_is_noted_too(self) -> None:
        staff.signed_in("AUDITOR", email="ada@holdfast.example").get(LOG)
        assert views()[-1] == ("ada@holdfast.example", "page:access_log")

    @pytest.mark.parametrize("wanted", [{}, {"person": "ada@holdfast.example"}, {"subject": "pay_1"}])
    def test_every_filter_follows_an_index(self, wanted: dict[str, str]) -> None:
        from core.audit import selectors

        names = {"person": "actor_id", "subject": "subject"}
        found = selectors.views(**{names[name]: value for name, value in wanted.items()}).order_by("-id")[:51]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        assert "Index" in found.explain()
        assert "Sort" not in found.explain()

    def test_costs_the_same_however_many_rows(self) -> None:
        client = staff.signed_in("AUDITOR")
        client.get(LOG)
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(LOG)
        for number in range(40):
            view(f"x{number}@holdfast.example", "pay_3", NOON)
        with CaptureQueriesContext(connection) as many:
            client.get(LOG)
        assert len(few) == len(many)


def _request(person: staff.Person, **extra: Any) -> Any:
    client = Client()
    staff.sign_in(client, person.user)
    request = RequestFactory().get("/admin/x/", **extra)
    request.session = client.session
    request.user = person.user
    request.user.is_verified = lambda: True
    return request
