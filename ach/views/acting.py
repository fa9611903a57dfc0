"""What the acts of these pages have in common: done and told, asked and led to its signatures, or refused in words."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.console import jumps
from core.errors import Refusal

WORK_ENTRY, WORK_RETURN, CLOSE_CASE = "ach.work_entry", "ach.work_return", "ach.close_case"
ASKED = "Asked. It happens with the signature of another person."


def done(request: HttpRequest, back: str, verb: Callable[..., Any], told: str, **said: Any) -> HttpResponseRedirect:
    """Back to the page, with what was done or why it was refused."""
    try:
        verb(actor=console.actor(request), now=clock.now(), **said)
    except Refusal as refused:
        return refuse(request, back, sentence(refused))
    messages.success(request, told)
    return HttpResponseRedirect(back)


def ask(
    request: HttpRequest, back: str, *, action: str, subject: str, reason: str, **given: Any
) -> HttpResponseRedirect:
    """To the question whose signatures it takes."""
    try:
        question: ApprovalRequest = approvals.ask(
            action=action, subject=subject, given=given, reason=reason, actor=console.actor(request), now=clock.now()
        )
    except Refusal as refused:
        return refuse(request, back, sentence(refused))
    messages.success(request, ASKED)
    return HttpResponseRedirect(reverse("admin:approval", args=[question.request_id]))


def refuse(request: HttpRequest, back: str, why: str) -> HttpResponseRedirect:
    messages.error(request, why)
    return HttpResponseRedirect(back)


def faults(form: Form) -> str:
    return " ".join(f"{form[name].label}: {' '.join(map(str, found))}" for name, found in form.errors.items())


def sentence(refused: Refusal) -> str:
    """What a refusal says, as a sentence."""
    lead = "" if refused.detail == refused.title else f"{refused.title}: "
    errors = "; ".join(f"{each.pointer.strip('/')} {each.reason}" for each in refused.errors)
    text = f"{lead}{refused.detail}{f' ({errors})' if errors else ''}"
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def who(actor: str) -> str:
    """`STAFF:jane@…` without its kind; the program is named as such."""
    kind, _, name = actor.partition(":")
    return "the program" if kind == "SYSTEM" else name


def reference_url(reference: str) -> str:
    """Of a retry it is an entry and a number."""
    return jumps.address(reference.partition(":")[0])
