"""Who is related to whom: declared and ended by compliance."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals.forms import AffiliationForm, EndForm
from core.approvals.models import Affiliation
from core.approvals.services import affiliations
from core.console.components import Column, Fact, Table
from core.errors import Refusal

VIEW, DECLARE = "approvals.view_affiliation", "approvals.declare_affiliation"


@console.page(path="affiliations/", name="affiliations", title="Affiliations", nav=("Staff", 830), permission=VIEW)
def affiliation_list(request: HttpRequest) -> HttpResponse:
    """Relations between staff and parties, or among staff. Whoever is related does not sign."""
    return _list(request, AffiliationForm(initial={"since": clock.now().date()}))


@console.page(
    path="affiliations/declare/", name="affiliation_declare", title="Declare affiliation", permission=DECLARE,
    methods=("POST",),
)  # fmt: skip
def affiliation_declare(request: HttpRequest) -> HttpResponse:
    form = AffiliationForm(request.POST)
    if form.is_valid():
        try:
            affiliations.declare(**form.cleaned_data, actor=console.actor(request), now=clock.now())
        except Refusal as refused:
            form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        else:
            messages.success(request, "Declared. It counts from the next signature on.")
            return HttpResponseRedirect(reverse("admin:affiliations"))
    return _list(request, form, status=400)


@console.page(path="affiliations/<int:affiliation_id>/", name="affiliation", title="Affiliation", permission=VIEW)
def affiliation(request: HttpRequest, affiliation_id: int) -> HttpResponse:
    """One affiliation, and the form that ends it."""
    row = Affiliation.objects.filter(pk=affiliation_id).first()
    if row is None:
        raise Http404
    facts = [
        Fact("Person", row.email),
        Fact("Related to", row.party_id or row.other_email, "code"),
        Fact("How", row.nature),
        Fact("Since", row.since),
        Fact("Until", row.until or "further notice"),
        Fact("Declared by", row.declared_by),
        Fact("Declared", row.declared_at, "stamp"),
    ]
    if row.ended_at:
        facts += [Fact("Ended by", row.ended_by), Fact("Ended", row.ended_at, "stamp")]
    may_end = row.ended_at is None and request.user.has_perm(DECLARE)
    context = {"row": row, "facts": facts, "form": EndForm(initial={"until": clock.now().date()}), "may_end": may_end}
    return console.render(request, "approvals/affiliation.html", context)


@console.page(
    path="affiliations/<int:affiliation_id>/end/", name="affiliation_end", title="End affiliation",
    permission=DECLARE, methods=("POST",),
)  # fmt: skip
def affiliation_end(request: HttpRequest, affiliation_id: int) -> HttpResponse:
    form = EndForm(request.POST)
    try:
        if form.is_valid():
            affiliations.end(
                affiliation_id=affiliation_id, until=form.cleaned_data["until"], actor=console.actor(request),
                now=clock.now(),
            )  # fmt: skip
            messages.success(request, "Ended. The row stays.")
        else:
            messages.error(request, "Give the last day on which it holds.")
    except Refusal as refused:
        messages.error(request, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
    return HttpResponseRedirect(reverse("admin:affiliation", args=[affiliation_id]))


def _list(request: HttpRequest, form: AffiliationForm, *, status: int = 200) -> HttpResponse:
    page = console.keyset(request, Affiliation.objects.all(), by=("id",))
    rows = [
        {"url": reverse("admin:affiliation", args=[row.pk]), "email": row.email, "nature": row.nature,
         "other": row.party_id or row.other_email, "since": row.since, "until": row.until or "further notice"}
        for row in page.rows
    ]  # fmt: skip
    columns = [
        Column("Person", "email"),
        Column("Related to", "other", "code"),
        Column("How", "nature", hide_on_phone=True),
        Column("Since", "since", hide_on_phone=True),
        Column("Until", "until", hide_on_phone=True),
    ]
    table = Table(columns, rows, caption="Affiliations", empty="No affiliation is declared")
    context = {"table": table, "page": page, "form": form, "may_declare": request.user.has_perm(DECLARE)}
    return console.render(request, "approvals/affiliations.html", context, status=status)
