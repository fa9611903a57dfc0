"""The inbox, and the page on which a request is read, signed, denied or taken back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals import affiliation_views as affiliation_views
from core.approvals import devices, digests, forms, presentation, selectors
from core.approvals import pair_views as pair_views
from core.approvals import policy_views as policy_views
from core.approvals import services as approvals
from core.approvals.digests import Change
from core.approvals.models import ApprovalRequest
from core.approvals.refusals import ContentChanged
from core.approvals.selectors import inbox, quorum
from core.approvals.selectors.quorum import Quorum
from core.approvals.services import contents
from core.approvals.states import State
from core.errors import Refusal
from core.staff import presence, roles
from core.telemetry import origin

VIEWS = {"me": "Waiting for me", "others": "For others", "all": "All"}

console.jump(prefix="apr_", label="Approval", to="admin:approval")
console.colour(EXECUTED="good", DENIED="bad", WITHDRAWN="quiet")


@console.page(
    path="approvals/", name="approvals", title="Approvals", nav=("Work", 25), permission=roles.ANY_STAFF, key="v"
)
def approval_list(request: HttpRequest) -> HttpResponse:
    """What I may sign now, what others must sign for me, and everything there was."""
    user, now = console.person(request), clock.now()
    show = request.GET.get("show", "me")
    mine = inbox.of(user, now=now)
    page = None
    if show == "all":
        page = console.keyset(request, inbox.visible_to(user), by=("id",))
        table = presentation.all_table(page.rows)
    elif show == "others":
        table = presentation.waiting_table(
            mine.for_others, empty="Nothing of yours waits", hint="What you ask for or have signed waits here."
        )
    else:
        table = presentation.waiting_table(
            mine.for_me, empty="Nothing waits for your signature", hint="It appears here as soon as somebody asks."
        )
    context = {
        "show": show if show in VIEWS else "me",
        "title": VIEWS.get(show, VIEWS["me"]),
        "counts": {"me": len(mine.for_me), "others": len(mine.for_others), "all": mine.visible},
        "table": table,
        "page": page,
        "limit": inbox.MOST_OPEN if mine.is_cut and page is None else None,
    }
    return console.render(request, "approvals/list.html", context)


@console.page(
    path="approvals/<str:request_id>/",
    name="approval",
    title="Approval",
    permission=roles.ANY_STAFF,
    shows=console.Shows("approval", "request_id"),
)
def approval(request: HttpRequest, request_id: str) -> HttpResponse:
    """What exactly is covered, who must sign and who did, and the form to do so."""
    return _page(request, _found(request, request_id))


@console.page(
    path="approvals/<str:request_id>/sign/", name="approval_sign", title="Sign", permission=roles.ANY_STAFF,
    methods=("POST",),
)  # fmt: skip
def approval_sign(request: HttpRequest, request_id: str) -> HttpResponse:
    """Sign or deny with a fresh code. A changed object comes back with its difference and nothing signed."""
    found, form = _found(request, request_id), forms.SignForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=400)
    verb = approvals.deny if request.POST.get("verdict") == "DENY" else approvals.sign
    try:
        done = verb(
            request_id=request_id,
            user=console.person(request),
            **form.cleaned_data,
            device=devices.of(request),
            hands=devices.hands(request),
            origin=origin.address(request),
            now=clock.now(),
            present=presence.present(),
        )
    except ContentChanged as changed:
        return _page(request, _found(request, request_id), difference=changed.difference, status=changed.status)
    except Refusal as refused:
        form.add_error(None, _sentence(refused))
        return _page(request, _found(request, request_id), form, status=refused.status)
    _tell(request, done)
    return HttpResponseRedirect(reverse("admin:approval", args=[request_id]))


@console.page(
    path="approvals/<str:request_id>/withdraw/", name="approval_withdraw", title="Withdraw",
    permission=roles.ANY_STAFF, methods=("POST",),
)  # fmt: skip
def approval_withdraw(request: HttpRequest, request_id: str) -> HttpResponse:
    """Take one's own question back."""
    return _act(
        request,
        request_id,
        lambda: approvals.withdraw(
            request_id=request_id,
            actor=console.actor(request),
            reason=request.POST.get("reason", ""),
            now=clock.now(),
        ),
    )


@console.page(
    path="approvals/<str:request_id>/again/", name="approval_again", title="Try again", permission=roles.ANY_STAFF,
    methods=("POST",),
)  # fmt: skip
def approval_again(request: HttpRequest, request_id: str) -> HttpResponse:
    """The effect was refused though everybody had signed: try it once more."""
    return _act(
        request,
        request_id,
        lambda: approvals.execute_again(request_id=request_id, user=console.person(request), now=clock.now()),
    )


def _act(request: HttpRequest, request_id: str, verb: Callable[[], ApprovalRequest]) -> HttpResponse:
    _found(request, request_id)
    try:
        _tell(request, verb())
    except Refusal as refused:
        messages.error(request, _sentence(refused))
    return HttpResponseRedirect(reverse("admin:approval", args=[request_id]))


def _found(request: HttpRequest, request_id: str) -> Quorum:
    """What a person may not see is not there."""
    user, now = console.person(request), clock.now()
    try:
        counted = quorum.of(selectors.get(request_id), now=now, extra=[user])
    except selectors.ApprovalNotFound as unknown:
        raise Http404 from unknown
    if not inbox.may_see(user, counted):
        raise Http404
    return counted


def _page(
    request: HttpRequest,
    counted: Quorum,
    form: forms.SignForm | None = None,
    *,
    difference: list[Change] | None = None,
    status: int = 200,
) -> HttpResponse:
    asked, user, now = counted.request, console.person(request), clock.now()
    is_open = asked.state == State.PENDING and now < asked.expires_at
    content, digest, nonsense = _now(asked, now) if is_open else (asked.content, asked.digest, "")
    changes = difference or digests.difference(asked.content, content)
    context = {
        "asked": asked,
        "is_open": is_open,
        "closed_by": asked.closed_by.partition(":")[2],
        "content": content,
        "nonsense": nonsense,
        "was_refused": difference is not None,
        "changes": presentation.difference_table(changes, content) if changes else None,
        "past_changes": [
            (change, presentation.difference_table([Change(*line) for line in change.difference], content))
            for change in asked.changes.order_by("-revision")
        ],
        "facts": presentation.request_facts(asked),
        "parts": presentation.covered_parts(content),
        "rule": counted.rule,
        "rule_words": presentation.rule_in_words(counted),
        "seats": presentation.seats(counted),
        "missing": presentation.missing_in_words(counted),
        "is_there": counted.is_there,
        "signatures": presentation.signature_events(counted),
        "events": presentation.history(asked),
        "objection": counted.objection_to(user, devices.hands(request)),
        "may_deny": not counted.objection_to_denial(user),
        "is_mine": user.email == asked.asker_email,
        "may_try_again": bool(asked.failure) and (user.email == asked.asker_email or user in counted.counted),
        "form": _form(form, digest),
    }
    return console.render(request, "approvals/request.html", context, status=status)


def _form(form: forms.SignForm | None, digest: str) -> forms.SignForm:
    """After a refusal the reason stays; the code is used up, and the digest is that of this page."""
    if form is None:
        return forms.SignForm(initial={"digest": digest})
    form.data = {**form.data.dict(), "digest": digest, "code": ""}  # type: ignore[attr-defined]  # a QueryDict
    return form


def _now(asked: ApprovalRequest, now: datetime) -> tuple[dict[str, Any], str, str]:
    """The content at this moment with its digest, or why there is none any more."""
    try:
        _, text = contents.read(asked, now=now)
    except Refusal as refused:
        return asked.content, asked.digest, _sentence(refused)
    fresh = ApprovalRequest(covered=text)
    return fresh.content, digests.digest(text), ""


def _tell(request: HttpRequest, done: ApprovalRequest) -> None:
    told = {
        State.EXECUTED: "Signed, and done: everybody needed has signed.",
        State.DENIED: "Denied. Nothing happens.",
        State.WITHDRAWN: "Taken back.",
    }.get(State(done.state), "Signed. It waits for the others.")
    if done.failure:
        messages.error(request, f"Signed, but it could not be done: {done.failure}")
    else:
        messages.success(request, told)


def _sentence(refused: Refusal) -> str:
    return f"{refused.detail[:1].upper()}{refused.detail[1:].rstrip('.')}."
