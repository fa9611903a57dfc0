"""Cases of the rail: what a person has to look at, and what came of it."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.enums import CaseKind, CaseState
from ach.forms import CaseFilter, CloseForm
from ach.models import Case
from ach.selectors import registers
from ach.services import cases
from ach.views.acting import CLOSE_CASE, done, who
from core import console
from core.console import jumps
from core.console.components import Column, Fact

VIEW = "ach.view_case"
OF_COMPLIANCE = frozenset({CaseKind.FROZEN, CaseKind.SANCTIONS_TEXT})
"""Treasury sees that there is one; only whoever may lift a freeze closes it."""
LIFT = "compliance.block_party"

console.colour(TO_DO="careful")

COLUMNS = [
    Column("What", "kind"),
    Column("State", "state", "status"),
    Column("Summary", "summary"),
    Column("Amount", "amount_minor", "money", hide_on_phone=True),
    Column("About", "subject", "id", hide_on_phone=True),
    Column("Open since", "opened_at", "time"),
]


@console.page(
    path="ach/cases/", name="ach_cases", title="Cases", nav=("ACH", 68), permission=VIEW, filters=CaseFilter
)  # fmt: skip
def case_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; those that are open unless another state is asked for."""
    form = CaseFilter(request.GET or {"state": CaseState.OPEN})
    wanted = form.cleaned_data if form.is_valid() else {"state": "", "kind": ""}
    listing = console.Listing(
        "ach-cases",
        COLUMNS,
        console.Keyset(registers.list_cases(livemode=console.is_live(request), **wanted), by=("opened_at", "id")),
        "Cases",
        draw=_drawn,
        empty="No case fits",
        hint="What the rail cannot settle by itself waits here.",
    )
    return console.render_list(request, "ach/cases.html", listing, {"form": form})


@console.page(path="ach/cases/<str:ach_case_id>/", name="ach_case", title="Case", permission=VIEW)
def case_page(request: HttpRequest, ach_case_id: str) -> HttpResponse:
    return _page(request, find(request, ach_case_id), CloseForm())


@console.page(
    path="ach/cases/<str:ach_case_id>/close/", name="ach_case_close", title="Close case", permission=CLOSE_CASE,
    methods=("POST",),
)  # fmt: skip
def case_close(request: HttpRequest, ach_case_id: str) -> HttpResponse:
    """With what came of it."""
    case, form = find(request, ach_case_id), CloseForm(request.POST)
    if case.kind in OF_COMPLIANCE:
        console.require(request, LIFT)
    if not form.is_valid():
        return _page(request, case, form, status=400)
    return done(
        request, url_of(ach_case_id), cases.close, "Closed.", case_id=ach_case_id,
        resolution=form.cleaned_data["resolution"],
    )  # fmt: skip


def find(request: HttpRequest, case_id: str) -> Case:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return registers.get_case(case_id, livemode=console.is_live(request))
    except registers.NotFound as unknown:
        raise Http404 from unknown


def url_of(case_id: str) -> str:
    return reverse("admin:ach_case", args=[case_id])


def state_word(case: Case) -> str:
    """In the colours of the console OPEN is good; an open case is not."""
    return "TO_DO" if case.state == CaseState.OPEN else case.state


def _page(request: HttpRequest, case: Case, form: CloseForm, status: int = 200) -> HttpResponse:
    may_close = request.user.has_perm(CLOSE_CASE) and (case.kind not in OF_COMPLIANCE or request.user.has_perm(LIFT))
    context = {
        "case": case,
        "state": state_word(case),
        "facts": _facts(case),
        "form": form,
        "may_close": may_close and case.state == CaseState.OPEN,
        "is_of_compliance": case.kind in OF_COMPLIANCE,
    }
    return console.render(request, "ach/case.html", context, status=status)


def _facts(case: Case) -> list[Fact]:
    said = [
        Fact(name.replace("_", " ").capitalize(), value, url=_place(value) if "_" in str(value) else "")
        for name, value in case.facts.items()
    ]
    shown = [
        Fact("About", case.subject, "code", url=_place(case.subject)),
        Fact("Amount", case.amount_minor or None, "money"),
        *said,
        Fact("Open since", case.opened_at, "stamp"),
        Fact("Closed", case.closed_at, "stamp"),
        Fact("By", who(case.closed_by)),
        Fact("What came of it", case.resolution),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _place(public_id: object) -> str:
    return jumps.address(str(public_id))


def _drawn(rows: Sequence[Case]) -> list[dict[str, Any]]:
    return [
        {
            "url": url_of(case.public_id),
            "kind": case.get_kind_display(),
            "state": state_word(case),
            "summary": case.summary,
            "amount_minor": case.amount_minor or None,
            "currency": "USD",
            "subject": case.subject,
            "opened_at": case.opened_at,
        }
        for case in rows
    ]
