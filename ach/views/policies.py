"""What each return code leads to, by code and day; and the question to let it lead to something else."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ach.approvals_policies import in_words
from ach.calendar.eastern import eastern
from ach.forms import PolicyForm
from ach.models import ReturnPolicy
from ach.selectors import policy_board
from ach.selectors.policy_board import Line
from ach.services import policy_changes
from ach.services.policy_changes import Proposal
from ach.views.acting import WORK_RETURN, sentence, who
from core import clock, console
from core.approvals.selectors.requests import find_open
from core.console.components import Column, Event, Table
from core.errors import Refusal

VIEW = "ach.view_returnpolicy"


@console.page(path="ach/policies/", name="ach_policies", title="Return codes", nav=("ACH", 70), permission=VIEW)
def policy_list(request: HttpRequest) -> HttpResponse:
    """Every code with the row in force and its day, and the next one that is signed already."""
    rows = [_row(line) for line in policy_board.lines(on=eastern(clock.now()).date())]
    columns = [
        Column("Code", "code", "code"), Column("Meaning", "meaning", hide_on_phone=True),
        Column("Leads to", "leads_to"), Column("Since", "since", hide_on_phone=True),
        Column("Signed", "signed", hide_on_phone=True), Column("Next change", "next"),
    ]  # fmt: skip
    return console.render(request, "ach/policies.html", {"table": Table(columns, rows, caption="Return codes")})


@console.page(path="ach/policies/<str:code>/", name="ach_policy", title="Return code", permission=VIEW)
def policy_page(request: HttpRequest, code: str) -> HttpResponse:
    """Every row that there was, is and will be, and the next one to be asked for."""
    return _page(request, _find(code))


@console.page(
    path="ach/policies/<str:code>/change/", name="ach_policy_change", title="Change return code",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def policy_change(request: HttpRequest, code: str) -> HttpResponse:
    """A question to whoever may sign it; nothing changes by asking."""
    line, form = _find(code), PolicyForm(request.POST)
    if not form.is_valid():
        return _page(request, line, form, status=400)
    said = dict(form.cleaned_data)
    reason = said.pop("reason")
    try:
        asked = policy_changes.propose(
            code=code, proposal=Proposal(**said), reason=reason, actor=console.actor(request), now=clock.now()
        )
    except Refusal as refused:
        form.add_error(None, sentence(refused))
        return _page(request, line, form, status=refused.status)
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


def _find(code: str) -> Line:
    line = policy_board.of_code(code, on=eastern(clock.now()).date())
    if line is None:
        raise Http404
    return line


def _page(request: HttpRequest, line: Line, form: PolicyForm | None = None, *, status: int = 200) -> HttpResponse:
    asked = find_open(action=policy_changes.CHANGE, subject=line.code)
    last = line.later[-1] if line.later else line.current
    begins = _values(last) if last else {}
    context = {
        "line": line,
        "events": [*_events(line)],
        "asked": asked,
        "form": form or PolicyForm(initial=begins),
        "may_ask": request.user.has_perm(WORK_RETURN) and asked is None,
    }
    return console.render(request, "ach/policy.html", context, status=status)


def _row(line: Line) -> dict[str, Any]:
    current, later = line.current, line.later[0] if line.later else None
    return {
        "url": reverse("admin:ach_policy", args=[line.code]),
        "code": line.code,
        "meaning": line.meaning,
        "leads_to": _words(current) if current else "not in force yet",
        "since": current.effective_from if current else "",
        "signed": ("shipped" if not current.approval_id else who(current.created_by)) if current else "",
        "next": f"{later.effective_from}: {_words(later)}" if later else "",
    }


def _events(line: Line) -> list[Event]:
    """Latest first."""
    rows = [(row, "To come", "busy") for row in reversed(line.later)]
    rows += [(line.current, "In force", "good")] if line.current else []
    rows += [(row, "Was in force", "quiet") for row in reversed(line.earlier)]
    return [
        Event(
            at=row.created_at,
            title=f"{title} from {row.effective_from}",
            source=_words(row),
            detail=row.reason,
            actor=who(row.created_by),
            tone=tone,
            url=reverse("admin:approval", args=[row.approval_id]) if row.approval_id else "",
        )
        for row, title, tone in rows
    ]


def _values(row: ReturnPolicy) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("retries", *policy_changes.FLAGS)}


def _words(row: ReturnPolicy) -> str:
    return in_words(Proposal(effective_from=row.effective_from, **_values(row)))
