"""Signing secrets: minted here, sealed in the vault, shown once, opened again only to sign."""

import secrets as randomness
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from core import ids
from core.parameters import services as parameters
from core.vault import envelope
from core.vault.purposes import Purpose
from core.webhooks import signing
from core.webhooks.models import Endpoint, Secret


@dataclass(frozen=True, slots=True)
class Minted:
    """A new secret that nobody uses yet. `text` is what its owner is shown."""

    public_id: str
    sealed: bytes = field(repr=False)
    text: str = field(repr=False)


def mint(*, now: datetime) -> Minted:
    """Call it before the transaction: the vault may have to ask the key service. Raises VaultUnavailable."""
    secret = randomness.token_bytes(signing.SECRET_BYTES)
    row = Secret(public_id=ids.prefixed("whs", now))
    sealed = envelope.encrypt(purpose=Purpose.DATABASE, plaintext=secret, context=row.context())
    return Minted(row.public_id, sealed, signing.secret_text(secret))


def install(*, endpoint: Endpoint, minted: Minted, now: datetime) -> None:
    """Make it the current one. The one before it still signs for a while, one before that no more.

    The caller holds the endpoint's row.
    """
    overlap = timedelta(hours=parameters.read("webhooks.secret_overlap_hours", at=now))
    alive = Secret.objects.filter(endpoint=endpoint)
    alive.filter(expires_at__isnull=False).delete()
    alive.filter(expires_at__isnull=True).update(expires_at=now + overlap)
    Secret.objects.create(
        public_id=minted.public_id, endpoint=endpoint, sealed=minted.sealed, created_at=now, expires_at=None
    )


def forget(*, endpoint: Endpoint) -> None:
    """Erase all secrets of an endpoint that is deleted."""
    Secret.objects.filter(endpoint=endpoint).delete()


def signing_for(endpoint_ids: list[int], *, now: datetime) -> QuerySet[Secret]:
    """The secrets that sign now, newest first."""
    usable = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return Secret.objects.filter(usable, endpoint__in=endpoint_ids).order_by("-created_at", "-pk")


def opened(secret: Secret) -> bytes:
    """Raises VaultUnavailable, UnableToOpen."""
    return envelope.decrypt(purpose=Purpose.DATABASE, ciphertext=bytes(secret.sealed), context=secret.context())


def find_text(public_id: str, *, now: datetime) -> str | None:
    """The text of a secret that still signs, for the second answer to one and the same request."""
    row = Secret.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), public_id=public_id).first()
    return signing.secret_text(opened(row)) if row else None
