"""Where a person is signed in: their own page, and the administrators' for anybody's."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import console
from core.errors import Refusal
from core.staff import parameters, presence, roles
from core.staff.models import User
from core.staff.services import devices, sessions
from core.staff.session_store import digest
from core.staff.sign_in_views import device_token
from core.staff.views.people import find_or_404
from core.telemetry import origin


@console.page(path="account/sessions/", name="sessions", title="Sessions", permission=roles.ANY_STAFF)
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Own sessions, and new devices that wait for a yes or no."""
    user, now = console.person(request), presence.present()
    context = {
        "rows": sessions.list_open(user=user, now=now),
        "this": _this(request),
        "unanswered": devices.list_unanswered(user),
        "idle_minutes": int(parameters.idle_lock(now).total_seconds() // 60),
        "hours": int(parameters.absolute_limit(now).total_seconds() // 3600),
    }
    return console.render(request, "staff/sessions.html", context)


@console.page(
    path="account/sessions/end/",
    name="session_end",
    title="End a session",
    permission=roles.ANY_STAFF,
    methods=("POST",),
)
def end_own(request: HttpRequest) -> HttpResponse:
    """One by the digest of its key, or all but this one."""
    _end(request, console.person(request), keep=_this(request))
    return HttpResponseRedirect(reverse("admin:sessions"))


@console.page(
    path="account/devices/<int:device_id>/",
    name="device_answer",
    title="Answer for a device",
    permission=roles.ANY_STAFF,
    methods=("POST",),
)
def answer_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Was this you? A no ends every other session and leads to the page that changes the password."""
    user, now, is_mine = console.person(request), presence.present(), request.POST.get("answer") == "mine"
    try:
        devices.answer(user=user, device_id=device_id, is_mine=is_mine, token=device_token(request), now=now)
    except Refusal as refusal:
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(reverse("admin:sessions"))
    if is_mine:
        messages.success(request, "Noted: this device is yours.")
        return HttpResponseRedirect(reverse("admin:sessions"))
    sessions.end_all(
        user=user, actor=console.actor(request), origin=origin.address(request), now=now, keep=_this(request)
    )
    messages.warning(
        request, "Every other session of yours has ended. Choose a new password, and tell a security officer."
    )
    return HttpResponseRedirect(reverse("admin:password"))


@console.page(
    path="staff/<int:user_id>/sessions/",
    name="staff_sessions",
    title="Sessions of a person",
    permission="staff.view_session",
    step_up=True,
    shows=console.Shows("sessions", "user_id", "person:"),
)
def sessions_of(request: HttpRequest, user_id: int) -> HttpResponse:
    person = find_or_404(user_id)
    context = {
        "person": person,
        "rows": sessions.list_open(user=person, now=presence.present()),
        "this": _this(request),
        "may_end": console.person(request).has_perm("staff.change_user"),
    }
    return console.render(request, "staff/sessions_of.html", context)


@console.page(
    path="staff/<int:user_id>/sessions/end/",
    name="staff_session_end",
    title="End a person's session",
    permission="staff.change_user",
    methods=("POST",),
    step_up=True,
)
def end_of(request: HttpRequest, user_id: int) -> HttpResponse:
    _end(request, find_or_404(user_id), keep="")
    return HttpResponseRedirect(reverse("admin:staff_sessions", args=[user_id]))


def _this(request: HttpRequest) -> str:
    return digest(str(request.session.session_key))


def _end(request: HttpRequest, user: User, *, keep: str) -> None:
    """The one named, or all but `keep`."""
    actor, address, now = console.actor(request), origin.address(request), presence.present()
    if key := request.POST.get("session", ""):
        try:
            sessions.end(user=user, session_key=key, actor=actor, origin=address, now=now)
        except sessions.SessionNotFound as refusal:
            messages.info(request, f"{refusal.detail}.")
        else:
            messages.success(request, "The session has ended.")
        return
    ended = sessions.end_all(user=user, actor=actor, origin=address, now=now, keep=keep)
    messages.success(request, f"{ended} session{'' if ended == 1 else 's'} ended.")
