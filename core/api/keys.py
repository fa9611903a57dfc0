"""Make, find and revoke API keys.

A key is looked up by the SHA-256 of the secret: one indexed read whatever was sent, so an attacker learns
nothing from the time it takes. Found keys are remembered in the process for at most five seconds, which is
also how long a revoked key lives on.
"""

import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from core import ids
from core.actors import Actor
from core.api import key_secrets, rights, versions
from core.api.events import ApiKeyRevoked
from core.api.models import ApiKey, KeyKind, ThrottleClass
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox

CACHE_SECONDS = 5.0
CACHE_SIZE = 1024
LAST_USED_EVERY = timedelta(minutes=1)

_cache: dict[bytes, tuple[float, ApiKey]] = {}
_cache_lock = threading.Lock()
_usable: tuple[float, frozenset[bytes]] = (0.0, frozenset())


class LiveKeyNeedsSignature(Refusal):
    """People get live keys by a request that a second person signs."""

    code = "LIVE_KEY_NEEDS_SIGNATURE"
    status = 403
    title = "A live key needs a second person's signature"


class KeyNotFound(Refusal):
    """No API key has this id."""

    code = "API_KEY_NOT_FOUND"
    status = 404
    title = "No such API key"


def create(
    *,
    name: str,
    livemode: bool,
    scopes: Iterable[str],
    actor: Actor,
    now: datetime,
    kind: str = KeyKind.RESTRICTED,
    networks: Iterable[str] = (),
    account: str = "marketplace",
    expires_at: datetime | None = None,
    throttle_class: str = ThrottleClass.STANDARD,
) -> tuple[ApiKey, str]:
    """The stored key and its secret; nobody can read the secret again. Scopes look like `payments:write`.

    Raises UnableToCreateKey, and LiveKeyNeedsSignature for a live key wanted by anybody but the program itself, that
    is by whoever sits at its terminal.
    """
    if livemode and actor.kind != "SYSTEM":
        raise LiveKeyNeedsSignature
    granted = rights.wanted(
        kind=kind, livemode=livemode, scopes=scopes, networks=networks, expires_at=expires_at, now=now
    )
    prefix = key_secrets.prefix(kind, livemode=livemode)
    secret = key_secrets.make(prefix)
    key_id = ids.prefixed("key", now)
    with transaction.atomic():
        key = ApiKey.objects.create(
            public_id=key_id,
            name=name,
            account=account,
            kind=kind,
            prefix=prefix,
            last4=secret.last4,
            secret_hash=secret.digest,
            scopes=list(granted.scopes),
            networks=list(granted.networks),
            livemode=livemode,
            api_version=versions.newest(),
            throttle_class=throttle_class,
            lineage=key_id,
            place=1,
            created_by=str(actor),
            created_at=now,
            expires_at=granted.expires_at,
        )
        audit.record(actor=actor, action="api.key.created", subject=key.public_id, at=now, details=facts(key))
    return key, secret.text


def facts(key: ApiKey) -> dict[str, JSON]:
    """What the audit chain keeps of a key that is made or changed."""
    return {
        "name": key.name,
        "account": key.account,
        "kind": key.kind,
        "livemode": key.livemode,
        "scopes": list(key.scopes),
        "networks": list(key.networks),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }


def revoke(*, key_id: str, actor: Actor, now: datetime) -> ApiKey:
    """End a key; a second revocation changes nothing. Other processes follow within five seconds."""
    with transaction.atomic():
        key = lock(key_id)
        if key.revoked_at is None:
            key.revoked_at, key.revoked_by, key.place = now, str(actor), None
            key.save(update_fields=["revoked_at", "revoked_by", "place"])
            audit.record(actor=actor, action="api.key.revoked", subject=key.public_id, at=now)
            outbox.publish(ApiKeyRevoked(key_id=key.public_id, livemode=key.livemode, revoked_at=now))
        transaction.on_commit(forget_cache)
    forget_cache()
    return key


def lock(key_id: str) -> ApiKey:
    """The key, and all of its lineage the caller's until its transaction ends. Raises KeyNotFound."""
    found = ApiKey.objects.filter(public_id=key_id).values_list("lineage", flat=True).first()
    if found is None:
        raise KeyNotFound
    lineage = list(ApiKey.objects.select_for_update().filter(lineage=found).order_by("pk"))
    return next(key for key in lineage if key.public_id == key_id)


def find_usable(*, secret: str, now: datetime) -> ApiKey | None:
    """The key this secret opens, or None: unknown, malformed, revoked and expired look the same."""
    digest = key_secrets.digest(secret)
    moment = time.monotonic()
    key = _remembered(digest, moment)
    if key is None:
        key = ApiKey.objects.filter(secret_hash=digest).first()
        if key is not None:
            _remember(digest, key, moment)
    if key is None or not key.is_usable(now):
        return None
    return key


def find_remembered(*, secret: str, now: datetime) -> ApiKey | None:
    """As `find_usable`, without asking the database: None also for a key this process has not seen for a while."""
    key = _remembered(key_secrets.digest(secret), time.monotonic())
    return key if key is not None and key.is_usable(now) else None


def may_be_usable(secret: str) -> bool:
    """Whether a key with this secret could be usable, from a list that is at most five seconds old: one statement in
    that time, however many secrets are tried.
    """
    global _usable
    read_at, digests = _usable
    moment = time.monotonic()
    if not read_at or moment - read_at >= CACHE_SECONDS:
        found = ApiKey.objects.filter(place__isnull=False, secret_hash__isnull=False)
        digests = frozenset(bytes(digest) for digest in found.values_list("secret_hash", flat=True) if digest)
        _usable = (moment, digests)
    return key_secrets.digest(secret) in digests


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Keep the minute of last use: one statement a minute and process, not one a request."""
    if key.last_used_at is not None and now - key.last_used_at < LAST_USED_EVERY:
        return
    key.last_used_at = now
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY / 2)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def forget_cache() -> None:
    global _usable
    _cache.clear()
    _usable = (0.0, frozenset())


def _remembered(digest: bytes, moment: float) -> ApiKey | None:
    remembered = _cache.get(digest)
    return remembered[1] if remembered is not None and moment - remembered[0] < CACHE_SECONDS else None


def _remember(digest: bytes, key: ApiKey, moment: float) -> None:
    with _cache_lock:
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        _cache[digest] = (moment, key)
