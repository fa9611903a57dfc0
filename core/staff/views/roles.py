"""Roles as rows: what each allows, who holds it, how it came to be, and asking for another version."""

from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals import selectors as approval_selectors
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.audit.chain import JSON
from core.errors import Refusal
from core.staff import roles, roles_in_force
from core.staff.forms import RoleChange, SeparationChange
from core.staff.models import RoleAssignment, RoleVersion, Separation
from core.staff.role_table import Role, Table

VIEW, CHANGE = "staff.view_role", "staff.change_role"
VERSIONS_SHOWN = 50


@console.page(path="staff/roles/", name="staff_roles_table", title="Roles", nav=("Staff", 810), permission=VIEW)
def role_matrix(request: HttpRequest) -> HttpResponse:
    """Every permission against every role, the rules that keep duties apart, and what differs from what is shipped."""
    table = roles_in_force.read()
    names = sorted({name for role in table.roles.values() for name in role.permissions} - {roles.ANY_STAFF})
    columns = list(table.roles.values())
    context = {
        "columns": columns,
        "lines": [
            {"name": name, "is_money": name in table.money, "cells": [name in role.permissions for role in columns]}
            for name in names
        ],
        "different": [
            card for card in map(_card, columns) if card["added"] or card["missing"] or not card["is_shipped"]
        ],
        "pairs": table.pairs,
        "money": sorted(table.money),
        "separation_differs": (set(table.pairs), table.money) != (set(roles.SHIPPED.pairs), roles.SHIPPED.money),
        "may_change": console.person(request).has_perm(CHANGE),
    }
    return console.render(request, "staff/roles.html", context)


@console.page(path="staff/roles/<slug:code>/", name="staff_role", title="Role", permission=VIEW)
def role_page(request: HttpRequest, code: str) -> HttpResponse:
    return _role_page(request, _table_with(code), code)


@console.page(
    path="staff/roles/<slug:code>/change/",
    name="staff_role_change",
    title="Ask for a change of a role",
    permission=CHANGE,
    methods=("POST",),
)
def role_change(request: HttpRequest, code: str) -> HttpResponse:
    """What it shall allow; in force when a security officer has signed."""
    table, form = _table_with(code), RoleChange(request.POST)
    if form.is_valid():
        wanted = sorted({*form.cleaned_data["permissions"], roles.ANY_STAFF})
        asked = _ask(request, form, action="staff.change_role", subject=f"role:{code}", given={"permissions": wanted})
        if asked:
            return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
    return _role_page(request, table, code, form=form)


@console.page(
    path="staff/separation/",
    name="staff_separation_change",
    title="Ask for other rules",
    permission=CHANGE,
    methods=("GET", "POST"),
)
def separation_change(request: HttpRequest) -> HttpResponse:
    """Which duties stay apart; in force when a security officer has signed."""
    table = roles_in_force.read()
    now = {"pairs": "\n".join(" ".join(pair) for pair in table.pairs), "money": "\n".join(sorted(table.money))}
    form = SeparationChange(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        given = {"pairs": form.cleaned_data["pairs"], "money": form.cleaned_data["money"]}
        asked = _ask(request, form, action="staff.change_separation", subject="separation", given=given)
        if asked:
            return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
    context = {"form": form, "versions": list(Separation.objects.order_by("-id")[:VERSIONS_SHOWN])}
    return console.render(request, "staff/separation.html", context, status=400 if form.errors else 200)


def _table_with(code: str) -> Table:
    table = roles_in_force.read()
    if code not in table.roles:
        raise Http404
    return table


def _ask(
    request: HttpRequest, form: Form, *, action: str, subject: str, given: dict[str, JSON]
) -> ApprovalRequest | None:
    """The question that was put; None when it was refused, which the form says."""
    try:
        return approvals.ask(
            action=action,
            subject=subject,
            given=given,
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, refusal.detail)
        return None


def _role_page(request: HttpRequest, table: Table, code: str, *, form: Form | None = None) -> HttpResponse:
    role = table.roles[code]
    holders = RoleAssignment.objects.filter(role=code).select_related("user").order_by("user__email")
    context = {
        "role": role,
        "permissions": sorted(role.permissions - {roles.ANY_STAFF}),
        "holders": list(holders[:200]),
        "card": _card(role),
        "events": _history(code),
        "open_request": approval_selectors.find_open(action="staff.change_role", subject=f"role:{code}"),
        "form": form or RoleChange(initial={"permissions": "\n".join(sorted(role.permissions))}),
        "may_change": console.person(request).has_perm(CHANGE),
    }
    return console.render(request, "staff/role.html", context, status=400 if form else 200)


def _card(role: Role) -> dict[str, Any]:
    """What differs from what is shipped: permissions an upgrade brought and people's version lacks, and the reverse."""
    shipped = roles.ROLES.get(role.code)
    before = shipped.permissions if shipped else frozenset()
    return {
        "role": role,
        "added": sorted(role.permissions - before) if shipped else [],
        "missing": sorted(before - role.permissions),
        "is_shipped": shipped is not None,
        "differs": role != shipped,
    }


def _history(code: str) -> list[console.Event]:
    """Versions with what each gave and took, newest last."""
    rows = list(RoleVersion.objects.filter(role=code).order_by("-id")[: VERSIONS_SHOWN + 1])[::-1]
    events, before = [], frozenset[str]()
    for row in rows:
        names = frozenset(row.permissions)
        events.append(
            console.Event(
                row.written_at,
                "Shipped" if row.written_by.startswith("SYSTEM:") else "Changed",
                detail=_words(names - before, before - names) if before else f"{len(names)} permissions",
                actor=row.written_by,
                tone="neutral" if row.written_by.startswith("SYSTEM:") else "busy",
                url=reverse("admin:approval", args=[row.approval_id]) if row.approval_id else "",
            )
        )
        before = names
    return events


def _words(given: frozenset[str], taken: frozenset[str]) -> str:
    parts = [f"gives {', '.join(sorted(given))}"] if given else []
    parts += [f"takes {', '.join(sorted(taken))}"] if taken else []
    return "; ".join(parts) or "the same permissions"
