"""Asking for the second factor again before a page opens. What was being sent is kept and goes on with the code."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from core.console import pages, shell
from core.errors import Refusal
from core.staff import presence
from core.staff.services import step_up
from core.telemetry import origin

CODE = "second_factor"
REFUSED = "This code was not accepted. Each code works once: wait for the next one in your app."
_NEVER_CARRIED = {CODE, "csrfmiddlewaretoken"}


def ask(request: HttpRequest, *, name: str) -> HttpResponse | None:
    """None where a second factor was given in the last minutes or comes with this request; the question otherwise."""
    if presence.has_proved(request, presence.present()):
        return None
    if getattr(request, "htmx", False):
        here = presence.safe_next(request, request.headers.get("HX-Current-URL", ""))
        answer: HttpResponse = HttpResponseClientRedirect(_address(here))
        return answer
    if request.method != "POST":
        return HttpResponseRedirect(_address(request.get_full_path()))
    error = give(request, act=f"page:{name}") if CODE in request.POST else ""
    if CODE in request.POST and not error:
        return None
    carried = [
        (field, value) for field, values in request.POST.lists() if field not in _NEVER_CARRIED for value in values
    ]
    return question(request, action=request.get_full_path(), carried=carried, error=error)


def give(request: HttpRequest, *, act: str) -> str:
    """Use up the code that came with the request; what to tell the person when it was not right, empty when it was."""
    now = presence.present()
    try:
        step_up.confirm(
            user=pages.person(request),
            code=request.POST[CODE].replace(" ", "")[:12],
            act=act,
            subject=request.path[:100],
            origin=origin.address(request),
            now=now,
        )
    except step_up.NotAccepted:
        return REFUSED
    except Refusal as refusal:  # too soon after a wrong one, or the vault is closed
        return refusal.detail
    presence.prove(request, now)
    return ""


def question(request: HttpRequest, *, action: str, carried: list[tuple[str, str]], error: str) -> HttpResponse:
    is_sent = not action.startswith(reverse("admin:step_up"))
    context = {"action": action, "carried": carried, "error": error, "field": CODE, "is_sent": is_sent}
    return shell.render(request, "console/proof.html", context, status=400 if error else 200)


def _address(back_to: str) -> str:
    return f"{reverse('admin:step_up')}?{urlencode({'next': back_to})}"
