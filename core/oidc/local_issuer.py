"""An identity provider that the program plays for itself, for demos and nothing else.

Its key is a file of the state directory, its keys are served to this machine, its tokens look like Cognito's. It exists
where the settings say HOLDFAST_LOCAL_ISSUER, which production refuses to start with.
"""

import contextlib
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from core.actors import Actor
from core.errors import Refusal
from core.oidc import issuers
from core.oidc.enums import IssuerKind
from core.oidc.issuers import Terms

CODE = "local"
CLIENT_ID = "holdfast-demo"
KEY_ID = "local-1"
PATH = "/local/oidc"
ISSUER = f"http://127.0.0.1{PATH}"
LIFE_SECONDS = 3600


class NoLocalIssuer(Refusal):
    """Demo tokens are made where the program plays its own identity provider, and nowhere else."""

    code = "NO_LOCAL_ISSUER"
    status = 404
    title = "There is no local issuer here"


def require_wanted() -> None:
    """Raises NoLocalIssuer where the settings do not ask for one."""
    if not settings.HOLDFAST_LOCAL_ISSUER:
        raise NoLocalIssuer


def terms(base_url: str) -> Terms:
    """Its name is the same whatever port the program listens on; where its keys are is not."""
    return Terms(
        code=CODE,
        issuer=ISSUER,
        jwks_url=f"{base_url}{PATH}/.well-known/jwks.json",
        kind=IssuerKind.COGNITO,
        livemode=False,
        client_ids=(CLIENT_ID,),
        party_claim="custom:party_id",
    )


def ensure_accepted(*, base_url: str, actor: Actor, now: datetime) -> None:
    """The API believes this machine's own tokens, in test mode. Accepted as it is now, nothing changes."""
    require_wanted()
    wanted, known = terms(base_url), issuers.find_in_force(ISSUER, at=now)
    if known is None or issuers.terms_of(known) != wanted:
        issuers.accept(terms=wanted, effective_from=now, reason="demo tokens of this machine", actor=actor, now=now)


def token(*, subject: str, party_id: str | None, groups: list[str], now: datetime) -> str:
    """An access token for an hour. Raises NoLocalIssuer."""
    require_wanted()
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": subject,
        "token_use": "access",
        "client_id": CLIENT_ID,
        "iat": issued,
        "exp": issued + LIFE_SECONDS,
        "cognito:groups": groups,
    }
    if party_id:
        claims["custom:party_id"] = party_id
    return jwt.encode(claims, _key(), algorithm="RS256", headers={"kid": KEY_ID})


def published_keys() -> dict[str, Any]:
    """The JWKS document. Raises NoLocalIssuer."""
    require_wanted()
    described = jwt.algorithms.RSAAlgorithm.to_jwk(_key().public_key(), as_dict=True)
    return {"keys": [{**described, "kid": KEY_ID, "use": "sig", "alg": "RS256", "key_ops": ["verify"]}]}


def _key() -> rsa.RSAPrivateKey:
    """Of the key file, mode 0600, made on first use; two who come first agree on one."""
    path = Path(settings.HOLDFAST_STATE_DIR) / "oidc" / "local-issuer.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(
                made.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    read = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(read, rsa.RSAPrivateKey)
    return read
