"""API keys in the console: the list, a new one, and what each scope opens."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.api import approvals, expiry, keys, rights, selectors
from core.api import scopes as scope_map
from core.api.forms import NewKeyForm
from core.api.models import ApiKey, KeyState
from core.errors import Refusal

console.jump(prefix="key_", label="API key", to="admin:api_key")
console.colour(WAITING="careful", LAPSED="quiet", ENDS_SOON="careful")


@console.page(
    path="api-keys/", name="api_keys", title="API keys", nav=("Integration", 700), permission="api.view_key", key="k"
)
def key_list(request: HttpRequest) -> HttpResponse:
    """Keys of the mode, newest first; where two of a lineage work, each says what the other is doing."""
    now = clock.now()
    page = console.keyset(request, selectors.list_in_mode(livemode=console.is_live(request)), by=("created_at", "id"))
    partners = selectors.partners(page.rows, now=now)
    columns = [
        console.Column("Key", "name"),
        console.Column("Secret", "shown", "code", hide_on_phone=True),
        console.Column("State", "state", "status"),
        console.Column("Beside", "beside", hide_on_phone=True),
        console.Column("May", "may", hide_on_phone=True),
        console.Column("Last used", "last_used_at", "time"),
        console.Column("Ends", "expires_at", "time"),
        console.Column("Made by", "created_by", hide_on_phone=True),
    ]
    table = console.Table(
        columns,
        [_row(key, partners.get(key.public_id), now) for key in page.rows],
        caption="API keys",
        empty="No API keys yet",
        hint="A new key is made by New key; a live one also needs a signature.",
    )
    may_change = console.person(request).has_perm("api.change_key")
    return console.render(request, "api/keys.html", {"table": table, "page": page, "may_change": may_change})


@console.page(
    path="api-keys/new/", name="api_key_new", title="New API key", permission="api.change_key", methods=("GET", "POST")
)
def key_new(request: HttpRequest) -> HttpResponse:
    """A test key at once, its secret shown this once; a live key as a request that somebody else signs."""
    form = NewKeyForm(request.POST or None, initial={"mode": "live" if console.is_live(request) else "test"})
    if request.method == "POST" and form.is_valid():
        try:
            return _make(request, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(_field_at_fault(refusal), refusal.detail)
    return console.render(request, "api/key_new.html", {"form": form}, status=400 if form.errors else 200)


@console.page(path="api-keys/scopes/", name="api_scopes", title="Scopes of the API", permission="api.view_key")
def scope_list(request: HttpRequest) -> HttpResponse:
    return console.render(request, "api/scopes.html", {"scopes": scope_map.every()})


def shown_state(key: ApiKey, now: datetime) -> str:
    """The state in a word, and whether the end is near."""
    state = key.state(now)
    return "ENDS_SOON" if state == KeyState.ACTIVE and expiry.ends_soon(key, now=now) else str(state)


def _make(request: HttpRequest, typed: dict[str, Any]) -> HttpResponse:
    now, actor, livemode = clock.now(), console.actor(request), typed["mode"] == "live"
    wanted = rights.wanted(
        kind=typed["kind"], livemode=livemode, scopes=typed["scopes"], networks=typed["networks"],
        expires_at=typed["expires_on"], now=now,
    )  # fmt: skip
    if livemode:
        asked = approvals.ask_to_issue(
            name=typed["name"], kind=typed["kind"], wanted=wanted, reason=typed["reason"], actor=actor, now=now
        )
        return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
    key, secret = keys.create(
        name=typed["name"], livemode=False, kind=typed["kind"], scopes=typed["scopes"], networks=typed["networks"],
        expires_at=typed["expires_on"], actor=actor, now=now,
    )  # fmt: skip
    return console.render(request, "api/secret.html", {"key": key, "secret": secret})


def _field_at_fault(refusal: Refusal) -> str | None:
    places = {"/scopes": "scopes", "/networks": "networks", "/expiresAt": "expires_on"}
    return places.get(refusal.errors[0].pointer) if refusal.errors else None


def _row(key: ApiKey, partner: ApiKey | None, now: datetime) -> dict[str, Any]:
    return {
        "name": key.name,
        "shown": key.shown,
        "state": shown_state(key, now),
        "beside": _beside(key, partner),
        "may": "every ordinary scope" if key.kind == "SECRET" else ", ".join(key.scopes),
        "last_used_at": key.last_used_at,
        "expires_at": key.revoked_at or key.expires_at,
        "created_by": key.created_by.partition(":")[2],
        "url": reverse("admin:api_key", args=[key.public_id]),
    }


def _beside(key: ApiKey, partner: ApiKey | None) -> str:
    """What the other of a pair is: nobody should end a key that is still in use."""
    if partner is None:
        return ""
    return f"{'successor of' if key.replaces_id == partner.pk else 'replaced by'} …{partner.last4}"
