"""What changes a case without deciding it: put off, given up, put first, given to somebody, a note."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.actors import Actor
from core.errors import Refusal
from fraud.forms.reviews import AssignForm, BoostForm, EscalateForm, NoteForm, SnoozeForm
from fraud.services import case_notes, case_pace
from fraud.views.queue import CLAIM, LEAD, is_lead, next_url, sentence
from fraud.views.reviews import find_case


@console.page(
    path="reviews/<str:case_id>/snooze/", name="review_snooze", title="Put off", permission=CLAIM, methods=("POST",)
)
def review_snooze(request: HttpRequest, case_id: str) -> HttpResponse:
    """Back at the top when the time is over."""
    now = clock.now()

    def snooze(data: dict[str, Any]) -> None:
        case_pace.snooze(
            case_id=case_id,
            until=now + timedelta(hours=int(data["hours"])),
            reason=data["snooze_reason"],
            actor=console.actor(request),
            as_lead=is_lead(request),
            now=now,
        )

    return _moved(request, case_id, SnoozeForm(request.POST), snooze, "Put off: it returns by itself.", go_on=True)


@console.page(
    path="reviews/<str:case_id>/escalate/",
    name="review_escalate",
    title="Escalate",
    permission=CLAIM,
    methods=("POST",),
)
def review_escalate(request: HttpRequest, case_id: str) -> HttpResponse:
    """A lead goes on; the one who escalates does not."""

    def escalate(data: dict[str, Any]) -> None:
        case_pace.escalate(
            case_id=case_id, reason=data["escalate_reason"], actor=console.actor(request), now=clock.now()
        )

    return _moved(request, case_id, EscalateForm(request.POST), escalate, "Escalated: a lead goes on.", go_on=True)


@console.page(
    path="reviews/<str:case_id>/boost/", name="review_boost", title="Put first", permission=LEAD, methods=("POST",)
)
def review_boost(request: HttpRequest, case_id: str) -> HttpResponse:
    """Above the order of the queue."""

    def boost(data: dict[str, Any]) -> None:
        case_pace.raise_up(case_id=case_id, reason=data["boost_reason"], actor=console.actor(request), now=clock.now())

    return _moved(request, case_id, BoostForm(request.POST), boost, "Put first.")


@console.page(
    path="reviews/<str:case_id>/assign/", name="review_assign", title="Assign", permission=LEAD, methods=("POST",)
)
def review_assign(request: HttpRequest, case_id: str) -> HttpResponse:
    """Out of whoever's hands, and next for one person."""

    def assign(data: dict[str, Any]) -> None:
        case_pace.assign(
            case_id=case_id,
            to=Actor("STAFF", data["to"]),
            reason=data["assign_reason"],
            actor=console.actor(request),
            now=clock.now(),
        )

    return _moved(request, case_id, AssignForm(request.POST), assign, "Assigned.")


@console.page(
    path="reviews/<str:case_id>/note/", name="review_note", title="Add a note", permission=CLAIM, methods=("POST",)
)
def review_note(request: HttpRequest, case_id: str) -> HttpResponse:
    """Kept for good."""

    def add(data: dict[str, Any]) -> None:
        case_notes.add(case_id=case_id, text=data["note"], actor=console.actor(request), now=clock.now())

    return _moved(request, case_id, NoteForm(request.POST), add, "Noted.")


def _moved(
    request: HttpRequest,
    case_id: str,
    form: forms.Form,
    act: Callable[[dict[str, Any]], None],
    done: str,
    *,
    go_on: bool = False,
) -> HttpResponse:
    """Act on a readable form; then the same case, or with `go_on` the next one."""
    case = find_case(request, case_id)
    here = reverse("admin:review", args=[case.case_id])
    if not form.is_valid():
        wrong = "; ".join(
            f"{form.fields[name].label or name}: {' '.join(map(str, said))}" for name, said in form.errors.items()
        )
        messages.error(request, wrong)
        return HttpResponseRedirect(here)
    try:
        act(form.cleaned_data)
    except Refusal as refused:
        messages.error(request, sentence(refused))
        return HttpResponseRedirect(here)
    messages.success(request, done)
    return HttpResponseRedirect(next_url(request, clock.now()) if go_on else here)
