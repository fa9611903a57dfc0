"""Who gets in where: every address of the program with the right it asks for, read from the URL map.

`manage.py permissions_table` prints it as Markdown; a test asks every address as every role and compares the answers
with that page.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from core.api.views import ApiView
from core.console import pages
from core.console.records import RecordAdmin
from core.staff import roles

API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What Django's model admin routes beside the list and the row, and RecordAdmin refuses to everybody.
REFUSED_RECORD_ADDRESSES = ("_add", "_delete", "_history")

Answers = Callable[["Address", str], bool]


@dataclass(frozen=True, slots=True)
class Address:
    """`kind` is page, record, refused, redirect, api or other.

    `permission` is a staff permission for pages and records, a scope for the API, empty for what asks nobody.
    """

    route: str
    method: str
    kind: str
    app: str
    name: str
    permission: str


@dataclass(frozen=True, slots=True)
class Role:
    code: str
    title: str


def staff_roles() -> list[Role]:
    """Every role a person can have, in the order of the shipped table."""
    return [Role(role.code, role.title) for role in roles.ROLES.values()]


def is_declared_open(address: Address, role: str) -> bool:
    """Whether the declarations let a person in who has this one role as it is shipped."""
    return roles.SHIPPED.grants([role], address.permission)


def addresses(patterns: list[Any] | None = None) -> list[Address]:
    """The whole URL map, or other patterns; one line a method."""
    return list(_walk(get_resolver().url_patterns if patterns is None else patterns, "/"))


def _walk(patterns: list[Any], prefix: str) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + str(getattr(pattern.pattern, "_route", pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield from _lines(route, pattern)


def _lines(route: str, pattern: URLPattern) -> Iterator[Address]:
    view: Any = pattern.callback
    name = f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"
    api, page = getattr(view, "cls", None), _page_of(view)
    if isinstance(api, type) and issubclass(api, ApiView):
        for method in API_METHODS:
            if hasattr(api, method.lower()):
                scope = api.scopes.get(method, "")
                yield Address(route, method, "api", _app(api.__module__), _operation(api, method), scope)
    elif page is not None:
        for method in sorted(page.methods - {"HEAD"}):
            yield Address(route, method, "page", _app(page.view.__module__), page.name, page.permission)
    elif isinstance(browser := getattr(view, "model_admin", None), RecordAdmin):
        label, model = browser.opts.app_label, browser.opts.model_name
        yield Address(route, "GET", _record_kind(pattern.name), label, pattern.name or "", f"{label}.view_{model}")
    else:
        yield Address(route, "GET", "other", _app(view.__module__), name, "")


def _record_kind(name: str | None) -> str:
    """The address without a name only leads on to the row's own, which asks."""
    if name is None:
        return "redirect"
    return "refused" if name.endswith(REFUSED_RECORD_ADDRESSES) else "record"


def _page_of(view: Any) -> pages.Page | None:
    return next((page for page in pages.registered() if page.view is view), None)


def _app(module: str) -> str:
    """`core.staff` for what lies in the ground floor, `fraud` above it."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "core" else parts[0]


def _operation(view: type[ApiView], method: str) -> str:
    return f"{view.__qualname__}.{method.lower()}"
