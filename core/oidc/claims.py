"""What a signed access token must say. Pure: the signature is checked before, and the time is given."""

import math
from datetime import datetime
from typing import Any

from core.oidc import links
from core.oidc.enums import IssuerKind, Standing
from core.oidc.issuers import Terms

MAX_GROUPS = 200


class ClaimRefused(Exception):
    """`reason` is a word of a short list, fit for a metric."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def require_in_time(claims: dict[str, Any], *, now: datetime, leeway: float, longest_life: float) -> None:
    """`exp` and `iat` are there, `nbf` may be; the token is alive and was not made to live for ever."""
    moment = now.timestamp()
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if moment >= expires + leeway:
        raise ClaimRefused("expired")
    if issued > moment + leeway or ("nbf" in claims and _time(claims, "nbf") > moment + leeway):
        raise ClaimRefused("early")
    if not 0 < expires - issued <= longest_life:
        raise ClaimRefused("lifetime")


def require_for_us(claims: dict[str, Any], terms: Terms) -> None:
    """An access token, no identity token, made for one of the clients or audiences that were accepted."""
    if claims.get("iss") != terms.issuer:
        raise ClaimRefused("issuer")
    if {"nonce", "at_hash", "c_hash"} & set(claims):
        raise ClaimRefused("use")
    if terms.kind == IssuerKind.COGNITO:
        if claims.get("token_use") != "access":
            raise ClaimRefused("use")
    else:
        if claims.get("token_use", "access") != "access" or claims.get("typ", "Bearer") != "Bearer":
            raise ClaimRefused("use")
        if not set(_texts(claims.get("aud"), "audience")) & set(terms.audiences):
            raise ClaimRefused("audience")
    if terms.client_ids and claims.get("client_id", claims.get("azp")) not in terms.client_ids:
        raise ClaimRefused("client")


def subject(claims: dict[str, Any]) -> str:
    """`sub`, where it has a form that can stand in the audit: no e-mail address, no blanks, at most 80 characters."""
    name = claims.get("sub")
    if not isinstance(name, str) or not links.SUBJECT.fullmatch(name):
        raise ClaimRefused("subject")
    return name


def standing(claims: dict[str, Any], terms: Terms) -> Standing:
    groups = _texts(_at(claims, terms.groups_claim, default=[]), "groups")
    if terms.admin_group in groups:
        return Standing.ADMIN
    return Standing.PROVIDER if terms.provider_group in groups else Standing.CUSTOMER


def party(claims: dict[str, Any], terms: Terms) -> str | None:
    """The party the token names, where the issuer's tokens may name one."""
    if not terms.party_claim:
        return None
    named = _at(claims, terms.party_claim, default=None)
    if named is None:
        return None
    if not isinstance(named, str) or not 2 <= len(named) <= 64:
        raise ClaimRefused("party")
    return named


def scopes(claims: dict[str, Any], terms: Terms) -> frozenset[str] | None:
    """The scopes the token is narrowed to, without the issuer's prefix; None where it is not narrowed."""
    if not terms.scope_prefix:
        return None
    said = claims.get("scope", claims.get("scp", ""))
    words = said.split(" ") if isinstance(said, str) else _texts(said, "scope")
    prefix = terms.scope_prefix
    return frozenset(word.removeprefix(prefix) for word in words if word.startswith(prefix))


def _time(claims: dict[str, Any], name: str) -> float:
    value: Any = claims.get(name)
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 < value < 2**40:
        raise ClaimRefused("malformed")
    return float(value)


def _texts(value: Any, reason: str) -> list[str]:
    """A list of texts; a single text is a list of one."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) > MAX_GROUPS or not all(isinstance(each, str) for each in texts):
        raise ClaimRefused(reason)
    return texts


def _at(claims: dict[str, Any], name: str, *, default: Any) -> Any:
    """The claim of this very name, or the one its dots lead to."""
    if name in claims:
        return claims[name]
    place: Any = claims
    for part in name.split("."):
        if not isinstance(place, dict) or part not in place:
            return default
        place = place[part]
    return place
