"""Work items and periodic jobs as staff see them: what waits, what failed, what ran when; try again, run now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console import records
from core.console.components import Column, Fact, Table
from core.work import selectors
from core.work import services as work
from core.work.forms import WorkFilter
from core.work.models import JobRun, State, WorkItem
from core.work.registry import NoPerformer, job

ITEMS, RUN_JOB = "work.view_workitem", "work.run_job"

console.colour(DUE="busy", DONE="good", LATE="careful")


@console.page(path="background/items/", name="work_items", title="Work items", permission=ITEMS, filters=WorkFilter)
def item_list(request: HttpRequest) -> HttpResponseBase:
    form = WorkFilter(request.GET)
    state, kind = form.wanted()
    found, by = selectors.list_in_state(WorkItem, state)
    columns = [
        Column("Kind", "kind"),
        Column("About", "key", "id"),
        Column("State", "state", "status"),
        Column("Tries", "attempts", "number"),
        Column("Due", "due_at", "time", hide_on_phone=True),
        Column("Last error", "last_error", hide_on_phone=True),
    ]
    source = console.Keyset(found.filter(kind=kind) if kind else found, by=by)
    listing = console.Listing("work-items", columns, source, "Work items", draw=_item_rows, empty="Nothing waits here")
    parked = kind if state == State.PARKED and request.user.has_perm("work.retry_item") else ""
    return console.render_list(request, "work/items.html", listing, {"form": form, "parked_kind": parked})


@console.page(path="background/items/<int:item_id>/", name="work_item", title="Work item", permission=ITEMS)
def item_page(request: HttpRequest, item_id: int) -> HttpResponse:
    item = WorkItem.objects.filter(pk=item_id).first()
    if item is None:
        raise Http404
    audit = reverse("admin:audit")
    trace = f"{audit}?correlation={item.correlation_id}" if request.user.has_perm("audit.view_auditentry") else ""
    facts = [
        Fact("State", item.state, "status"),
        Fact("About", item.key, "id"),
        Fact("Tries", item.attempts, "number"),
        Fact("Due", item.due_at, "stamp"),
        Fact("Ordered", item.created_at, "stamp"),
        Fact("Finished", item.finished_at, "stamp"),
        Fact("Last error", item.last_error, "code"),
        Fact("Request", item.correlation_id, url=trace if item.correlation_id else ""),
    ]
    may_retry = item.state == State.PARKED and request.user.has_perm("work.retry_item")
    context = {"item": item, "facts": facts, "payload": records.pretty(item.payload), "may_retry": may_retry}
    return console.render(request, "work/item.html", context)


@console.page(
    path="background/items/retry/", name="work_retry_kind", title="Retry a kind of work",
    permission="work.retry_item", methods=("POST",),
)  # fmt: skip
def retry_kind(request: HttpRequest) -> HttpResponse:
    """Every parked item of a kind, five hundred at a time."""
    number = work.retry_all(kind=request.POST.get("kind", ""), actor=console.actor(request), now=clock.now())
    messages.success(request, f"{number:,} will be tried again at once.")
    return HttpResponseRedirect(f"{reverse('admin:work_items')}?state=PARKED")


@console.page(
    path="background/jobs/", name="jobs", title="Periodic jobs", nav=("System", 885), permission="work.view_jobrun"
)
def job_list(request: HttpRequest) -> HttpResponse:
    """Every job with its schedule, its last run, and how late it is, in words."""
    lines = selectors.list_jobs(now=clock.now())
    columns = [
        Column("Job", "name"),
        Column("Every", "every", hide_on_phone=True),
        Column("Last run", "last", "time"),
        Column("Took", "took", hide_on_phone=True),
        Column("Outcome", "state", "status"),
        Column("Next due", "next", "time", hide_on_phone=True),
        Column("On time?", "late"),
    ]
    rows = [_job_row(line) for line in lines]
    late = sum(1 for line in lines if line.late)
    context = {"table": Table(columns, rows, caption="Periodic jobs", empty="No job is declared"), "late": late}
    return console.render(request, "work/jobs.html", context)


@console.page(path="background/jobs/<str:name>/", name="job", title="Job", permission="work.view_jobrun")
def job_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """The runs of a job that are still kept, newest first."""
    try:
        declared = job(name)
    except NoPerformer:
        raise Http404 from None
    columns = [
        Column("For", "scheduled_for", "stamp"),
        Column("State", "state", "status"),
        Column("Took", "took"),
        Column("Tries", "attempts", "number"),
        Column("Error", "last_error", hide_on_phone=True),
    ]
    source = console.Keyset(JobRun.objects.filter(job=name), by=("scheduled_for",))
    listing = console.Listing(f"job-{name}", columns, source, "Runs", draw=_run_rows, empty="It has not run yet")
    context = {"job": declared, "every": in_words(declared.every), "may_run": request.user.has_perm(RUN_JOB)}
    return console.render_list(request, "work/job.html", listing, context)


@console.page(
    path="background/jobs/<str:name>/run/", name="job_run", title="Run a job", permission=RUN_JOB, methods=("POST",)
)
def job_run(request: HttpRequest, name: str) -> HttpResponse:
    try:
        ordered = work.run_job_now(name=name, actor=console.actor(request), now=clock.now())
    except NoPerformer:
        raise Http404 from None
    if ordered:
        messages.success(request, "It runs as soon as a worker is free.")
    else:
        messages.info(request, "It is waiting or running already.")
    return HttpResponseRedirect(reverse("admin:job", args=[name]))


def in_words(span: timedelta) -> str:
    """`1 s`, `5 min`, `2 h`, `1 d`: the largest unit that fits without remainder, else the largest that fits."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def took(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1000:.1f} s"


def _item_rows(items: Sequence[WorkItem]) -> list[dict[str, Any]]:
    names = ("kind", "key", "state", "attempts", "due_at", "last_error")
    return [
        {"url": reverse("admin:work_item", args=[item.pk]), **{name: getattr(item, name) for name in names}}
        for item in items
    ]


def _job_row(line: selectors.JobLine) -> dict[str, Any]:
    run = line.run
    return {
        "url": reverse("admin:job", args=[line.job.name]),
        "name": line.job.name,
        "every": in_words(line.job.every),
        "last": run.scheduled_for if run else None,
        "took": took(run.duration_ms) if run else "",
        "state": run.state if run else "",
        "next": line.next_due_at,
        "late": f"late by {in_words(line.late)}" if line.late else "on time" if run else "never ran",
    }


def _run_rows(runs: Sequence[JobRun]) -> list[dict[str, Any]]:
    return [
        {
            "scheduled_for": run.scheduled_for,
            "state": run.state,
            "took": took(run.duration_ms),
            "attempts": run.attempts,
            "last_error": run.last_error,
        }
        for run in runs
    ]
