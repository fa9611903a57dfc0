"""Live keys are signed for: a new one, and wider rights of one. Ending a key needs nobody else."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals, ids
from core.actors import Actor
from core.api import keys, live_keys, rights, rotation
from core.api import scopes as scope_map
from core.api.models import ApiKey, KeyKind
from core.api.rights import Rights
from core.approvals import services
from core.approvals.actions import Content, Execution
from core.approvals.models import ApprovalRequest
from core.audit.chain import JSON
from core.errors import Refusal

ONE_OFFICER: Mapping[str, JSON] = {
    "expiresHours": 72,
    "rules": [{"name": "usual", "when": {}, "require": {"permission": "api.approve_key", "count": 1}}],
}


class KeyExists(Refusal):
    """The request was carried out: its key is there."""

    code = "API_KEY_EXISTS"
    status = 409
    title = "The key exists"


class KeyHasChanged(Refusal):
    """The key is not what was signed any more."""

    code = "API_KEY_CHANGED"
    status = 409
    title = "The key has changed"


class IssueLiveKey(approvals.Action):
    """The subject is the id the key will have; given are its name, kind, scopes, networks and end."""

    name: ClassVar[str] = "api.issue_live_key"
    title: ClassVar[str] = "Issue a live API key"
    ask_permission: ClassVar[str] = "api.change_key"
    policy: ClassVar[Mapping[str, JSON]] = ONE_OFFICER

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises KeyExists, and UnableToCreateKey for a scope that no operation asks for any more."""
        if ApiKey.objects.filter(public_id=subject).exists():
            raise KeyExists
        wanted = _read(given)
        if unknown := sorted(set(wanted.scopes) - scope_map.names()):
            raise rights.UnableToCreateKey(f"No operation asks for {', '.join(unknown)}.")
        name, kind = str(given["name"]), str(given["kind"])
        return Content(
            summary=f"Issue the {kind.lower()} live key “{name}”: {_scopes_in_words(kind, wanted)}",
            version={"key": subject, "name": name, "kind": kind, **_shown(wanted)},
            facts=_facts(wanted, kind),
            url=reverse("admin:api_scopes"),
        )

    def effect(self, execution: Execution) -> None:
        given = execution.given
        wanted = _read(given)
        granted = rights.wanted(
            kind=str(given["kind"]), livemode=True, scopes=wanted.scopes, networks=wanted.networks,
            expires_at=wanted.expires_at, now=execution.now,
        )  # fmt: skip
        if granted != wanted:
            raise KeyHasChanged("The scopes of a secret key are other ones now; ask anew.")
        live_keys.issue(
            key_id=execution.subject, name=str(given["name"]), kind=str(given["kind"]), granted=granted,
            approval_id=execution.request_id, asked_by=execution.asked_by, signed_by=execution.signed_by,
            now=execution.now,
        )  # fmt: skip

    def result_url(self, *, request_id: str, subject: str) -> str:
        return reverse("admin:api_key", args=[subject])


class WidenLiveKey(approvals.Action):
    """The subject is the key; given are all its scopes, networks and its end as they would be."""

    name: ClassVar[str] = "api.widen_live_key"
    title: ClassVar[str] = "Widen a live API key"
    ask_permission: ClassVar[str] = "api.change_key"
    policy: ClassVar[Mapping[str, JSON]] = ONE_OFFICER

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises KeyNotFound, KeyHasChanged for a key that was ended, LiveKeyIsNotWider."""
        key = ApiKey.objects.filter(public_id=subject).first()
        if key is None:
            raise keys.KeyNotFound
        if key.place is None:
            raise KeyHasChanged("The key has ended.")
        held, wanted = rights.of(key), _read(given)
        if wanted.is_within(held):
            raise live_keys.LiveKeyIsNotWider
        return Content(
            summary=f"Widen the live key “{key.name}” {key.shown}: {_difference(held, wanted)}",
            version={"key": subject, "name": key.name, "now": _shown(held), "then": _shown(wanted)},
            facts=_facts(wanted, key.kind),
            url=reverse("admin:api_key", args=[subject]),
        )

    def effect(self, execution: Execution) -> None:
        key = keys.lock(execution.subject)
        if execution.version["now"] != _shown(rights.of(key)):
            raise KeyHasChanged
        wanted = _read(execution.given)
        granted = rotation.wanted_for(
            key, scopes=wanted.scopes, networks=wanted.networks, expires_at=wanted.expires_at, now=execution.now
        )
        live_keys.widen(
            key_id=execution.subject, granted=granted, approval_id=execution.request_id,
            asked_by=execution.asked_by, signed_by=execution.signed_by, now=execution.now,
        )  # fmt: skip


def ask_to_issue(*, name: str, kind: str, wanted: Rights, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Ask for a live key of these checked rights. Raises what `approvals.services.ask` raises."""
    given: dict[str, JSON] = {"name": name, "kind": kind, **_shown(wanted)}
    key_id = ids.prefixed("key", now)
    return services.ask(action=IssueLiveKey.name, subject=key_id, given=given, reason=reason, actor=actor, now=now)


def ask_to_widen(*, key_id: str, wanted: Rights, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Ask for wider rights of a live key."""
    return services.ask(
        action=WidenLiveKey.name, subject=key_id, given=_shown(wanted), reason=reason, actor=actor, now=now
    )


def _shown(wanted: Rights) -> dict[str, JSON]:
    return {
        "scopes": list(wanted.scopes),
        "networks": list(wanted.networks),
        "expiresAt": wanted.expires_at.isoformat() if wanted.expires_at else "",
    }


def _read(given: Mapping[str, JSON]) -> Rights:
    end = str(given.get("expiresAt") or "")
    return Rights(
        scopes=tuple(_texts(given["scopes"])),
        networks=tuple(_texts(given["networks"])),
        expires_at=datetime.fromisoformat(end) if end else None,
    )


def _texts(value: JSON) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _facts(wanted: Rights, kind: str) -> dict[str, JSON]:
    """What a policy may ask: a key that opens a dangerous scope may need more signers."""
    dangerous = sorted(set(wanted.scopes) & scope_map.dangerous())
    return {"kind": kind, "dangerousScopes": len(dangerous), "anyNetwork": not wanted.networks}


def _scopes_in_words(kind: str, wanted: Rights) -> str:
    dangerous = sorted(set(wanted.scopes) & scope_map.dangerous())
    if kind == KeyKind.SECRET:
        return ", ".join(["every ordinary scope", *dangerous])
    return ", ".join(wanted.scopes)


def _difference(held: Rights, wanted: Rights) -> str:
    words = [f"add {scope}" for scope in wanted.scopes if scope not in held.scopes]
    if held.networks and wanted.networks != held.networks:
        words.append(f"from {', '.join(wanted.networks) or 'any network'}")
    if wanted.expires_at != held.expires_at:
        words.append(f"until {wanted.expires_at:%Y-%m-%d}" if wanted.expires_at else "for good")
    return "; ".join(words)


approvals.register(IssueLiveKey())
approvals.register(WidenLiveKey())
