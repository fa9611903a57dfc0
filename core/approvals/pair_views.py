"""Who signs for whom, and which pairs do it so often that they may not any more."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from core import clock, console
from core.approvals import parameters, presentation
from core.approvals.parameters import Reciprocity
from core.approvals.selectors import pairs
from core.approvals.selectors.pairs import Half, Pair
from core.console.components import Column, Table
from core.staff.models import User

VIEW = "approvals.view_pair"
MOST = 200

console.colour(STOPPED="bad", NEAR="careful", FREE="quiet")


@console.page(
    path="approval-pairs/", name="approval_pairs", title="Who signs for whom", nav=("Staff", 835), permission=VIEW
)
def pair_list(request: HttpRequest) -> HttpResponse:
    """All pairs with counts and rates, those who sign most for each other first."""
    terms = _terms(clock.now())
    found = pairs.list_all(since=terms.since)
    ids = dict(User.objects.filter(email__in=_names(found[:MOST])).values_list("email", "pk"))
    rows = [_row(pair, terms, ids) for pair in found[:MOST]]
    columns = [
        Column("Pair", "names"),
        Column("State", "state", "status"),
        Column("First for second", "one"),
        Column("Second for first", "other"),
    ]
    table = Table(columns, rows, caption="Pairs", empty="Nobody of the staff has signed for another", hint="")
    context = {"table": table, "terms": terms, "left_out": max(0, len(found) - MOST)}
    return console.render(request, "approvals/pairs.html", context)


@console.page(
    path="approval-pairs/<int:one>/<int:other>/", name="approval_pair", title="Pair", permission=VIEW,
)  # fmt: skip
def pair_page(request: HttpRequest, one: int, other: int) -> HttpResponse:
    """The requests a pair's numbers are made of, newest first."""
    emails = dict(User.objects.filter(pk__in=[one, other]).values_list("pk", "email"))
    if len(emails) != 2:
        raise Http404
    terms = _terms(clock.now())
    both = sorted(emails.values())
    found = pairs.requests_of(both[0], both[1], since=terms.since)
    page = console.keyset(request, found, by=("id",))
    context = {"names": both, "table": presentation.all_table(page.rows), "page": page, "terms": terms}
    return console.render(request, "approvals/pair.html", context)


def _terms(now: datetime) -> Reciprocity:
    return parameters.reciprocity(now.date())


def _names(found: list[Pair]) -> set[str]:
    return {half.signer for pair in found for half in (pair.one, pair.other)}


def _row(pair: Pair, terms: Reciprocity, ids: dict[str, int]) -> dict[str, str]:
    known = [ids[half.signer] for half in (pair.one, pair.other) if half.signer in ids]
    state = "STOPPED" if pair.is_too_close(terms) else "NEAR" if pair.fewest * 2 >= terms.least else "FREE"
    return {
        "url": reverse("admin:approval_pair", args=known) if len(known) == 2 else "",
        "names": f"{pair.one.signer} and {pair.other.signer}",
        "state": state,
        "one": _share(pair.one),
        "other": _share(pair.other),
    }


def _share(half: Half) -> str:
    """`6 of 10, 60 %`: of ten requests the signer signed, six were the other's."""
    return f"{half.count} of {half.total}, {half.share_percent} %"
