"""What surrounds every page: navigation by role, search, environment, person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.urls import reverse
from django.utils.functional import SimpleLazyObject, cached_property

from core import clock
from core.console import pages, saved_views
from core.staff import presence, roles
from core.switches import services as switches

CLOCK_TOLERANCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Link:
    """`is_own`: by a role, not as everybody has it. `views` are the saved views of the page, shown while it is open."""

    title: str
    url: str
    key: str
    is_current: bool
    is_own: bool
    views: list[saved_views.Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    links: list[Link]


@dataclass(frozen=True, slots=True)
class Warned:
    """`url` is where it can be ended, empty for who may not look there."""

    text: str
    url: str
    until: datetime | None


class Shell:
    """Read by `console/base.html`; everything is worked out on first use."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def is_signed_in(self) -> bool:
        return presence.is_signed_in(self.request)

    @cached_property
    def sections(self) -> list[Section]:
        """Pages the person may open, in the order the pages ask for. A section stands where its first page does."""
        allowed = sorted(
            (page for page in pages.registered() if page.nav and self.request.user.has_perm(page.permission)),
            key=lambda page: (page.nav or ("", 0))[1],
        )
        current = self._current(allowed)
        sections: dict[str, list[Link]] = {}
        for page in allowed:
            section = page.nav[0] if page.nav else ""
            sections.setdefault(section, []).append(self._link(page, is_current=page is current))
        return [Section(title, links) for title, links in sections.items()]

    @cached_property
    def keys(self) -> list[Link]:
        return [link for section in self.sections for link in section.links if link.key]

    @cached_property
    def role_titles(self) -> list[str]:
        held = self.request.user.roles  # type: ignore[union-attr]
        return [roles.title(code) for code in sorted(held)]

    @cached_property
    def is_live(self) -> bool:
        return pages.is_live(self.request)

    @cached_property
    def warnings(self) -> list[Warned]:
        """Checks that are being gone round at this moment; everybody sees them on every page."""
        may_look = self.request.user.has_perm("switches.view_switchturn")
        return [
            Warned(guard.warning, reverse("admin:switch", args=[guard.switch.value]) if may_look else "", until)
            for guard, until in switches.list_ways_round(now=self.now)
        ]

    @cached_property
    def clock_offset(self) -> timedelta | None:
        """How far a demo has moved the clock; None on the system's time."""
        offset = clock.now() - datetime.now(UTC)
        return offset if abs(offset) > CLOCK_TOLERANCE else None

    @cached_property
    def now(self) -> datetime:
        return clock.now()

    @cached_property
    def seconds_left(self) -> int:
        return presence.seconds_left(self.request, presence.present())

    def _link(self, page: pages.Page, *, is_current: bool) -> Link:
        """A page whose filter the person has pinned opens with it."""
        reader = pages.person(self.request)
        own = [view for view in saved_views.of_request(self.request) if view.page == page.name]
        pinned = next((view for view in own if view.pinned and view.owner_id == reader.pk), None)
        url = saved_views.address(pinned) if pinned else reverse(f"admin:{page.name}")
        shown = own if is_current else []
        lines = saved_views.lines(shown, reader, self.request.GET.get(pages.VIEW, ""))
        return Link(page.title, url, page.key, is_current, page.permission != roles.ANY_STAFF, lines)

    def _current(self, allowed: list[pages.Page]) -> pages.Page | None:
        """The page whose path is the longest beginning of this one's: /payments/pay_…/ belongs to Payments."""
        here = self.request.path.removeprefix(reverse("admin:index"))
        under = [page for page in allowed if here == page.path or (page.path and here.startswith(page.path))]
        return max(under, key=lambda page: len(page.path), default=None)


def role_title(code: str) -> str:
    return roles.ROLES[code].title if code in roles.ROLES else code


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """A page in the shell. With `fragment`, a request by htmx gets that smaller template instead."""
    by_htmx = bool(fragment and getattr(request, "htmx", False) and not request.htmx.boosted)  # type: ignore[attr-defined]
    return render_template(request, fragment if by_htmx else template, dict(context or {}), status=status)
