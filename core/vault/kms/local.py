"""Master keys in one file on this machine: the embedded default behind the key service's port.

The file is JSON: `{"current": 1, "keys": {"1": "<base64 of 32 bytes>"}}`, mode 0600, created once. Each purpose gets
its own wrapping key from the file's key by HKDF, so a key wrapped for one purpose never opens for another.
"""

import base64
import contextlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from core.vault import canonical
from core.vault.kms import DATA_KEY_BYTES, KeyServiceUnavailable, KeyUnreadable, NewDataKey, WrappedKey
from core.vault.purposes import Purpose

_FORMAT = b"\x01"
_NONCE_BYTES = 12


def configured_path() -> Path:
    """`HOLDFAST_MASTER_KEY_FILE` where it is set, else `keys/master.json` in the state directory."""
    chosen = settings.HOLDFAST_MASTER_KEY_FILE
    return Path(chosen) if chosen else Path(settings.HOLDFAST_STATE_DIR) / "keys" / "master.json"


class LocalKeys:
    provider = "local"

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, *, first_start: bool) -> None:
        if self.path.exists():
            return
        if not first_start:
            # A new file could not open the data keys that are already wrapped: say so, do not lose them quietly.
            raise KeyServiceUnavailable(f"the master key file {self.path} is gone; restore it from its backup")
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            self._write({"current": 1, "keys": {"1": _fresh()}}, exclusive=True)

    def generate(self, *, purpose: Purpose, context: Mapping[str, str]) -> NewDataKey:
        plaintext = secrets.token_bytes(DATA_KEY_BYTES)
        return NewDataKey(self._wrap(purpose, plaintext, context), plaintext)

    def unwrap(self, *, purpose: Purpose, key: WrappedKey, context: Mapping[str, str]) -> bytes:
        provider, _, version = key.master_key.split(":")
        body = key.wrapped
        if provider != self.provider or body[:1] != _FORMAT:
            raise KeyUnreadable("not a key of the local key file")
        nonce, sealed = body[1 : 1 + _NONCE_BYTES], body[1 + _NONCE_BYTES :]
        try:
            return AESGCM(self._wrapping_key(purpose, version)).decrypt(nonce, sealed, _bound(purpose, context))
        except InvalidTag:
            raise KeyUnreadable("a wrapped data key does not open under the local master key") from None

    def rewrap(self, *, purpose: Purpose, key: WrappedKey, context: Mapping[str, str]) -> WrappedKey:
        return self._wrap(purpose, self.unwrap(purpose=purpose, key=key, context=context), context)

    def rotate(self) -> int:
        """Add a master key and make it the current one; older ones stay to open what they wrapped."""
        content = self._read()
        version = max(int(known) for known in content["keys"]) + 1
        self._write({"current": version, "keys": {**content["keys"], str(version): _fresh()}}, exclusive=False)
        return version

    def _wrap(self, purpose: Purpose, plaintext: bytes, context: Mapping[str, str]) -> WrappedKey:
        version = str(self._read()["current"])
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._wrapping_key(purpose, version)).encrypt(nonce, plaintext, _bound(purpose, context))
        return WrappedKey(f"{self.provider}:{purpose}:{version}", _FORMAT + nonce + sealed)

    def _wrapping_key(self, purpose: Purpose, version: str) -> bytes:
        try:
            master = base64.b64decode(self._read()["keys"][version])
        except KeyError:
            raise KeyUnreadable(f"the master key file has no version {version}") from None
        return HKDF(SHA256(), DATA_KEY_BYTES, salt=None, info=b"holdfast/local-kek/v1/" + purpose.encode()).derive(
            master
        )

    def _read(self) -> dict[str, dict[str, str]]:
        """Read each time: it happens once per data key and lifetime of the cache, and sees a rotation at once."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise KeyServiceUnavailable(f"the master key file {self.path} cannot be read: {error.strerror}") from None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyServiceUnavailable(f"the master key file {self.path} must be readable by its owner only")
            if status.st_uid != os.geteuid():
                raise KeyServiceUnavailable(f"the master key file {self.path} belongs to another user")
            try:
                content: dict[str, dict[str, str]] = json.load(file)
            except ValueError:
                raise KeyServiceUnavailable(f"the master key file {self.path} is damaged") from None
        return content

    def _write(self, content: Mapping[str, object], *, exclusive: bool) -> None:
        """Whole file or none: written beside, flushed, then linked (first start) or renamed (rotation) into place."""
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            if exclusive:
                os.link(draft, self.path)
            else:
                draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(DATA_KEY_BYTES)).decode()


def _bound(purpose: Purpose, context: Mapping[str, str]) -> bytes:
    return canonical.encode("holdfast/data-key/v1", {**context, "purpose": purpose.value})
