"""Who looked at what, read from the audit chain."""

from datetime import UTC, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core import console
from core.audit import selectors as audit
from core.console import jumps, pages
from core.staff.forms import AccessFilter
from core.staff.models import User


@console.page(
    path="access-log/",
    name="access_log",
    title="Access log",
    nav=("Staff", 830),
    permission="audit.view_access",
    shows=pages.Shows("access log"),
)
def access_log(request: HttpRequest) -> HttpResponse:
    """Newest first; by person, by what was seen, by day. Every filter follows an index."""
    form = AccessFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    start = datetime.combine(wanted["day"], time(), UTC) if wanted.get("day") else None
    found = audit.views(
        actor_id=wanted.get("person", "").lower(),
        subject=wanted.get("subject", ""),
        since=start,
        before=start + timedelta(days=1) if start else None,
    )
    page = console.keyset(request, found, by=("id",))
    people = {user.email: user for user in User.objects.filter(email__in={row.actor_id for row in page.rows})}
    for row in page.rows:
        person = people.get(row.actor_id)
        row.person = str(person) if person else row.actor_id
        row.what = row.facts.get("what", "")
        row.data = "LIVE" if row.facts.get("live") else "TEST"
        row.url = reverse("admin:staff_person", args=[person.pk]) if person else ""
        row.subject_url = address(row.subject)
    return console.render(request, "staff/access_log.html", {"page": page, "form": form, "rows": page.rows})


def address(subject: str) -> str:
    """The page that was looked at, where its subject leads to one."""
    if subject.startswith("page:") and (page := pages.find(subject.removeprefix("page:"))):
        return reverse(f"admin:{page.name}") if "<" not in page.path else ""
    if subject.startswith("person:"):
        return reverse("admin:staff_person", args=[subject.removeprefix("person:")])
    return jumps.address(subject)
