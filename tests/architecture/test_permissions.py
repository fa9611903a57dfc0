"""Every address says who may use it, and a stranger gets nothing from it. A new one without a rule fails here."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from rest_framework.response import Response

from core.api import scopes
from core.api.views import ApiView
from core.console import pages
from core.console.records import RecordAdmin
from core.staff import roles

# Open to strangers, each for a reason.
PUBLIC = {
    "core.console.views.front_door": "leads to the console, which asks who is there",
    "core.telemetry.views.health": "says only that the process answers",
    "core.telemetry.views.ready": "names of dependencies, no business data",
    "core.telemetry.views.show_metrics": "asks for its own token, or for this machine",
    "core.api.documents.schema": "the API's description",
    "core.api.documents.docs": "the API's description",
    "core.api.documents.errors": "the API's description",
    "core.api.problems.unknown_address": "404 for what does not exist",
    "core.staff.sign_in_views.password_step": "the door",
    "core.staff.sign_in_views.code_step": "the door, second step",
    "core.staff.sign_in_views.enrol": "the door, first visit",
    "core.staff.sign_in_views.sign_out": "the way out",
    "core.console.views.record_index": "redirects to a page that is guarded",
}
# Not registered pages; they call the same guard themselves, which `test_a_stranger_gets_nothing` proves.
GUARDED_INSIDE = {"core.console.views.home", "core.console.views.unknown"}
METHODS = ("get", "post", "put", "patch", "delete")
PLACEHOLDERS = {"int": "1", "uuid": "00000000-0000-7000-8000-000000000000", "slug": "x", "str": "x", "path": "x"}


class Address(NamedTuple):
    """`route` as a stranger would type it, with something in every placeholder."""

    route: str
    view: Callable[..., Any]

    @property
    def name(self) -> str:
        return f"{self.view.__module__}.{getattr(self.view, '__qualname__', type(self.view).__name__)}"


def addresses(patterns: list[Any], prefix: str = "/") -> Iterator[Address]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + filled(pattern))
        elif isinstance(pattern, URLPattern):
            yield Address(prefix + filled(pattern), pattern.callback)


def filled(pattern: URLPattern | URLResolver) -> str:
    """Converters declare their kind; one of our own says what it looks like in `example`."""
    route = str(getattr(pattern.pattern, "_route", ""))
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        example = getattr(converter, "example", PLACEHOLDERS.get(kind, "x"))
        for written in (f"<{kind}:{name}>", f"<{name}>"):
            route = route.replace(written, example)
    return route


def missing_rule(view: Callable[..., Any]) -> str | None:
    """What a view fails to declare, or None."""
    name = Address("", view).name
    if name in PUBLIC or name in GUARDED_INSIDE:
        return None
    if api := getattr(view, "cls", None):
        return missing_scope(api)
    if any(view is page.view for page in pages.registered()):
        return None
    if isinstance(getattr(view, "model_admin", None), RecordAdmin):
        return None
    return f"{name} declares no permission"


def missing_scope(view: type[Any]) -> str | None:
    if not issubclass(view, ApiView):
        return f"{view.__module__}.{view.__qualname__} is no ApiView"
    without = [method.upper() for method in METHODS if hasattr(view, method) and not view.scopes.get(method.upper())]
    return f"{view.__module__}.{view.__qualname__} has no scope for {', '.join(without)}" if without else None


def every_address() -> list[Address]:
    return list(addresses(get_resolver().url_patterns))


def test_every_view_declares_its_permission() -> None:
    assert [missing for address in every_address() if (missing := missing_rule(address.view))] == []


def test_every_scope_is_one_that_a_key_can_have() -> None:
    asked = {
        scope
        for address in every_address()
        if (api := getattr(address.view, "cls", None))
        for scope in api.scopes.values()
    }
    assert [scope for scope in asked if not scopes.SCOPE.match(scope)] == []


def test_every_page_asks_for_a_permission_that_some_role_has() -> None:
    """A misspelt permission would lock everybody out of its page."""
    unknown = [
        f"{page.name} asks for {page.permission}"
        for page in pages.registered()
        if not roles.grants(roles.ROLES, page.permission)
    ]
    assert unknown == []


@pytest.mark.django_db
def test_a_stranger_gets_nothing(client: Client) -> None:
    """Whatever a view declares: without a key or a session no address outside the list above answers with content."""
    answered = []
    for address in every_address():
        if address.name in PUBLIC:
            continue
        for method in METHODS:
            response = getattr(client, method)(address.route)
            if not is_refusal(response):
                answered.append(f"{method.upper()} {address.route} ({address.name}): {response.status_code}")
    assert answered == []


def is_refusal(response: HttpResponse) -> bool:
    if response.status_code in (302, 303):
        return response["Location"].startswith("/admin/login/")
    return response.status_code in (401, 403, 405)


class Careless(ApiView):
    """A view of the kind these tests exist for: it forgot to say what POST needs."""

    scopes = {"GET": "payments:read"}

    def get(self, request: Any) -> Response:
        return Response({})

    def post(self, request: Any) -> Response:
        return Response({})


def open_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("everything")


urlpatterns = [path("careless/<int:number>", Careless.as_view()), path("open", open_page)]


def test_controls_a_view_without_a_rule_is_seen() -> None:
    careless, opened = addresses(urlpatterns)
    assert careless.route == "/careless/1"
    assert missing_rule(careless.view) == "tests.architecture.test_permissions.Careless has no scope for POST"
    assert missing_rule(opened.view) == "tests.architecture.test_permissions.open_page declares no permission"


@pytest.mark.urls(__name__)
def test_control_an_open_page_answers_a_stranger(client: Client) -> None:
    assert not is_refusal(client.get("/open"))


def test_the_list_of_open_addresses_names_only_what_exists() -> None:
    names = {address.name for address in every_address()}
    assert set(PUBLIC) | GUARDED_INSIDE <= names
    assert len(names) > len(PUBLIC) + len(GUARDED_INSIDE)
