"""The user of an access token, as the API's caller: never a key, never a member of the staff."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from core.actors import Actor
from core.oidc import claims as rules
from core.oidc import links, scopes, tokens
from core.oidc.claims import ClaimRefused
from core.oidc.enums import Standing
from core.oidc.tokens import TokenRefused


@dataclass(frozen=True, slots=True)
class User:
    """`party_id` is the party the user acts as, None where nobody said; admins need none.

    `public_id` names the user in rate limits, idempotency claims and logs: a digest of issuer and subject, so that no
    length and no character of a foreign name reaches them. The audit has the name itself (`actor`).
    """

    issuer_code: str
    subject: str
    livemode: bool
    standing: Standing
    party_id: str | None
    scopes: frozenset[str]

    is_authenticated = True
    is_anonymous = False
    is_active = True
    throttle_class = "STANDARD"

    @property
    def public_id(self) -> str:
        name = f"{self.issuer_code}\x00{self.subject}".encode()
        return f"usr_{hashlib.sha256(name).hexdigest()[:32]}"

    @property
    def account(self) -> str:
        """Idempotency keys are the user's own, whichever token carries them."""
        return self.public_id

    @property
    def actor(self) -> Actor:
        return Actor("USER", f"{self.issuer_code}/{self.subject}", self.scopes)


def identify(token: str, *, now: datetime) -> User:
    """Raises TokenRefused, KeysUnavailable."""
    verified = tokens.verify(token, now=now)
    terms, said = verified.terms, verified.claims
    try:
        subject, standing = rules.subject(said), rules.standing(said, terms)
        party_id, narrowed = rules.party(said, terms), rules.scopes(said, terms)
    except ClaimRefused as refused:
        raise TokenRefused(refused.reason) from None
    granted = scopes.granted(standing, at=now)
    return User(
        issuer_code=terms.code,
        subject=subject,
        livemode=terms.livemode,
        standing=standing,
        party_id=party_id or links.find_party(issuer_code=terms.code, subject=subject),
        scopes=granted if narrowed is None else granted & narrowed,
    )
