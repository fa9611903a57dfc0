"""Whether the person is still there: a session locks after a time without activity and ends after a working day.

Times here and in signing in are the machine's, not the program's movable clock: moving a demo's clock must neither
throw everybody out nor keep anybody in.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from core.staff import device_names, parameters
from core.staff.services import sign_in
from core.staff.session_store import ADDRESS, DEVICE, PROVED_AT, SEEN_AT, SIGNED_IN_AT
from core.telemetry import origin

# The last activity is written at most this often: a session row per click would be a write per read.
TOUCH_SECONDS = 20
# Sent by the shell with requests no person made (polling); they must not keep a session alive.
BACKGROUND_HEADER = "Holdfast-Background"


def present() -> datetime:
    return datetime.now(UTC)


def begin(request: HttpRequest, now: datetime) -> None:
    """Both factors were given just now; what the session repeats of its browser is for lists of sessions."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = now.timestamp()
    request.session[DEVICE] = device_names.words(request.headers.get("User-Agent", ""))
    request.session[ADDRESS] = origin.address(request)


def prove(request: HttpRequest, now: datetime) -> None:
    """A fresh second factor of the person's own device was given just now."""
    request.session[PROVED_AT] = now.timestamp()


def has_proved(request: HttpRequest, now: datetime) -> bool:
    """Within the last minutes; then pages that ask for a second factor again open without."""
    return now.timestamp() - float(request.session.get(PROVED_AT, 0)) < parameters.step_up_lasts(now).total_seconds()


def is_signed_in(request: HttpRequest) -> bool:
    """Both factors were given in this session and the account is open."""
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated and user.is_active and user.is_verified())


def seconds_left(request: HttpRequest, now: datetime) -> int:
    """Until the session locks if nothing more is done; 0 when it has."""
    since_seen = now.timestamp() - float(request.session.get(SEEN_AT, 0))
    since_start = now.timestamp() - float(request.session.get(SIGNED_IN_AT, 0))
    left = min(
        parameters.idle_lock(now).total_seconds() - since_seen,
        parameters.absolute_limit(now).total_seconds() - since_start,
    )
    return max(0, int(left))


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the sign-in page and afterwards back to where it was."""
    htmx = bool(getattr(request, "htmx", False))
    wanted = request.headers.get("HX-Current-URL", "") if htmx else request.get_full_path()
    query = urlencode({"next": wanted}) if safe_next(request, wanted) else ""
    address = reverse("admin:login") + (f"?{query}" if query else "")
    return HttpResponseClientRedirect(address) if htmx else HttpResponseRedirect(address)


def safe_next(request: HttpRequest, wanted: str) -> str:
    """`wanted` when it leads to this console, empty otherwise."""
    here = {request.get_host()}
    return wanted if wanted and url_has_allowed_host_and_scheme(wanted, here, request.is_secure()) else ""


class PresenceMiddleware:
    """Ends sessions that are idle or old before any view sees them; notes activity of the others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and auth.SESSION_KEY in request.session:
            now = present()
            if not seconds_left(request, now):
                _lock(request, now)
            elif BACKGROUND_HEADER not in request.headers:
                _touch(request, now)
        return self.get_response(request)


def _lock(request: HttpRequest, now: datetime) -> None:
    """End the session; what was on the screen stays until the window asks for anything again."""
    user = request.user
    if user.is_authenticated:
        sign_in.record(user=user, event="session.locked", origin=origin.address(request), now=now)
    auth.logout(request)


def _touch(request: HttpRequest, now: datetime) -> None:
    if now.timestamp() - float(request.session[SEEN_AT]) >= TOUCH_SECONDS:
        request.session[SEEN_AT] = now.timestamp()
