"""A live key for a person: asked for, signed by another, then collected once by whoever asked.

ask        core.api.approvals: a request that names the key that would be made
issue      the effect of the last signature: the key is there and has no secret
collect    the asker gets the secret, made at this moment, shown this once
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from core.actors import Actor
from core.api import key_secrets, keys, versions
from core.api.models import ApiKey, KeyState
from core.api.rights import Rights
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.parameters import services as parameters

COLLECT_HOURS = "api.collect.hours"


class NothingToCollect(Refusal):
    """The secret was collected before, or nobody collected it in time, or the key is not yours."""

    code = "API_KEY_NOT_COLLECTABLE"
    status = 409
    title = "There is no secret to collect"


class LiveKeyIsNotWider(Refusal):
    """The wanted rights are within those the key has: they need no signature."""

    code = "API_KEY_NOT_WIDER"
    status = 409
    title = "The key has these rights already"


def issue(
    *,
    key_id: str,
    name: str,
    kind: str,
    granted: Rights,
    approval_id: str,
    asked_by: Actor,
    signed_by: Iterable[Actor],
    now: datetime,
) -> ApiKey:
    """Store the signed key, without a secret. In the transaction of the last signature."""
    key = ApiKey.objects.create(
        public_id=key_id,
        name=name,
        kind=kind,
        prefix=key_secrets.prefix(kind, livemode=True),
        scopes=list(granted.scopes),
        networks=list(granted.networks),
        livemode=True,
        api_version=versions.newest(),
        lineage=key_id,
        place=1,
        approval_id=approval_id,
        created_by=str(asked_by),
        created_at=now,
        collect_by=now + timedelta(hours=parameters.read(COLLECT_HOURS, at=now)),
        expires_at=granted.expires_at,
    )
    signers: list[str] = [str(signer) for signer in signed_by]
    details = {**keys.facts(key), "approval": approval_id, "signed_by": signers}
    audit.record(actor=asked_by, action="api.key.issued", subject=key.public_id, at=now, details=details)
    return key


def may_collect(*, key: ApiKey, actor: Actor, now: datetime) -> bool:
    return key.created_by == str(actor) and key.state(now) == KeyState.WAITING


def collect(*, key_id: str, actor: Actor, now: datetime) -> tuple[ApiKey, str]:
    """Make the secret of a signed key and give it to the person who asked for the key; once.

    Whoever calls has had the person prove themselves anew. Raises NothingToCollect, KeyNotFound.
    """
    with transaction.atomic():
        key = keys.lock(key_id)
        if not may_collect(key=key, actor=actor, now=now):
            raise NothingToCollect(_why_not(key, actor, now))
        secret = key_secrets.make(key.prefix)
        key.secret_hash, key.last4 = secret.digest, secret.last4
        key.save(update_fields=["secret_hash", "last4"])
        audit.record(
            actor=actor, action="api.key.collected", subject=key.public_id, at=now, details={"last4": secret.last4}
        )
        transaction.on_commit(keys.forget_cache)
    return key, secret.text


def widen(
    *, key_id: str, granted: Rights, approval_id: str, asked_by: Actor, signed_by: Iterable[Actor], now: datetime
) -> ApiKey:
    """Give a live key the signed rights. In the transaction of the last signature."""
    key = keys.lock(key_id)
    before = keys.facts(key)
    key.scopes, key.networks, key.expires_at = list(granted.scopes), list(granted.networks), granted.expires_at
    key.widened_by, key.warned_at = approval_id, None
    key.save(update_fields=["scopes", "networks", "expires_at", "widened_by", "warned_at"])
    signers: list[str] = [str(signer) for signer in signed_by]
    details: dict[str, JSON] = {
        "before": before, "after": keys.facts(key), "approval": approval_id, "signed_by": signers,
    }  # fmt: skip
    audit.record(actor=asked_by, action="api.key.widened", subject=key.public_id, at=now, details=details)
    transaction.on_commit(keys.forget_cache)
    return key


def _why_not(key: ApiKey, actor: Actor, now: datetime) -> str:
    if key.created_by != str(actor):
        return "Only the person who asked for the key collects its secret."
    if key.state(now) == KeyState.LAPSED:
        return "Nobody collected the secret in time; ask for another key."
    return "The secret was shown once and cannot be shown again."
