"""A person's own account, and the administrators' pages for everybody's."""

from django.contrib import auth, messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.audit import selectors as audit
from core.staff import presence, roles
from core.staff.forms import Closure, NewPassword, NewPerson, Roles
from core.staff.models import User
from core.staff.services import authenticators, passwords, people, sign_in
from core.telemetry import origin


@console.page(
    path="account/password/",
    name="password",
    title="Change password",
    permission=roles.ANY_STAFF,
    methods=("GET", "POST"),
)
def password(request: HttpRequest) -> HttpResponse:
    """Own password; other sessions of the person end with it, this one goes on."""
    user = console.person(request)
    form = NewPassword(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        now = presence.present()
        try:
            sign_in.check_password(
                email=user.email, password=form.cleaned_data["current"], origin=origin.address(request), now=now
            )
        except sign_in.NotAccepted:
            form.add_error("current", "This is not your current password.")
        else:
            passwords.change(user=user, password=form.cleaned_data["new"], now=now)
            auth.update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed. Other sessions of yours have ended.")
            return HttpResponseRedirect(reverse("admin:index"))
    return console.render(request, "staff/password.html", {"form": form}, status=400 if form.errors else 200)


@console.page(path="staff/", name="staff", title="People", nav=("Staff", 800), permission="staff.view_user", key="u")
def person_list(request: HttpRequest) -> HttpResponse:
    page = console.keyset(request, User.objects.prefetch_related("role_assignments"), by=("id",))
    for user in page.rows:
        user.url = reverse("admin:staff_person", args=[user.pk])
        held = sorted(assignment.role for assignment in user.role_assignments.all())
        user.role_names = ", ".join(roles.ROLES[code].title for code in held if code in roles.ROLES)
        user.state = "ACTIVE" if user.is_active else "CLOSED"
    columns = [
        console.Column("Person", "full_name"),
        console.Column("E-mail", "email", hide_on_phone=True),
        console.Column("Roles", "role_names"),
        console.Column("Account", "state", "status"),
        console.Column("Last sign-in", "last_login", "time", hide_on_phone=True),
    ]
    table = console.Table(columns, page.rows, caption="People")
    return console.render(request, "staff/people.html", {"table": table, "page": page})


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


@console.page(path="staff/<int:user_id>/", name="staff_person", title="Person", permission="staff.view_user")
def person_page(request: HttpRequest, user_id: int) -> HttpResponse:
    return _person_page(request, _person(user_id))


@console.page(
    path="staff/<int:user_id>/roles/",
    name="staff_roles",
    title="Roles",
    permission="staff.change_user",
    methods=("POST",),
)
def person_roles(request: HttpRequest, user_id: int) -> HttpResponse:
    user, form = _person(user_id), Roles(request.POST)
    if form.is_valid():
        try:
            people.assign_roles(
                user_id=user_id, roles=form.cleaned_data["roles"], actor=console.actor(request), now=clock.now()
            )
        except people.UnableToChangePerson as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, "The roles are changed; they hold from the person's next request.")
            return HttpResponseRedirect(reverse("admin:staff_person", args=[user_id]))
    return _person_page(request, user, roles_form=form)


@console.page(
    path="staff/<int:user_id>/close/",
    name="staff_close",
    title="Close account",
    permission="staff.change_user",
    methods=("POST",),
)
def person_close(request: HttpRequest, user_id: int) -> HttpResponse:
    user, form = _person(user_id), Closure(request.POST)
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
    user = _person(user_id)
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


def _person(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise Http404
    return user


def _person_page(
    request: HttpRequest, user: User, *, roles_form: Form | None = None, closure_form: Form | None = None
) -> HttpResponse:
    facts = [
        console.Fact("E-mail", user.email),
        console.Fact("Account", "ACTIVE" if user.is_active else "CLOSED", "status"),
        console.Fact("Sign-in", "LOCKED" if _is_locked(user) else "OPEN", "status"),
        console.Fact("Authenticator", "ENROLLED" if authenticators.find(user) else "NOT ENROLLED", "status"),
        console.Fact("Opened", user.created_at, "stamp"),
        console.Fact("Last sign-in", user.last_login, "stamp"),
    ]
    events = [
        console.Event(
            entry.recorded_at,
            entry.action.rpartition("staff.")[2].replace(".", " ").replace("_", " ").capitalize(),
            actor=f"{entry.actor_kind}:{entry.actor_id}",
            tone="neutral" if entry.result == "SUCCESS" else "bad",
        )
        for entry in audit.list_for_subject(user.email)
    ]
    refused = roles_form is not None or closure_form is not None
    context = {
        "person": user,
        "facts": facts,
        "events": events,
        "may_change": console.person(request).has_perm("staff.change_user") and user != request.user,
        "roles_form": roles_form or Roles(initial={"roles": sorted(user.roles)}),
        "closure_form": closure_form or Closure(),
    }
    return console.render(request, "staff/person.html", context, status=400 if refused else 200)


def _is_locked(user: User) -> bool:
    return sign_in.is_locked(email=user.email, now=presence.present())
