"""The secret of a key: made here, shown once, kept as its SHA-256."""

import hashlib
import secrets
import string
from dataclasses import dataclass

from core.api.models import KeyKind

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Secret:
    """`text` is the whole secret, known here only, at this moment."""

    text: str

    @property
    def last4(self) -> str:
        return self.text[-4:]

    @property
    def digest(self) -> bytes:
        return digest(self.text)

    def __repr__(self) -> str:
        return "Secret(…)"


def prefix(kind: str, *, livemode: bool) -> str:
    """`sk_live_`, `sk_test_`, `rk_live_` or `rk_test_`: what scanners for leaked secrets look for."""
    return f"{'sk' if kind == KeyKind.SECRET else 'rk'}_{'live' if livemode else 'test'}_"


def make(prefix: str) -> Secret:
    return Secret(prefix + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
