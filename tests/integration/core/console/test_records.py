"""The record browser shows rows and changes none, whatever is sent to it."""

import pytest
from django.contrib.admin import site
from django.test import Client

from core.audit.models import AuditEntry
from core.console.records import RecordAdmin
from core.staff.models import User
from tests.factories import staff

pytestmark = pytest.mark.django_db

USERS = "/admin/records/staff/user/"


@pytest.fixture
def auditor() -> Client:
    return staff.signed_in("AUDITOR", email="auditor@holdfast.example")


def test_every_registered_model_is_read_only() -> None:
    assert site._registry
    for model, model_admin in site._registry.items():
        assert isinstance(model_admin, RecordAdmin), model


def test_list_and_row_are_shown(auditor: Client) -> None:
    person = staff.person("TREASURY", email="tess@holdfast.example")

    assert "tess@holdfast.example" in auditor.get(USERS).content.decode()
    assert "tess@holdfast.example" in auditor.get(f"{USERS}{person.user.pk}/change/").content.decode()


@pytest.mark.parametrize("model", list(site._registry), ids=lambda model: model._meta.label)
def test_every_list_opens_in_the_shell_without_inline_style(auditor: Client, model) -> None:
    html = auditor.get(f"/admin/records/{model._meta.app_label}/{model._meta.model_name}/").content.decode()

    assert 'class="side"' in html
    assert " style=" not in html
    assert "<script>" not in html


@pytest.mark.parametrize("suffix", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_writing_is_refused(auditor: Client, suffix: str) -> None:
    person = staff.person("TREASURY", email="tess@holdfast.example")
    before = User.objects.filter(pk=person.user.pk).values().get()

    answer = auditor.post(USERS + suffix.format(pk=person.user.pk), {"email": "x@y.example", "post": "yes"})

    assert answer.status_code == 403
    assert User.objects.filter(pk=person.user.pk).values().get() == before


def test_bulk_delete_does_not_exist(auditor: Client) -> None:
    person = staff.person("TREASURY")

    auditor.post(USERS, {"action": "delete_selected", "_selected_action": [person.user.pk], "post": "yes"})

    assert User.objects.filter(pk=person.user.pk).exists()


def test_password_hash_and_secrets_are_not_shown(auditor: Client) -> None:
    person = staff.person("TREASURY")

    html = auditor.get(f"{USERS}{person.user.pk}/change/").content.decode()

    assert person.user.password not in html
    assert person.user.password.split("$")[-1] not in html


def test_row_that_is_not_there_is_a_404(auditor: Client) -> None:
    assert auditor.get(f"{USERS}999999/change/").status_code in (302, 404)


def test_model_needs_its_permission() -> None:
    assert staff.signed_in("TREASURY").get(USERS).status_code == 403
    assert AuditEntry.objects.filter(result="DENIED", subject="page:records").count() == 1
    assert "Users" not in staff.signed_in("TREASURY").get("/admin/records/").content.decode()


def test_search_compares_exactly(auditor: Client) -> None:
    staff.person("TREASURY", email="tess@holdfast.example", full_name="Tess")

    assert "Tess" in auditor.get(USERS, {"q": "tess@holdfast.example"}).content.decode()
    assert "No rows" in auditor.get(USERS, {"q": "tess@holdfast"}).content.decode()


@pytest.mark.parametrize("model", list(site._registry), ids=lambda model: model._meta.label)
def test_any_search_text_is_answered(auditor: Client, model) -> None:
    path = f"/admin/records/{model._meta.app_label}/{model._meta.model_name}/"
    for text in ("9" * 400, "' OR 1=1 --", "💥", "2026-13-45"):
        assert auditor.get(path, {"q": text}).status_code == 200, text


def test_nul_is_a_bad_request(auditor: Client) -> None:
    assert auditor.get(USERS, {"q": "\x00"}).status_code == 400


@pytest.mark.parametrize("query", ["p=99999", "p=x", "o=9.9", "o=x", "nonsense=1", "e=1", "all="])
def test_any_address_is_answered(auditor: Client, query: str) -> None:
    assert auditor.get(f"{USERS}?{query}", follow=True).status_code == 200
