"""Saved views: a list page with its filters under a name, for oneself or for everybody of one's role."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from core import ids
from core.audit import services as audit
from core.console import pages
from core.console.models import SavedView
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.parameters import services as parameters
from core.staff.models import User

LONGEST_NAME, LONGEST_QUERY = 60, 600


class UnableToKeepView(Refusal):
    code = "INVALID_SAVED_VIEW"
    title = "The view cannot be kept"


class ViewNotFound(Refusal):
    code = "SAVED_VIEW_NOT_FOUND"
    status = 404
    title = "No such view"


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands above a list: its views, and what to keep as a new one (empty where nothing is filtered)."""

    page: str
    views: list["Line"]
    query: str
    roles: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    view: SavedView
    url: str
    is_current: bool
    is_own: bool


def keep(*, owner: User, page: str, name: str, query: str, role: str, pinned: bool, now: datetime) -> SavedView:
    """Keep a filter of a page that the person may open. Raises UnableToKeepView."""
    query = _accepted(owner, page, query)
    _require_role(owner, role)
    _require_name(name)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if SavedView.objects.filter(owner=owner).count() >= parameters.read("console.views_per_person", at=now):
            raise UnableToKeepView("You keep as many views as one person may; delete one first.")
        if pinned:
            _unpin(owner, page)
        view = _stored(
            SavedView(
                public_id=ids.prefixed("view", now), owner=owner, page=page, name=name, query=query, role=role,
                pinned=pinned, created_at=now, changed_at=now,
            )
        )  # fmt: skip
        _record(view, "console.view.kept", owner, now)
    return view


def change(*, view_id: str, owner: User, name: str, role: str, pinned: bool, now: datetime) -> SavedView:
    """Rename, share or pin. Raises ViewNotFound for a view of somebody else, UnableToKeepView."""
    _require_role(owner, role)
    _require_name(name)
    with transaction.atomic():
        view = _locked(view_id, owner)
        if pinned and not view.pinned:
            _unpin(owner, view.page)
        view.name, view.role, view.pinned, view.changed_at = name, role, pinned, now
        _stored(view)
        _record(view, "console.view.changed", owner, now)
    return view


def remove(*, view_id: str, owner: User, now: datetime) -> SavedView:
    """Raises ViewNotFound for a view of somebody else."""
    with transaction.atomic():
        view = _locked(view_id, owner)
        _record(view, "console.view.removed", owner, now)
        SavedView.objects.filter(pk=view.pk).delete()
    return view


def get(*, view_id: str, reader: User) -> SavedView:
    """One's own or one shared with a role one has, of a page one may open. Raises ViewNotFound."""
    view = visible_to(reader).filter(public_id=view_id).first()
    if view is None or not _may_open(reader, view.page):
        raise ViewNotFound
    return view


def visible_to(reader: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(Q(owner=reader) | Q(role__in=reader.roles)).order_by("name", "id")


def address(view: SavedView) -> str:
    query = f"{view.query}&" if view.query else ""
    return f"{reverse(f'admin:{view.page}')}?{query}{pages.VIEW}={view.public_id}"


def lines(views: list[SavedView], reader: User, current: str = "") -> list[Line]:
    return [Line(view, address(view), view.public_id == current, view.owner_id == reader.pk) for view in views]


def bar(request: HttpRequest) -> Bar | None:
    """For the list page at hand; None on a page that keeps no views."""
    from core.console import listing

    match = request.resolver_match
    page = pages.find(match.url_name or "") if match else None
    if page is None or page.filters is None:
        return None
    reader = pages.person(request)
    found = [view for view in of_request(request) if view.page == page.name]
    query = urlencode(listing.filters_of(request), doseq=True)
    return Bar(page.name, lines(found, reader, request.GET.get(pages.VIEW, "")), query, sorted(reader.roles))


def of_request(request: HttpRequest) -> list[SavedView]:
    """All the person's views, read once a request: the navigation and the list both show them."""
    known: list[SavedView] | None = getattr(request, "console_views", None)
    if known is None:
        known = list(visible_to(pages.person(request)))
        request.console_views = known  # type: ignore[attr-defined]
    return known


def _may_open(reader: User, name: str) -> bool:
    page = pages.find(name)
    return page is not None and page.filters is not None and reader.has_perm(page.permission)


def _accepted(owner: User, name: str, query: str) -> str:
    """The filter in its plain form. Only names that the page filters by: a view leads nowhere else."""
    page = pages.find(name)
    if page is None or page.filters is None or not owner.has_perm(page.permission):
        raise UnableToKeepView("This is no list that you may open.")
    known = page.filters.base_fields  # type: ignore[attr-defined]
    try:
        pairs = parse_qsl(query, strict_parsing=bool(query), max_num_fields=40)
    except ValueError:
        raise UnableToKeepView("The filter cannot be read.") from None
    if strange := sorted({field for field, _ in pairs if field not in known}):
        raise UnableToKeepView(f"The list is not filtered by {strange[0][:40]}.")
    plain = urlencode(pairs)
    if len(plain) > LONGEST_QUERY:
        raise UnableToKeepView("The filter is too long to keep.")
    return plain


def _require_role(owner: User, role: str) -> None:
    if role and role not in owner.roles:
        raise UnableToKeepView("A view is shared with a role of one's own.")


def _require_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise UnableToKeepView(f"A view has a name of at most {LONGEST_NAME} characters.")


def _locked(view_id: str, owner: User) -> SavedView:
    try:
        return SavedView.objects.select_for_update().get(public_id=view_id, owner=owner)
    except ObjectDoesNotExist:
        raise ViewNotFound from None


def _unpin(owner: User, page: str) -> None:
    SavedView.objects.filter(owner=owner, page=page, pinned=True).update(pinned=False)


def _stored(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        if refusal_name(error) == "saved_view_name_is_used_once":
            raise UnableToKeepView("You keep a view of this list under that name already.") from None
        raise
    return view


def _record(view: SavedView, action: str, owner: User, now: datetime) -> None:
    details: dict[str, Any] = {
        "page": view.page, "name": view.name, "query": view.query, "role": view.role, "pinned": view.pinned,
    }  # fmt: skip
    audit.record(actor=owner.actor(), action=action, subject=view.public_id, at=now, details=details)
