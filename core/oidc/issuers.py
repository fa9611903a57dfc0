"""Accept an issuer of access tokens, withdraw it, and find the decision in force."""

import re
import threading
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.oidc.enums import IssuerKind
from core.oidc.models import CODE, Issuer

CACHE_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WELL_KNOWN = "/.well-known/jwks.json"
_REASONS = {
    "issuer_has_one_word_a_moment": "another decision about this issuer begins at that moment",
    "issuer_keeps_its_name_and_mode": "an issuer keeps its code and its mode, and a code its issuer",
}
_cache: dict[str, list[Issuer]] = {}
_cached_at = 0.0
_lock = threading.Lock()


class UnableToAcceptIssuer(Refusal):
    """What was said about the issuer does not make its tokens checkable."""

    code = "INVALID_ISSUER"
    title = "The issuer cannot be accepted so"


class IssuerNotFound(Refusal):
    """No issuer of this code was ever accepted."""

    code = "ISSUER_NOT_FOUND"
    status = 404
    title = "No such issuer"


@dataclass(frozen=True, slots=True)
class Terms:
    """How an issuer's tokens are read; the fields of `Issuer`. An empty `jwks_url` is Cognito's address."""

    code: str
    issuer: str
    kind: IssuerKind
    livemode: bool
    jwks_url: str = ""
    client_ids: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    groups_claim: str = "cognito:groups"
    provider_group: str = "Provider"
    admin_group: str = "Admin"
    scope_prefix: str = ""
    party_claim: str = ""


def accept(*, terms: Terms, effective_from: datetime, reason: str, actor: Actor, now: datetime) -> Issuer:
    """Believe the issuer's tokens from a moment on. Raises UnableToAcceptIssuer."""
    complete = replace(terms, jwks_url=terms.jwks_url or terms.issuer + _WELL_KNOWN)
    _require_sound(complete)
    return _append(complete, accepted=True, effective_from=effective_from, reason=reason, actor=actor, now=now)


def withdraw(*, code: str, reason: str, actor: Actor, now: datetime) -> Issuer:
    """No token of the issuer opens anything from now on; other processes follow within five seconds.

    Raises IssuerNotFound.
    """
    last = Issuer.objects.filter(code=code, effective_from__lte=now).order_by("-effective_from").first()
    if last is None:
        raise IssuerNotFound(f"no issuer is called {code}")
    return _append(terms_of(last), accepted=False, effective_from=now, reason=reason, actor=actor, now=now)


def find_in_force(issuer: str, *, at: datetime) -> Issuer | None:
    """The accepted issuer whose tokens name it so at a moment; None for an unknown and for a withdrawn one."""
    for row in _rows().get(issuer, ()):
        if row.effective_from <= at:
            return row if row.accepted else None
    return None


def find_by_code(code: str, *, at: datetime) -> Issuer | None:
    row = Issuer.objects.filter(code=code, effective_from__lte=at).order_by("-effective_from").first()
    return row if row is not None and row.accepted else None


def list_all() -> list[Issuer]:
    return list(Issuer.objects.order_by("code", "-effective_from"))


def terms_of(row: Issuer) -> Terms:
    names = (field for field in Terms.__dataclass_fields__ if field not in {"client_ids", "audiences", "kind"})
    return Terms(
        **{name: getattr(row, name) for name in names},
        kind=IssuerKind(row.kind),
        client_ids=tuple(row.client_ids),
        audiences=tuple(row.audiences),
    )


def is_safe_url(url: str) -> bool:
    """HTTPS; plain HTTP only to this very machine and only where the settings say so."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or parts.fragment or not host:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and host in LOOPBACK and settings.HOLDFAST_LOOPBACK_ISSUERS
    )


def forget_cache() -> None:
    global _cached_at
    _cached_at = 0.0


def _require_sound(terms: Terms) -> None:
    if not re.fullmatch(CODE, terms.code):
        raise UnableToAcceptIssuer("a code is 2 to 16 of a-z, 0-9, - and _")
    for url in (terms.issuer, terms.jwks_url):
        if not is_safe_url(url):
            raise UnableToAcceptIssuer(f"{url} is not an https address")
    if terms.kind == IssuerKind.COGNITO and not terms.client_ids:
        raise UnableToAcceptIssuer("Cognito tokens are known by their client ids: name one")
    if terms.kind == IssuerKind.GENERIC and not terms.audiences:
        raise UnableToAcceptIssuer("tokens are known by their audience: name one")
    if not all((terms.groups_claim, terms.provider_group, terms.admin_group, *terms.client_ids, *terms.audiences)):
        raise UnableToAcceptIssuer("names of claims, groups, clients and audiences are not empty")
    if terms.provider_group == terms.admin_group:
        raise UnableToAcceptIssuer("providers and admins are two groups")


def _append(
    terms: Terms, *, accepted: bool, effective_from: datetime, reason: str, actor: Actor, now: datetime
) -> Issuer:
    if not reason.strip():
        raise UnableToAcceptIssuer("a decision about an issuer has a reason")
    if effective_from < now:
        raise UnableToAcceptIssuer("a decision cannot begin before now")
    values = {**asdict(terms), "client_ids": list(terms.client_ids), "audiences": list(terms.audiences)}
    row = Issuer(
        **values,
        accepted=accepted,
        effective_from=effective_from,
        reason=reason.strip()[:200],
        created_by=str(actor),
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(
                actor=actor,
                action="oidc.issuer.accepted" if accepted else "oidc.issuer.withdrawn",
                subject=f"issuer:{terms.code}",
                at=now,
                details={**values, "reason": row.reason, "effective_from": effective_from.isoformat()},
            )
            transaction.on_commit(forget_cache)
    except DatabaseError as error:
        if said := _REASONS.get(refusal_name(error) or ""):
            raise UnableToAcceptIssuer(said) from None
        raise
    forget_cache()
    return row


def _rows() -> dict[str, list[Issuer]]:
    """All decisions, newest first by issuer: a handful, read again every few seconds."""
    global _cache, _cached_at
    if time.monotonic() - _cached_at < CACHE_SECONDS and _cached_at:
        return _cache
    with _lock:
        fresh: dict[str, list[Issuer]] = {}
        for row in Issuer.objects.order_by("-effective_from"):
            fresh.setdefault(row.issuer, []).append(row)
        _cache, _cached_at = fresh, time.monotonic()
        return _cache
