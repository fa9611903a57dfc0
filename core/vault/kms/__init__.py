"""The only door to whoever holds the master keys: a local file, or AWS KMS.

A master key never leaves its holder. It wraps data keys; the data keys encrypt the fields (`core.vault.envelope`).
`context` is bound to the wrapping: a wrapped key presented with another context does not open.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.core.signals import setting_changed

from core.vault.purposes import Purpose

DATA_KEY_BYTES = 32


class KeyServiceUnavailable(Exception):
    """No answer from the holder of the master keys in time, or it refuses us. Says why without naming a secret."""


class KeyUnreadable(Exception):
    """The wrapped key does not open: damaged, or moved to another context, purpose or master key."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """`master_key` names what wrapped it: an AWS key ARN, or `local:<purpose>:<version>`."""

    master_key: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class NewDataKey:
    """A fresh data key, in both forms. The open one is for memory only."""

    key: WrappedKey
    plaintext: bytes = field(repr=False)


class KeyService(Protocol):
    provider: str

    def prepare(self, *, first_start: bool) -> None:
        """Create what may be created on the very first start; refuse to do it when wrapped keys already exist."""

    def generate(self, *, purpose: Purpose, context: Mapping[str, str]) -> NewDataKey: ...

    def unwrap(self, *, purpose: Purpose, key: WrappedKey, context: Mapping[str, str]) -> bytes: ...

    def rewrap(self, *, purpose: Purpose, key: WrappedKey, context: Mapping[str, str]) -> WrappedKey:
        """The same data key under the purpose's present master key."""


_service: KeyService | None = None
_lock = threading.Lock()


def service() -> KeyService:
    """The key service named by `settings.HOLDFAST_KMS`: `local` or `aws`. Made once for each process."""
    global _service
    if _service is None:
        with _lock:
            if _service is None:
                _service = _from_settings()
    return _service


def _from_settings() -> KeyService:
    from core.vault.kms import aws, local

    if settings.HOLDFAST_KMS == "aws":
        return aws.AwsKms(
            aliases={Purpose(name): alias for name, alias in settings.HOLDFAST_KMS_ALIASES.items()},
            region=settings.HOLDFAST_KMS_REGION,
            endpoint=settings.HOLDFAST_KMS_ENDPOINT or None,
            timeout_seconds=settings.HOLDFAST_KMS_TIMEOUT_SECONDS,
        )
    return local.LocalKeys(local.configured_path())


def _forget_service(*, setting: str, **_: object) -> None:
    """Django sends this when a test overrides a setting."""
    global _service
    if setting.startswith(("HOLDFAST_KMS", "HOLDFAST_MASTER_KEY", "HOLDFAST_STATE_DIR")):
        _service = None


setting_changed.connect(_forget_service)
