"""An identity provider of the tests' own: real RSA keys, a real HTTP server for its keys, tokens signed by hand.

Tokens are put together here and not by the library that the program verifies with, so that any forgery can be made.
"""

import base64
import contextlib
import functools
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from core import clock
from core.actors import SYSTEM
from core.oidc import issuers
from core.oidc.enums import IssuerKind
from core.oidc.issuers import Terms
from tests.factories.api import ApiClient

CLIENT_ID = "4example23456789"
_numbers = itertools.count(1)


def key(name: str = "first", bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same key for the same name: making one takes a moment."""
    return _made(name, bits)


@functools.cache
def _made(name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def segment(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sign(header: dict[str, Any], claims: dict[str, Any] | bytes, by: rsa.RSAPrivateKey) -> str:
    text = f"{segment(header)}.{segment(claims)}"
    return f"{text}.{segment(by.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def jwk(name: str, public: rsa.RSAPublicKey | None = None, **other: Any) -> dict[str, Any]:
    numbers = (public or key(name).public_key()).public_numbers()
    described = {
        "kid": name, "kty": "RSA", "use": "sig", "alg": "RS256",
        "n": segment(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)), "e": segment(numbers.e.to_bytes(3)),
    }  # fmt: skip
    return described | other


@dataclass
class Provider:
    """`keys` are the names of the published keys; `answer` replaces the whole document; `wait` holds it back."""

    keys: list[str] = field(default_factory=lambda: ["first"])
    answer: bytes | None = None
    status: int = 200
    wait: float = 0
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    url: str = ""
    code: str = ""

    def document(self) -> bytes:
        return (
            self.answer if self.answer is not None else json.dumps({"keys": [jwk(name) for name in self.keys]}).encode()
        )

    def terms(self, **other: Any) -> Terms:
        return Terms(
            **{
                "code": self.code,
                "issuer": f"{self.url}/pool",
                "kind": IssuerKind.COGNITO,
                "livemode": False,
                "client_ids": (CLIENT_ID,),
                "party_claim": "custom:party_id",
                **other,
            }
        )

    def accept(self, *, at: datetime | None = None, **other: Any) -> Terms:
        now = at or clock.now()
        terms = self.terms(**other)
        row = issuers.accept(terms=terms, effective_from=now, reason="of the tests", actor=SYSTEM, now=now)
        return issuers.terms_of(row)

    def claims(self, *, at: datetime | None = None, **other: Any) -> dict[str, Any]:
        """Those of a Cognito access token that lives for an hour. A claim given as None is left out."""
        now = int((at or clock.now()).timestamp())
        said = {
            "iss": f"{self.url}/pool", "sub": "5f1a0b7e-sub", "token_use": "access", "client_id": CLIENT_ID,
            "iat": now, "auth_time": now, "exp": now + 3600, "jti": "one", **other,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}

    def token(self, *, signed_by: str = "first", header: dict[str, Any] | None = None, **claims: Any) -> str:
        return sign({"alg": "RS256", "kid": signed_by, **(header or {})}, self.claims(**claims), key(signed_by))


class UserClient(ApiClient):
    """The API's client with an access token in place of a key."""

    def __init__(self, token: str) -> None:
        super().__init__(key=None, secret=token)  # type: ignore[arg-type]


def user(
    provider: Provider, *, party: str | None = None, groups: list[str] | None = None, sub: str = "", **claims: Any
) -> UserClient:
    """A customer without `groups`, e.g. `user(idp, party="prov_1", groups=["Provider"])`."""
    named = {"custom:party_id": party, "cognito:groups": groups, "sub": sub or f"sub-{party or 'nobody'}", **claims}
    return UserClient(provider.token(**named))


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """Serves until the block ends; its address is new each time."""
    served = Provider(code=f"idp{next(_numbers)}")

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked += 1
            time.sleep(served.wait)
            body = served.document()
            with contextlib.suppress(OSError):
                self.send_response(served.status)
                for name, value in {"Content-Type": "application/json", **served.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
