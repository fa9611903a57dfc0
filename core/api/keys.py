"""Make, find and revoke API keys.

A key is looked up by the SHA-256 of the secret: one indexed read whatever was sent, so an attacker learns
nothing from the time it takes. Found keys are remembered in the process for at most five seconds, which is
also how long a revoked key lives on.
"""

import hashlib
import re
import secrets
import string
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from core import ids
from core.actors import Actor
from core.api.models import ApiKey, ThrottleClass
from core.audit import services as audit
from core.errors import Refusal

CACHE_SECONDS = 5.0
CACHE_SIZE = 1024
LAST_USED_EVERY = timedelta(minutes=1)
SCOPE = re.compile(r"^[a-z][a-z_-]*:[a-z][a-z_-]*$", re.ASCII)

_LETTERS = string.ascii_letters + string.digits
_SECRET_LENGTH = 32
_cache: dict[bytes, tuple[float, ApiKey]] = {}
_cache_lock = threading.Lock()


class UnableToCreateKey(Refusal):
    """The wanted key makes no sense: a malformed scope, or a life that ends before it starts."""

    code = "INVALID_API_KEY_REQUEST"
    title = "The key cannot be created"


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
    account: str = "marketplace",
    expires_at: datetime | None = None,
    throttle_class: str = ThrottleClass.STANDARD,
) -> tuple[ApiKey, str]:
    """The stored key and its secret; nobody can read the secret again. Scopes look like `payments:write`."""
    granted = sorted(set(scopes))
    if malformed := [scope for scope in granted if not SCOPE.match(scope)]:
        raise UnableToCreateKey(f"not a scope: {', '.join(malformed)}")
    if expires_at is not None and expires_at <= now:
        raise UnableToCreateKey("a key must expire in the future")
    prefix = "sk_live_" if livemode else "sk_test_"
    secret = prefix + "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))
    with transaction.atomic():
        key = ApiKey.objects.create(
            public_id=ids.prefixed("key", now),
            name=name,
            account=account,
            prefix=prefix,
            last4=secret[-4:],
            secret_hash=_digest(secret),
            scopes=granted,
            livemode=livemode,
            throttle_class=throttle_class,
            created_by=str(actor),
            created_at=now,
            expires_at=expires_at,
        )
        audit.record(
            actor=actor,
            action="api.key.created",
            subject=key.public_id,
            at=now,
            details={"name": name, "account": account, "livemode": livemode, "scopes": granted},
        )
    return key, secret


def revoke(*, key_id: str, actor: Actor, now: datetime) -> ApiKey:
    """End a key; a second revocation changes nothing. Other processes follow within five seconds."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(public_id=key_id).first()
        if key is None:
            raise KeyNotFound
        if key.revoked_at is None:
            key.revoked_at, key.revoked_by = now, str(actor)
            key.save(update_fields=["revoked_at", "revoked_by"])
            audit.record(actor=actor, action="api.key.revoked", subject=key.public_id, at=now)
    forget_cache()
    return key


def find_usable(*, secret: str, now: datetime) -> ApiKey | None:
    """The key this secret opens, or None: unknown, malformed, revoked and expired look the same."""
    digest = _digest(secret)
    moment = time.monotonic()
    remembered = _cache.get(digest)
    if remembered is not None and moment - remembered[0] < CACHE_SECONDS:
        key: ApiKey | None = remembered[1]
    else:
        key = ApiKey.objects.filter(secret_hash=digest).first()
        if key is not None:
            _remember(digest, key, moment)
    if key is None or not key.is_usable(now):
        return None
    return key


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Keep the minute of last use: one statement a minute and process, not one a request."""
    if key.last_used_at is not None and now - key.last_used_at < LAST_USED_EVERY:
        return
    key.last_used_at = now
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY / 2)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def forget_cache() -> None:
    _cache.clear()


def _remember(digest: bytes, key: ApiKey, moment: float) -> None:
    with _cache_lock:
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        _cache[digest] = (moment, key)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
