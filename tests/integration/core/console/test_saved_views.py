"""A list with its filters under a name: one's own, or shared with a role, never a way to anywhere else."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from core import clock
from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.console.models import SavedView
from core.parameters import services as parameters
from core.staff.models import User
from core.staff.services import people
from tests.factories import staff

pytestmark = pytest.mark.django_db

NEW = "/admin/views/new/"


@pytest.fixture
def tess() -> staff.Person:
    return staff.person("TREASURY", email="tess@holdfast.example")


def window(person: staff.Person) -> Client:
    client = Client()
    staff.sign_in(client, person.user)
    return client


def keep(client: Client, **different: str) -> SavedView:
    data = {"page": "payments", "query": "status=FAILED", "name": "Failed", "role": ""} | different
    answer = client.post(NEW, data)
    assert answer.status_code == 302, answer.content.decode()
    return SavedView.objects.latest("id")


def test_view_opens_its_list_filtered_and_is_marked(tess: staff.Person) -> None:
    client = window(tess)
    view = keep(client)

    assert client.get(f"/admin/views/{view.public_id}/").url == f"/admin/payments/?status=FAILED&v={view.public_id}"
    html = client.get(f"/admin/payments/?status=FAILED&v={view.public_id}").content.decode()
    assert len(re.findall(r'aria-current="true">Failed', html)) == 2  # above the list and in the navigation


def test_list_offers_to_keep_what_is_filtered_now(tess: staff.Person) -> None:
    client = window(tess)
    assert "Save view" not in client.get("/admin/payments/").content.decode()
    html = client.get("/admin/payments/?status=FAILED&before=&v=view_x").content.decode()
    assert "page=payments&amp;query=status%3DFAILED" in html


def test_pinned_view_is_where_the_navigation_leads_and_the_bare_list_stays(tess: staff.Person) -> None:
    client = window(tess)
    first = keep(client, pinned="on")
    second = keep(client, name="Held", query="status=PENDING", pinned="on")

    assert list(SavedView.objects.filter(pinned=True)) == [second]
    html = client.get("/admin/settlement/").content.decode()
    assert f"/admin/payments/?status=PENDING&amp;v={second.public_id}" in html
    assert first.public_id not in html
    assert client.get("/admin/payments/").status_code == 200


def test_view_shared_with_a_role_is_seen_by_those_who_have_it(tess: staff.Person) -> None:
    view = keep(window(tess), role="TREASURY")
    colleague, stranger = staff.signed_in("TREASURY"), staff.signed_in("AUDITOR")

    assert "Failed" in colleague.get("/admin/payments/").content.decode()
    assert colleague.get(f"/admin/views/{view.public_id}/").status_code == 302
    assert stranger.get(f"/admin/views/{view.public_id}/").status_code == 404


def test_only_the_owner_changes_or_removes_it(tess: staff.Person) -> None:
    view, colleague = keep(window(tess), role="TREASURY"), staff.signed_in("TREASURY")

    assert colleague.get(f"/admin/views/{view.public_id}/change/").status_code == 404
    assert colleague.post(f"/admin/views/{view.public_id}/change/", {"name": "Mine"}).status_code == 404
    assert colleague.post(f"/admin/views/{view.public_id}/remove/").status_code == 404
    assert SavedView.objects.get().name == "Failed"

    owner = window(tess)
    owner.post(f"/admin/views/{view.public_id}/change/", {"name": "Broken", "role": ""})
    assert SavedView.objects.get().name == "Broken"
    owner.post(f"/admin/views/{view.public_id}/remove/")
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("different", "says"),
    [
        ({"query": "next=//evil.example"}, "not filtered by next"),
        ({"query": "status=FAILED&format=csv"}, "not filtered by format"),
        ({"query": "nonsense"}, "cannot be read"),
        ({"query": "customer=" + "x" * 700}, "too long"),
        ({"role": "AUDITOR"}, "not one of the available choices"),
        ({"name": " "}, "required"),
    ],
)
def test_what_cannot_be_kept_says_why(tess: staff.Person, different: dict[str, str], says: str) -> None:
    data = {"page": "payments", "query": "status=FAILED", "name": "x", "role": ""} | different
    answer = window(tess).post(NEW, data)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("page", ["overview", "staff_new", "no-such-page", "logout", ""])
def test_only_lists_with_filters_keep_views(tess: staff.Person, page: str) -> None:
    assert window(tess).post(NEW, {"page": page, "query": "", "name": "x"}).status_code == 404


def test_list_one_may_not_open_keeps_no_view() -> None:
    assert staff.signed_in("ADMINISTRATOR").get(f"{NEW}?page=payments").status_code == 404


def test_view_of_a_page_one_may_no_longer_open_leads_nowhere(tess: staff.Person) -> None:
    view = keep(window(tess))
    people.take_roles(user_id=tess.user.pk, roles=["TREASURY"], actor=SYSTEM, now=clock.now())
    people.give_roles(user_id=tess.user.pk, roles=["ADMINISTRATOR"], actor=SYSTEM, now=clock.now())
    client = window(staff.Person(User.objects.get(pk=tess.user.pk), "", ""))
    assert client.get(f"/admin/views/{view.public_id}/").status_code == 404


def test_name_is_used_once_a_list(tess: staff.Person) -> None:
    client = window(tess)
    keep(client)
    answer = client.post(NEW, {"page": "payments", "query": "", "name": "Failed", "role": ""})
    assert (answer.status_code, "under that name already" in answer.content.decode()) == (400, True)


def test_database_pins_one_view_of_a_page(tess: staff.Person) -> None:
    view = keep(window(tess), pinned="on")
    view.pk, view.public_id, view.name = None, "view_2", "Second"
    with pytest.raises(IntegrityError, match="one_view_of_a_page_is_pinned"), transaction.atomic():
        view.save(force_insert=True)


def test_nobody_keeps_more_than_the_parameter_says(tess: staff.Person, monkeypatch: pytest.MonkeyPatch) -> None:
    client, read = window(tess), parameters.read
    keep(client)
    monkeypatch.setattr(
        parameters, "read", lambda name, *, at: 1 if name == "console.views_per_person" else read(name, at=at)
    )
    answer = client.post(NEW, {"page": "payments", "query": "", "name": "Second", "role": ""})
    assert "as many views as one person may" in answer.content.decode()


def test_each_step_is_in_the_audit_record(tess: staff.Person) -> None:
    client = window(tess)
    view = keep(client)
    client.post(f"/admin/views/{view.public_id}/change/", {"name": "Broken", "role": "TREASURY"})
    client.post(f"/admin/views/{view.public_id}/remove/")
    entries = AuditEntry.objects.filter(subject=view.public_id).order_by("id")
    assert [entry.action for entry in entries] == ["console.view.kept", "console.view.changed", "console.view.removed"]
    assert entries[1].facts["role"] == "TREASURY"


def test_page_of_views_lists_them_by_list(tess: staff.Person) -> None:
    client = window(tess)
    assert "No view yet" in client.get("/admin/views/").content.decode()
    keep(client)
    assert "Failed" in client.get("/admin/views/").content.decode()
