"""What a person does with one file: withdraw, rebuild, take out, confirm that it was uploaded by hand."""

import re
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from ach.forms import ConfirmForm, WhyForm
from ach.services import files, rebuilding
from ach.services.withdrawing import may_have_left
from ach.views.acting import ask, done, refuse, sentence
from ach.views.files import CONFIRM, EXPORT, REBUILD, find, offered, page, url_of
from core import clock, console
from core.actors import Actor
from core.errors import Refusal

_UNSAFE = re.compile(r"[^A-Za-z0-9._\-]")


@console.page(
    path="ach/files/<str:file_id>/withdraw/", name="ach_file_withdraw", title="Withdraw file", permission=REBUILD,
    methods=("POST",),
)  # fmt: skip
def file_withdraw(request: HttpRequest, file_id: str) -> HttpResponse:
    """Its entries wait again."""
    file, form = find(request, file_id), WhyForm(request.POST, auto_id="withdraw_%s")
    if not form.is_valid():
        return page(request, file, replace(offered(request, file), withdraw=form), status=400)
    told = "Withdrawn: its entries wait for the cutoff that their day allows."
    return done(request, url_of(file_id), files.withdraw, told, file_id=file_id, why=form.cleaned_data["why"])


@console.page(
    path="ach/files/<str:file_id>/rebuild/", name="ach_file_rebuild", title="Rebuild file", permission=REBUILD,
    methods=("POST",),
)  # fmt: skip
def file_rebuild(request: HttpRequest, file_id: str) -> HttpResponse:
    """At once while it has surely not left, else with the signatures that say so."""
    file, form = find(request, file_id), WhyForm(request.POST, auto_id="rebuild_%s")
    if not form.is_valid():
        return page(request, file, replace(offered(request, file), rebuild=form), status=400)
    why = form.cleaned_data["why"]
    if may_have_left(file):
        return ask(request, url_of(file_id), action=rebuilding.ACTION, subject=file_id, reason=why)
    told = "Rebuilt: another file with the same entries and traces takes its place."
    return done(request, url_of(file_id), files.rebuild, told, file_id=file_id, why=why)


@console.page(
    path="ach/files/<str:file_id>/export/", name="ach_file_export", title="Take file out", permission=EXPORT,
    methods=("POST",), step_up=True,
)  # fmt: skip
def file_export(request: HttpRequest, file_id: str) -> HttpResponse:
    """The bytes as the bank wants them, account numbers in clear: only to whoever has just proved who they are."""
    find(request, file_id)
    try:
        name, content = files.export(file_id=file_id, actor=console.actor(request), now=clock.now())
    except Refusal as refused:
        return refuse(request, url_of(file_id), sentence(refused))
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{_UNSAFE.sub("_", name)}"'
    return response


@console.page(
    path="ach/files/<str:file_id>/confirm/", name="ach_file_confirm", title="Confirm upload", permission=CONFIRM,
    methods=("POST",),
)  # fmt: skip
def file_confirm(request: HttpRequest, file_id: str) -> HttpResponse:
    """By another person than whoever carried it, with the hash of what was uploaded."""
    file, form = find(request, file_id), ConfirmForm(request.POST)
    if not form.is_valid():
        return page(request, file, replace(offered(request, file), confirm=form), status=400)
    return done(
        request, url_of(file_id), _confirm, "Confirmed: the bank has it.", file_id=file_id,
        sha256=form.cleaned_data["sha256"],
    )  # fmt: skip


def _confirm(*, file_id: str, sha256: str, actor: Actor, now: datetime) -> None:
    files.confirm_by_hand(file_id=file_id, sha256=sha256, by=actor, now=now)
