"""The administrators' pages for everybody's accounts."""

from datetime import datetime

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals import selectors as approval_selectors
from core.approvals import services as approvals
from core.audit import selectors as audit
from core.errors import Refusal
from core.staff import parameters, presence, roles
from core.staff.forms import Closure, NewPerson, NewRoles
from core.staff.models import User
from core.staff.services import authenticators, passkeys, people, recovery, sign_in


@console.page(path="staff/", name="staff", title="People", nav=("Staff", 800), permission="staff.view_user", key="u")
def person_list(request: HttpRequest) -> HttpResponse:
    page = console.keyset(request, User.objects.prefetch_related("role_assignments"), by=("id",))
    now = presence.present()
    for user in page.rows:
        user.url = reverse("admin:staff_person", args=[user.pk])
        user.role_names = ", ".join(sorted(roles.title(held.role) for held in user.role_assignments.all()))
        user.state = "ACTIVE" if user.is_active else "CLOSED"
        user.closes = closes_at(user, now)
    columns = [
        console.Column("Person", "full_name"),
        console.Column("E-mail", "email", hide_on_phone=True),
        console.Column("Roles", "role_names"),
        console.Column("Account", "state", "status"),
        console.Column("Last sign-in", "last_login", "time", hide_on_phone=True),
        console.Column("Closes if unused", "closes", "time", hide_on_phone=True),
    ]
    context = {
        "table": console.Table(columns, page.rows, caption="People"),
        "page": page,
        "closing": sum(bool(user.closes) for user in page.rows),
        "limit_days": parameters.inactivity_limit(now).days,
        "may_change": console.person(request).has_perm("staff.change_user"),
    }
    return console.render(request, "staff/people.html", context)


@console.page(
    path="staff/new/",
    name="staff_new",
    title="New person",
    permission="staff.change_user",
    methods=("GET", "POST"),
)
def person_new(request: HttpRequest) -> HttpResponse:
    form = NewPerson(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            issued = people.create(
                **form.cleaned_data, must_change_password=True, actor=console.actor(request), now=clock.now()
            )
        except people.UnableToChangePerson as refusal:
            form.add_error(None, refusal.detail)
        else:
            return console.render(request, "staff/issued.html", {"issued": issued})
    return console.render(request, "staff/new.html", {"form": form}, status=400 if form.errors else 200)


@console.page(
    path="staff/<int:user_id>/",
    name="staff_person",
    title="Person",
    permission="staff.view_user",
    shows=console.Shows("person", "user_id", "person:"),
)
def person_page(request: HttpRequest, user_id: int) -> HttpResponse:
    return _person_page(request, find_or_404(user_id))


@console.page(
    path="staff/<int:user_id>/roles/",
    name="staff_roles",
    title="Ask for roles",
    permission="staff.change_user",
    methods=("POST",),
)
def person_roles(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask for roles; they follow when a security officer has signed."""
    user = find_or_404(user_id)
    form = NewRoles(request.POST, held=user.roles)
    if form.is_valid():
        try:
            asked = approvals.ask(
                action="staff.assign_roles",
                subject=user.email,
                given={"roles": form.cleaned_data["roles"]},
                reason=form.cleaned_data["reason"],
                actor=console.actor(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, "Asked. The roles follow when a security officer has signed.")
            return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
    return _person_page(request, user, roles_form=form)


@console.page(
    path="staff/<int:user_id>/roles/take/",
    name="staff_role_take",
    title="Take a role away",
    permission="staff.change_user",
    methods=("POST",),
)
def person_role_take(request: HttpRequest, user_id: int) -> HttpResponse:
    """At once: the safe direction."""
    user, code = find_or_404(user_id), request.POST.get("role", "")
    try:
        people.take_roles(user_id=user.pk, roles=[code], actor=console.actor(request), now=clock.now())
    except people.UnableToChangePerson as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "The role is taken away; that holds from the person's next request.")
    return HttpResponseRedirect(reverse("admin:staff_person", args=[user.pk]))


@console.page(
    path="staff/<int:user_id>/close/",
    name="staff_close",
    title="Close account",
    permission="staff.change_user",
    methods=("POST",),
)
def person_close(request: HttpRequest, user_id: int) -> HttpResponse:
    user, form = find_or_404(user_id), Closure(request.POST)
    if form.is_valid():
        try:
            people.close(
                user_id=user_id, reason=form.cleaned_data["reason"], actor=console.actor(request), now=clock.now()
            )
        except people.UnableToChangePerson as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, "The account is closed.")
            return HttpResponseRedirect(reverse("admin:staff_person", args=[user_id]))
    return _person_page(request, user, closure_form=form)


@console.page(
    path="staff/<int:user_id>/reset/",
    name="staff_reset",
    title="Reset account",
    permission="staff.change_user",
    methods=("POST",),
)
def person_reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Lost password or telephone: a new password, shown once, and a new enrolment."""
    user = find_or_404(user_id)
    try:
        issued = people.reset(user_id=user_id, actor=console.actor(request), now=clock.now())
    except people.UnableToChangePerson as refusal:
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(reverse("admin:staff_person", args=[user.pk]))
    return console.render(request, "staff/issued.html", {"issued": issued})


@console.finds("People", permission="staff.view_user", shapes=["e-mail"])
def find_people(request: HttpRequest, text: str) -> list[console.Hit]:  # noqa: ARG001
    """By the whole e-mail address."""
    found = User.objects.filter(email=text.lower())
    return [
        console.Hit(str(user), reverse("admin:staff_person", args=[user.pk]), user.email, "e-mail", exact=True)
        for user in found
    ]


def find_or_404(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise Http404
    return user


def closes_at(user: User, now: datetime) -> datetime | None:
    """When an account that stays unused will be closed, once that is near; None while it is not."""
    at = sign_in.last_active(user) + parameters.inactivity_limit(now)
    return at if user.is_active and at - parameters.dormant_warning(now) <= now else None


def _person_page(
    request: HttpRequest, user: User, *, roles_form: Form | None = None, closure_form: Form | None = None
) -> HttpResponse:
    refused = roles_form is not None or closure_form is not None
    viewer = console.person(request)
    context = {
        "person": user,
        "facts": _facts(user),
        "held": list(user.role_assignments.order_by("role")),
        "open_request": approval_selectors.find_open(action="staff.assign_roles", subject=user.email),
        "events": _events(user),
        "may_change": viewer.has_perm("staff.change_user") and user.pk != viewer.pk,
        "may_see_sessions": viewer.has_perm("staff.view_session"),
        "may_see_views": viewer.has_perm("audit.view_access"),
        "roles_form": roles_form or NewRoles(held=user.roles),
        "closure_form": closure_form or Closure(),
    }
    return console.render(request, "staff/person.html", context, status=400 if refused else 200)


def _facts(user: User) -> list[console.Fact]:
    return [
        console.Fact("E-mail", user.email),
        console.Fact("Account", "ACTIVE" if user.is_active else "CLOSED", "status"),
        console.Fact("Sign-in", "LOCKED" if _is_locked(user) else "OPEN", "status"),
        console.Fact("Authenticator", "ENROLLED" if authenticators.find(user) else "NOT ENROLLED", "status"),
        console.Fact("Recovery codes left", recovery.count_left(user), "number"),
        console.Fact("Passkeys", len(passkeys.list_for(user)), "number"),
        console.Fact("Opened", user.created_at, "stamp"),
        console.Fact("Last sign-in", user.last_login, "stamp"),
        console.Fact("Closes if unused", closes_at(user, presence.present()), "stamp"),
    ]


def _events(user: User) -> list[console.Event]:
    return [
        console.Event(
            entry.recorded_at,
            entry.action.rpartition("staff.")[2].replace(".", " ").replace("_", " ").capitalize(),
            actor=f"{entry.actor_kind}:{entry.actor_id}",
            tone="neutral" if entry.result == "SUCCESS" else "bad",
        )
        for entry in audit.list_for_subject(user.email)
    ]


def _is_locked(user: User) -> bool:
    return sign_in.is_locked(email=user.email, now=presence.present())
