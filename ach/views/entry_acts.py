"""What a person does with one entry: hold, free, release, cancel, send again, ask for its reversal."""

from dataclasses import replace
from datetime import UTC

from django.http import HttpRequest, HttpResponse

from ach.forms import ReverseForm, WhyForm
from ach.models import Entry
from ach.services import entries, parked, retries
from ach.services.reversals import REVERSE
from ach.views.acting import WORK_ENTRY, WORK_RETURN, ask, done
from ach.views.entries import Offers, find, offered, page, url_of
from core import console


@console.page(
    path="ach/entries/<str:ach_entry_id>/hold/", name="ach_entry_hold", title="Hold entry", permission=WORK_ENTRY,
    methods=("POST",),
)  # fmt: skip
def entry_hold(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """It lets its cutoff pass."""
    life, form = find(request, ach_entry_id), WhyForm(request.POST, auto_id="hold_%s")
    if not form.is_valid():
        return page(request, life, _with(request, life.entry, hold=form), status=400)
    return done(
        request, url_of(ach_entry_id), entries.hold, "Held: it lets its cutoff pass until somebody frees it.",
        entry_id=ach_entry_id, why=form.cleaned_data["why"],
    )  # fmt: skip


@console.page(
    path="ach/entries/<str:ach_entry_id>/free/", name="ach_entry_free", title="Free entry", permission=WORK_ENTRY,
    methods=("POST",),
)  # fmt: skip
def entry_free(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """It waits for the next cutoff that its day allows."""
    find(request, ach_entry_id)
    return done(
        request, url_of(ach_entry_id), entries.free, "Freed: it leaves with its next cutoff.", entry_id=ach_entry_id
    )


@console.page(
    path="ach/entries/<str:ach_entry_id>/release/", name="ach_entry_release", title="Release parked entry",
    permission=WORK_ENTRY, methods=("POST",),
)  # fmt: skip
def entry_release(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """To the next cutoff, with the account as it was corrected, if nothing stands against it any more."""
    find(request, ach_entry_id)
    return done(
        request, url_of(ach_entry_id), parked.release, "Released: it leaves with its next cutoff.",
        entry_id=ach_entry_id,
    )  # fmt: skip


@console.page(
    path="ach/entries/<str:ach_entry_id>/cancel/", name="ach_entry_cancel", title="Cancel entry",
    permission=WORK_ENTRY, methods=("POST",),
)  # fmt: skip
def entry_cancel(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """It never leaves."""
    life, form = find(request, ach_entry_id), WhyForm(request.POST, auto_id="cancel_%s")
    if not form.is_valid():
        return page(request, life, _with(request, life.entry, cancel=form), status=400)
    return done(
        request, url_of(ach_entry_id), entries.cancel, "Cancelled: it never leaves.", entry_id=ach_entry_id,
        why=form.cleaned_data["why"],
    )  # fmt: skip


@console.page(
    path="ach/entries/<str:ach_entry_id>/retry/", name="ach_entry_retry", title="Send entry again",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def entry_retry(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """As often as its code allows."""
    find(request, ach_entry_id)
    told = "It is sent again: the new entry stands below."
    return done(request, url_of(ach_entry_id), retries.request, told, entry_id=ach_entry_id)


@console.page(
    path="ach/entries/<str:ach_entry_id>/reverse/", name="ach_entry_reverse", title="Reverse entry",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def entry_reverse(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """A question to whoever may sign it; nothing leaves by asking."""
    life, form = find(request, ach_entry_id), ReverseForm(request.POST, auto_id="reverse_%s")
    if not form.is_valid():
        return page(request, life, _with(request, life.entry, reverse=form), status=400)
    said = form.cleaned_data
    return ask(
        request, url_of(ach_entry_id), action=REVERSE, subject=ach_entry_id, reason=said["reason"],
        cause=said["cause"], discoveredAt=said["discovered_at"].astimezone(UTC).isoformat(),
    )  # fmt: skip


def _with(request: HttpRequest, entry: Entry, **bound: WhyForm | ReverseForm) -> Offers:
    """The form that was refused stands in the place of the empty one."""
    return replace(offered(request, entry), **bound)  # type: ignore[arg-type]
