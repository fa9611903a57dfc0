"""Work pages: each is declared with the permission it needs, and opens only after both factors of signing in."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.core.exceptions import BadRequest, ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from core import clock
from core.actors import Actor
from core.audit import services as audit
from core.staff import presence
from core.staff.models import User
from core.telemetry import origin

View = Callable[..., HttpResponseBase]
LIVE = "console.livemode"
# The saved view an address belongs to.
VIEW = "v"
# Open with a password that has to be replaced first.
OPEN_WITH_ISSUED_PASSWORD = frozenset({"password", "logout"})


@dataclass(frozen=True, slots=True)
class Page:
    """`nav` is (section, order) for pages of the side navigation; `key` the letter after `g` that opens it.

    A page with `filters` is a list whose filters can be kept as a saved view.
    """

    path: str
    name: str
    title: str
    permission: str
    nav: tuple[str, int] | None
    key: str
    methods: frozenset[str]
    view: View
    filters: type[BaseForm] | None = None


_pages: dict[str, Page] = {}


def page(
    *,
    path: str,
    name: str,
    title: str,
    permission: str,
    nav: tuple[str, int] | None = None,
    methods: Iterable[str] = ("GET",),
    key: str = "",
    filters: type[BaseForm] | None = None,
) -> Callable[[View], View]:
    """Register a view at /admin/<path>, reversible as `admin:<name>`. What is not in `methods` is refused with 405.

    The view returned is the guarded one: there is no way to route to it without the check.
    """

    def register(view: View) -> View:
        if not permission:
            raise ImproperlyConfigured(f"the page {name} declares no permission")
        if name in _pages and _pages[name].view.__module__ != view.__module__:
            raise ImproperlyConfigured(f"two pages are named {name}")
        allowed = frozenset(methods) | ({"HEAD"} if "GET" in methods else set())
        guarded = guard(view, name=name, permission=permission, methods=allowed)
        _pages[name] = Page(path, name, title, permission, nav, key, allowed, guarded, filters)
        return guarded

    return register


def registered() -> list[Page]:
    return list(_pages.values())


def find(name: str) -> Page | None:
    return _pages.get(name)


def person(request: HttpRequest) -> User:
    """The person at the screen; inside a page there always is one."""
    return cast(User, request.user)


def actor(request: HttpRequest) -> Actor:
    """The person at the screen, as services want them."""
    return person(request).actor()


def require(request: HttpRequest, permission: str) -> None:
    """For what a page does besides showing itself. Raises PermissionDenied, which is recorded."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)


def is_live(request: HttpRequest) -> bool:
    """Whether the person looks at live or at test data; pages filter `livemode` by it."""
    return bool(request.session.get(LIVE, settings.HOLDFAST_CONSOLE_LIVEMODE))


def refuse_unless(request: HttpRequest, *, name: str, permission: str) -> HttpResponse | None:
    """None when the page may be shown; a redirect to what must be done first; PermissionDenied otherwise."""
    if not presence.is_signed_in(request):
        return presence.to_sign_in(request)
    if person(request).must_change_password and name not in OPEN_WITH_ISSUED_PASSWORD:
        return HttpResponseRedirect(reverse("admin:password"))
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)
    return None


def guard(view: View, *, name: str, permission: str, methods: frozenset[str]) -> View:
    @never_cache
    @csrf_protect
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            if refusal := refuse_unless(request, name=name, permission=permission):
                return refusal
            if request.method not in methods:
                return HttpResponseNotAllowed(sorted(methods))
            _refuse_nul(request)
            return view(request, *args, **kwargs)
        except PermissionDenied as why:
            _record_refusal(request, name=name, permission=str(why) or permission)
            raise

    return guarded


def _record_refusal(request: HttpRequest, *, name: str, permission: str) -> None:
    """Somebody tried what their roles do not cover: kept, whoever it was."""
    with transaction.atomic():
        audit.record(
            actor=actor(request),
            action="console.page.refused",
            subject=f"page:{name}",
            at=clock.now(),
            result="DENIED",
            details={"permission": permission[:120], "method": str(request.method)},
            origin=origin.address(request),
        )


def _refuse_nul(request: HttpRequest) -> None:
    """PostgreSQL takes no NUL in text; no value a person means has one."""
    values = [
        request.path,
        *(value for query in (request.GET, request.POST) for _, found in query.lists() for value in found),
    ]
    if any("\x00" in str(value) for value in values):
        raise BadRequest("NUL")
