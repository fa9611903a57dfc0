"""A bank's SFTP server: its key is pinned, files are written beside and renamed, nothing there is overwritten.

Settings: `host`, `port` (22), `user`, `fingerprint` (`SHA256:…`, as `ssh-keygen -l` prints it and the bank's letter
gives it), `outgoing`, `incoming`, and the names of environment variables `key_env` or `password_env`.
"""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar, cast

import asyncssh

from ach.models import Originator
from ach.transport import (
    PARTIAL,
    BadSettings,
    Fetched,
    HostKeyChanged,
    OtherContent,
    TransportFailed,
    secrets,
    setting,
)

T = TypeVar("T")
_DEFAULT_PORT = 22
# A login, the answers of the server and the bytes themselves, each within the time of a silent server.
_WHOLE_TRY = 8
_BLOCK = 1 << 16
# Not empty, or keys that somebody has accepted on this machine would be believed.
_NO_HOSTS: tuple[list[str], list[str], list[str]] = ([], [], [])
# The usual version of the protocol has no word for a full disk: it is a failure like others.
_HINTS = {asyncssh.FX_FAILURE: "failure (a full disk says no more than this)"}
# At its usual level it tells who signs in.
logging.getLogger("asyncssh").setLevel(logging.WARNING)


class SftpTransport:
    """One connection for each call: a file a few times a day is no reason to keep one."""

    def __init__(self, originator: Originator, timeout_seconds: int) -> None:
        self._host, self._user = setting(originator, "host"), setting(originator, "user")
        self._fingerprint = setting(originator, "fingerprint")
        self._port = originator.settings.get("port", _DEFAULT_PORT)
        self._outgoing = setting(originator, "outgoing").rstrip("/")
        self._incoming = str(originator.settings.get("incoming", "")).rstrip("/")
        self._password = secrets.find(originator, "password_env")
        self._key = _private_key(originator)
        self._timeout = timeout_seconds
        if not self._fingerprint.startswith("SHA256:") or not isinstance(self._port, int):
            raise BadSettings(f"{originator.public_id}: fingerprint or port is not right")
        if self._password is None and self._key is None:
            raise BadSettings(f"{originator.public_id}: neither key_env nor password_env")

    def deliver(self, name: str, content: bytes) -> str:
        self.stage(name, content)
        return self.move(name, content)

    def stage(self, name: str, content: bytes) -> None:
        async def write(sftp: asyncssh.SFTPClient) -> None:
            part = self._part(name)
            async with sftp.open(part, "wb") as file:
                for start in range(0, len(content), _BLOCK):
                    await file.write(content[start : start + _BLOCK])
            if await sftp.getsize(part) != len(content):
                raise TransportFailed("the server has not stored what was sent")

        self._with(write)

    def move(self, name: str, content: bytes) -> str:
        whole = f"{self._outgoing}/{name}"

        async def rename(sftp: asyncssh.SFTPClient) -> None:
            part = self._part(name)
            if await sftp.exists(whole):
                if await self._read(sftp, whole) != content:
                    raise OtherContent(f"{name} is there already, with other content")
                if await sftp.exists(part):
                    await sftp.remove(part)
            elif await sftp.exists(part):
                # The plain rename of the protocol refuses a name that is taken.
                await sftp.rename(part, whole)

        self._with(rename)
        return whole

    def fetch(self) -> Iterable[Fetched]:
        async def names(sftp: asyncssh.SFTPClient) -> list[str]:
            entries = await sftp.readdir(self._incoming)
            files = [str(each.filename) for each in entries if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR]
            return sorted(name for name in files if not name.endswith(PARTIAL))

        for name in self._with(names) if self._incoming else ():
            yield Fetched(name, self._fetch_one(name))

    def done(self, name: str) -> None:
        async def put_away(sftp: asyncssh.SFTPClient) -> None:
            await sftp.makedirs(f"{self._incoming}/done", exist_ok=True)
            await sftp.rename(f"{self._incoming}/{name}", f"{self._incoming}/done/{name}")

        self._with(put_away)

    def _fetch_one(self, name: str) -> bytes:
        async def read(sftp: asyncssh.SFTPClient) -> bytes:
            return await self._read(sftp, f"{self._incoming}/{name}")

        return self._with(read)

    async def _read(self, sftp: asyncssh.SFTPClient, path: str) -> bytes:
        found = io.BytesIO()
        async with sftp.open(path, "rb") as file:
            while block := await file.read(_BLOCK):
                found.write(cast(bytes, block))
        return found.getvalue()

    def _part(self, name: str) -> str:
        return f"{self._outgoing}/{name}{PARTIAL}"

    def _with(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        """Whatever goes wrong as one of our errors, which name neither user nor path."""
        try:
            return asyncio.run(asyncio.wait_for(self._connected(act), self._timeout * _WHOLE_TRY))
        except asyncssh.HostKeyNotVerifiable:
            raise HostKeyChanged(f"{self._host} shows another key than the one agreed on") from None
        except asyncssh.SFTPError as error:
            raise TransportFailed(f"{self._host} refused: {_HINTS.get(error.code, f'status {error.code}')}") from None
        except asyncssh.PermissionDenied:
            raise TransportFailed(f"{self._host} does not let us in") from None
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise TransportFailed(f"{self._host} does not answer: {type(error).__name__}") from None

    async def _connected(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        options = {"client_keys": [self._key] if self._key else None, "password": self._password}
        async with asyncssh.connect(
            self._host, self._port, username=self._user, known_hosts=_NO_HOSTS, agent_path=None, config=None,
            connect_timeout=self._timeout, login_timeout=self._timeout, keepalive_interval=self._timeout,
            client_factory=lambda: _Pinned(self._fingerprint), **options,
        ) as connection, connection.start_sftp_client() as sftp:  # fmt: skip
            return await act(sftp)


class _Pinned(asyncssh.SSHClient):
    """No key is known but the one agreed on; a new one is never learnt."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        return key.get_fingerprint("sha256") == self._fingerprint


def _private_key(originator: Originator) -> asyncssh.SSHKey | None:
    text = secrets.find(originator, "key_env")
    if text is None:
        return None
    try:
        return asyncssh.import_private_key(text)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise BadSettings(f"{originator.public_id}: key_env holds no private key") from None
