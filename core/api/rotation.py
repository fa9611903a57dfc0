"""A successor for a key, so that a client can change over while both work; and narrower rights for one."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from core import ids
from core.actors import Actor
from core.api import key_secrets, keys, rights
from core.api.events import ApiKeyRotated
from core.api.models import ApiKey, KeyKind
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters

OVERLAP_DAYS = "api.rotation.overlap_days"
PLACES = (1, 2)


class UnableToRotate(Refusal):
    """The key does not work any more, or another of its lineage works beside it: revoke one of the two first."""

    code = "API_KEY_NOT_ROTATABLE"
    status = 409
    title = "The key cannot be rotated"


def rotate(*, key_id: str, actor: Actor, now: datetime, overlap: timedelta | None = None) -> tuple[ApiKey, str]:
    """A successor with the same rights and the same end, and its secret. The old key works on for `overlap`, which is
    at most what the parameter says and that unless given; revoke it to end it sooner.

    One person is enough, also for a live key: what was signed is the right, and the successor has no more of it; the
    database compares. Raises UnableToRotate, KeyNotFound.
    """
    longest = timedelta(days=parameters.read(OVERLAP_DAYS, at=now))
    with transaction.atomic():
        old = keys.lock(key_id)
        _free_places(old.lineage, now)
        _require_alone(old, now)
        prefix = key_secrets.prefix(old.kind, livemode=old.livemode)
        secret = key_secrets.make(prefix)
        successor = ApiKey.objects.create(
            public_id=ids.prefixed("key", now),
            name=old.name,
            account=old.account,
            kind=old.kind,
            prefix=prefix,
            last4=secret.last4,
            secret_hash=secret.digest,
            scopes=old.scopes,
            networks=old.networks,
            livemode=old.livemode,
            api_version=old.api_version,
            throttle_class=old.throttle_class,
            lineage=old.lineage,
            place=next(place for place in PLACES if place != old.place),
            replaces=old,
            approval_id=old.approval_id,
            created_by=str(actor),
            created_at=now,
            expires_at=old.expires_at,
        )
        ends_at = now + min(longest if overlap is None else overlap, longest)
        old.expires_at = ends_at if old.expires_at is None else min(old.expires_at, ends_at)
        old.warned_at = now  # that it ends is known: it has a successor
        old.save(update_fields=["expires_at", "warned_at"])
        audit.record(
            actor=actor,
            action="api.key.rotated",
            subject=old.public_id,
            at=now,
            details={"successor": successor.public_id, "ends_at": old.expires_at.isoformat()},
        )
        outbox.publish(
            ApiKeyRotated(
                key_id=old.public_id,
                successor_id=successor.public_id,
                livemode=old.livemode,
                rotated_at=now,
                ends_at=old.expires_at,
            )
        )
        transaction.on_commit(keys.forget_cache)
    return successor, secret.text


def change_rights(
    *,
    key_id: str,
    scopes: Iterable[str],
    networks: Iterable[str],
    expires_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> ApiKey:
    """Other scopes, networks and end for a key. A live key only ever gets narrower this way.

    Raises UnableToCreateKey for rights that make no sense, LiveKeyNeedsSignature for wider ones of a live key,
    UnableToRotate for a key that works no more.
    """
    with transaction.atomic():
        key = keys.lock(key_id)
        _require_usable(key, now)
        granted = wanted_for(key, scopes=scopes, networks=networks, expires_at=expires_at, now=now)
        if key.livemode and not granted.is_within(rights.of(key)):
            raise keys.LiveKeyNeedsSignature
        before = keys.facts(key)
        key.scopes, key.networks, key.expires_at = list(granted.scopes), list(granted.networks), granted.expires_at
        key.warned_at = None
        key.save(update_fields=["scopes", "networks", "expires_at", "warned_at"])
        details = {"before": before, "after": keys.facts(key)}
        audit.record(actor=actor, action="api.key.changed", subject=key.public_id, at=now, details=details)
        transaction.on_commit(keys.forget_cache)
    return key


def wanted_for(
    key: ApiKey, *, scopes: Iterable[str], networks: Iterable[str], expires_at: datetime | None, now: datetime
) -> rights.Rights:
    """Checked rights for a key that is there. A secret key keeps its scopes. Raises UnableToCreateKey."""
    named = key.scopes if key.kind == KeyKind.SECRET else scopes
    checked = rights.wanted(
        kind=KeyKind.RESTRICTED, livemode=False, scopes=named, networks=networks, expires_at=expires_at, now=now
    )
    latest = rights.latest_end(kind=key.kind, livemode=key.livemode, now=now)
    held = key.expires_at
    if latest and (expires_at is None or (expires_at > latest and (held is None or expires_at > held))):
        raise rights.UnableToCreateKey(f"A restricted live key expires by {latest:%Y-%m-%d %H:%M} UTC.")
    return checked


def _free_places(lineage: str, now: datetime) -> None:
    """Keys that time has ended hold their place until somebody needs it."""
    ended = Q(expires_at__lte=now) | Q(secret_hash__isnull=True, collect_by__lte=now)
    ApiKey.objects.filter(ended, lineage=lineage, place__isnull=False).update(place=None)


def _require_alone(key: ApiKey, now: datetime) -> None:
    _require_usable(key, now)
    other = ApiKey.objects.filter(lineage=key.lineage, place__isnull=False).exclude(pk=key.pk).first()
    if other is not None:
        raise UnableToRotate(f"{other.public_id} works beside this key; revoke one of the two first.")


def _require_usable(key: ApiKey, now: datetime) -> None:
    state = key.state(now)
    if not key.is_usable(now):
        raise UnableToRotate(f"The key is {state.lower()}.")
