"""One API key in the console: what it is and did, its secret, its successor, its rights and its end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.api import approvals, expiry, keys, live_keys, rights, rotation, selectors, use
from core.api.forms import ChangeForm, ProofForm
from core.api.key_pages import shown_state
from core.api.models import ApiKey, KeyKind, KeyState
from core.approvals.selectors import requests
from core.audit import selectors as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.staff import presence
from core.staff.services import step_up
from core.telemetry import origin

TITLES = {
    "api.key.created": "Made",
    "api.key.issued": "Issued with a second person's signature",
    "api.key.collected": "Secret collected",
    "api.key.rotated": "Rotated",
    "api.key.changed": "Rights changed",
    "api.key.widened": "Rights widened with a second person's signature",
    "api.key.expiring": "Warned of its end",
    "api.key.revoked": "Revoked",
}


@console.page(path="api-keys/<str:key_id>/", name="api_key", title="API key", permission="api.view_key")
def key_page(request: HttpRequest, key_id: str) -> HttpResponse:
    return _page(request, _key(key_id))


@console.page(
    path="api-keys/<str:key_id>/collect/", name="api_key_collect", title="Collect a secret",
    permission="api.change_key", methods=("POST",),
)  # fmt: skip
def key_collect(request: HttpRequest, key_id: str) -> HttpResponse:
    """Once, by the person who asked for the key, with a fresh code."""
    key, form = _key(key_id), ProofForm(request.POST, prefix="collect")
    if form.is_valid():
        try:
            if not live_keys.may_collect(key=key, actor=console.actor(request), now=clock.now()):
                raise live_keys.NothingToCollect
            _prove(request, form, "api.key.collect", key)
            made, secret = live_keys.collect(key_id=key_id, actor=console.actor(request), now=clock.now())
            return console.render(request, "api/secret.html", {"key": made, "secret": secret})
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
    return _page(request, key, collect=form)


@console.page(
    path="api-keys/<str:key_id>/rotate/", name="api_key_rotate", title="Rotate a key",
    permission="api.change_key", methods=("POST",),
)  # fmt: skip
def key_rotate(request: HttpRequest, key_id: str) -> HttpResponse:
    """A successor with the same rights, its secret shown once; with a fresh code."""
    key, form = _key(key_id), ProofForm(request.POST, prefix="rotate")
    if form.is_valid():
        try:
            _prove(request, form, "api.key.rotate", key)
            made, secret = rotation.rotate(key_id=key_id, actor=console.actor(request), now=clock.now())
            return console.render(request, "api/secret.html", {"key": made, "secret": secret, "old": _key(key_id)})
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
    return _page(request, key, rotate=form)


@console.page(
    path="api-keys/<str:key_id>/rights/", name="api_key_rights", title="Rights of a key",
    permission="api.change_key", methods=("POST",),
)  # fmt: skip
def key_rights(request: HttpRequest, key_id: str) -> HttpResponse:
    """Narrower at once; wider at once for a test key, by a signed request for a live one."""
    key, form = _key(key_id), ChangeForm(request.POST, prefix="rights")
    if form.is_valid():
        try:
            return _change(request, key, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
    return _page(request, key, change=form)


@console.page(
    path="api-keys/<str:key_id>/revoke/", name="api_key_revoke", title="Revoke a key",
    permission="api.change_key", methods=("POST",),
)  # fmt: skip
def key_revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """The safe direction: one person, at once."""
    key = keys.revoke(key_id=_key(key_id).public_id, actor=console.actor(request), now=clock.now())
    messages.success(request, f"{key.name} {key.shown} is revoked; every process refuses it within five seconds.")
    return HttpResponseRedirect(reverse("admin:api_key", args=[key_id]))


def _key(key_id: str) -> ApiKey:
    try:
        return selectors.get(key_id)
    except keys.KeyNotFound:
        raise Http404 from None


def _prove(request: HttpRequest, form: ProofForm, act: str, key: ApiKey) -> None:
    step_up.confirm(
        user=console.person(request), code=form.cleaned_data["code"], act=act, subject=key.public_id,
        origin=origin.address(request), now=presence.present(),
    )  # fmt: skip


def _change(request: HttpRequest, key: ApiKey, typed: dict[str, Any]) -> HttpResponse:
    now, actor, end = clock.now(), console.actor(request), typed["expires_on"]
    if end and key.expires_at and end.date() == key.expires_at.date():
        end = key.expires_at
    wanted = rotation.wanted_for(key, scopes=typed["scopes"], networks=typed["networks"], expires_at=end, now=now)
    if key.livemode and not wanted.is_within(rights.of(key)):
        asked = approvals.ask_to_widen(
            key_id=key.public_id, wanted=wanted, reason=typed["reason"], actor=actor, now=now
        )
        return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
    rotation.change_rights(
        key_id=key.public_id, scopes=wanted.scopes, networks=wanted.networks, expires_at=wanted.expires_at,
        actor=actor, now=now,
    )  # fmt: skip
    messages.success(request, "The rights are changed; every process follows within five seconds.")
    return HttpResponseRedirect(reverse("admin:api_key", args=[key.public_id]))


def _page(
    request: HttpRequest,
    key: ApiKey,
    *,
    collect: ProofForm | None = None,
    rotate: ProofForm | None = None,
    change: ChangeForm | None = None,
) -> HttpResponse:
    now, person = clock.now(), console.person(request)
    state = key.state(now)
    may_change = person.has_perm("api.change_key")
    partner = selectors.partners([key], now=now).get(key.public_id)
    context = {
        "key": key,
        "state": shown_state(key, now),
        "next_step": _next_step(key, partner, now),
        "facts": _facts(key, now),
        "used": use.by_day(key.public_id, until=now.date()),
        "lineage": [_relative(each, now) for each in selectors.list_lineage(key)],
        "events": _events(key),
        "may_collect": may_change and live_keys.may_collect(key=key, actor=person.actor(), now=now),
        "may_rotate": may_change and state == KeyState.ACTIVE and partner is None,
        "may_change_rights": may_change and state == KeyState.ACTIVE,
        "may_revoke": may_change and state in (KeyState.ACTIVE, KeyState.WAITING),
        "widening": requests.find_open(action=approvals.WidenLiveKey.name, subject=key.public_id),
        "collect_form": collect or ProofForm(prefix="collect"),
        "rotate_form": rotate or ProofForm(prefix="rotate"),
        "change_form": change or ChangeForm(initial=_initial(key), prefix="rights"),
    }
    refused = any(form is not None for form in (collect, rotate, change))
    return console.render(request, "api/key.html", context, status=400 if refused else 200)


def _next_step(key: ApiKey, partner: ApiKey | None, now: datetime) -> str:
    state = key.state(now)
    if state == KeyState.WAITING:
        return "Signed. Whoever asked for it collects the secret now; nobody else can, and after that nobody at all."
    if state != KeyState.ACTIVE:
        return "It opens nothing any more. Its history stays."
    if partner is not None and partner.replaces_id == key.pk:
        return f"Its successor …{partner.last4} works. Once nothing uses this key any more, revoke it or let it end."
    if partner is not None:
        return f"Put it in place of …{partner.last4}, which works on until its end."
    if expiry.ends_soon(key, now=now):
        return "It ends soon. Have its end moved under Rights, then rotate it or go on with it."
    return "It works. Rotate it when somebody leaves who knew it; revoke it when somebody may have seen it."


def _facts(key: ApiKey, now: datetime) -> list[console.Fact]:
    secret = key.kind == KeyKind.SECRET
    facts = [
        console.Fact("State", shown_state(key, now), "status"),
        console.Fact("Secret", key.shown, "code"),
        console.Fact("Data", "LIVE" if key.livemode else "TEST", "status"),
        console.Fact("Kind", "Secret" if secret else "Restricted"),
        console.Fact("Scopes", ", ".join(key.scopes), url=reverse("admin:api_scopes")),
        console.Fact("Networks", ", ".join(key.networks) or "Any"),
        console.Fact("API version", key.api_version),
        console.Fact("Last used", key.last_used_at, "stamp"),
        console.Fact("Made", key.created_at, "stamp"),
        console.Fact("Made by", key.created_by.partition(":")[2]),
        console.Fact("Ends", key.expires_at, "stamp", hint="" if key.expires_at else "never"),
    ]
    if key.approval_id:
        facts.append(console.Fact("Signed", key.approval_id, "id"))
    if key.widened_by:
        facts.append(console.Fact("Widened", key.widened_by, "id"))
    if key.secret_hash is None:
        facts.append(console.Fact("Collect by", key.collect_by, "stamp"))
    if key.revoked_at:
        facts.append(console.Fact("Revoked", key.revoked_at, "stamp", hint=f"by {key.revoked_by.partition(':')[2]}"))
    return facts


def _initial(key: ApiKey) -> dict[str, Any]:
    return {
        "scopes": key.scopes,
        "networks": "\n".join(key.networks),
        "expires_on": key.expires_at.date() if key.expires_at else None,
    }


def _relative(key: ApiKey, now: datetime) -> dict[str, Any]:
    return {"key": key, "state": shown_state(key, now), "url": reverse("admin:api_key", args=[key.public_id])}


def _detail(facts: Mapping[str, JSON]) -> str:
    """Who signed, and which key came of it, where that is part of what happened."""
    signers = facts.get("signed_by")
    words = [f"Signed by {', '.join(map(str, signers))}"] if isinstance(signers, list) else []
    words += [f"Successor {facts['successor']}"] if "successor" in facts else []
    return "; ".join(words)


def _events(key: ApiKey) -> list[console.Event]:
    return [
        console.Event(
            entry.recorded_at,
            TITLES.get(entry.action, entry.action),
            detail=_detail(entry.facts),
            actor=f"{entry.actor_kind}:{entry.actor_id}",
            tone="bad" if entry.action == "api.key.revoked" else "neutral",
        )
        for entry in audit.list_for_subject(key.public_id)
        if entry.action.startswith("api.key.")
    ]
