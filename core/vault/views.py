"""The vault: how old its keys are, how a rotation comes along, where card numbers were found, who uses its keys."""

from datetime import datetime

from django.contrib import messages
from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Table
from core.errors import Refusal
from core.staff import presence
from core.staff.services import step_up
from core.telemetry import origin
from core.vault import rotation, weekly
from core.vault.forms import RotateForm
from core.vault.models import DataKey, KeyRotation, KeyUseHour
from core.vault.purposes import Purpose

VIEW, ROTATE = "vault.view_datakey", "vault.rotate_keys"
RUNS_SHOWN = 10


@console.page(path="vault/", name="vault", title="Vault", nav=("System", 860), permission=VIEW)
def vault_page(request: HttpRequest) -> HttpResponse:
    return _page(request, RotateForm())


@console.page(path="vault/rotate/", name="vault_rotate", title="Rotate keys", permission=ROTATE, methods=("POST",))
def vault_rotate(request: HttpRequest) -> HttpResponse:
    """Begins a run; the job carries it on, a stretch a minute."""
    form, now = RotateForm(request.POST), clock.now()
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        step_up.confirm(
            user=console.person(request),
            code=form.cleaned_data["code"],
            act="vault.keys.rotate",
            subject="vault",
            origin=origin.address(request),
            now=presence.present(),
        )
        rotation.begin(
            purposes=form.wanted(), reason=form.cleaned_data["reason"], actor=console.actor(request), now=now
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return _page(request, form, status=refused.status)
    messages.success(request, "Begun. Nothing has to stop; this page shows how far it is.")
    return HttpResponseRedirect(reverse("admin:vault"))


def _page(request: HttpRequest, form: RotateForm, *, status: int = 200) -> HttpResponse:
    now, running = clock.now(), rotation.find_running()
    uses = console.keyset(request, _uses(), by=("hour", "id"), size=20)
    context = {
        "keys": _keys_table(now),
        "running": running,
        "progress": rotation.list_progress(running) if running else [],
        "runs": _runs_table(),
        "scan": weekly.find_latest(),
        "uses": _uses_table(uses.rows),
        "page": uses,
        "form": form,
        "may_rotate": request.user.has_perm(ROTATE),
    }
    return console.render(request, "vault/vault.html", context, fragment="vault/_progress.html", status=status)


def _keys_table(now: datetime) -> Table:
    found = {
        row["purpose"]: row
        for row in DataKey.objects.values("purpose").annotate(
            data_keys=Count("pk"),
            generation=Max("generation"),
            newest=Max("created_at"),
            wrapped=Min(Coalesce("rewrapped_at", "created_at")),
        )
    }
    rows = [
        {
            "purpose": purpose.value.capitalize(),
            **found[purpose.value],
            "label": purpose.value.capitalize(),
            "due": found[purpose.value]["wrapped"] + rotation.term(purpose, now=now),
            "master": ", ".join(_masters(purpose)),
        }
        for purpose in Purpose
        if purpose.value in found
    ]
    columns = [
        Column("Keys of", "label"),
        Column("Data keys", "data_keys", "number"),
        Column("Generation", "generation", "number"),
        Column("Newest made", "newest", "time"),
        Column("Oldest wrapping", "wrapped", "time"),
        Column("Next rotation", "due", "time"),
        Column("Wrapped by", "master", "code", hide_on_phone=True),
    ]
    return Table(columns, rows, caption="Keys", empty="No key has been made yet", hint="The first use makes one.")


def _masters(purpose: Purpose) -> list[str]:
    """Names of master keys in use: some dozens of data keys, one name or, while a rotation runs, two."""
    names = DataKey.objects.filter(purpose=purpose).values_list("master_key", flat=True)
    return sorted(names.distinct()[:4])


def _runs_table() -> Table:
    columns = [
        Column("Begun", "started_at", "stamp"),
        Column("State", "state", "status"),
        Column("Finished", "finished_at", "stamp"),
        Column("Why", "reason"),
        Column("Asked by", "asked_by", hide_on_phone=True),
        Column("Last error", "last_error", hide_on_phone=True),
    ]
    runs = KeyRotation.objects.order_by("-started_at")[:RUNS_SHOWN]
    return Table(columns, list(runs), caption="Rotations", empty="Nothing was rotated yet")


def _uses() -> QuerySet[KeyUseHour]:
    return KeyUseHour.objects.all()


def _uses_table(rows: list[KeyUseHour]) -> Table:
    columns = [
        Column("Hour", "hour", "stamp"),
        Column("Keys of", "purpose"),
        Column("Act", "get_act_display"),
        Column("By", "actor", hide_on_phone=True),
        Column("Uses", "uses", "number"),
        Column("Usual", "usual", "number"),
        Column("Unusual", "unusual_at", "time"),
    ]
    return Table(columns, rows, caption="Uses of keys", empty="No hour has been counted yet")
