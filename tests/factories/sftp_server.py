"""A bank's SFTP server in a thread: a real one, speaking SSH on a port of this machine."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "holdfast", "only-for-this-test"


class _Server(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class BankServer:
    """`folder` is what a client sees as `/`; `full` makes every write fail as a full disk does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.full = False
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._acceptor: Any = None

    @property
    def fingerprint(self) -> str:
        return self.key.get_fingerprint("sha256")

    def start(self) -> None:
        started = threading.Event()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(self._listen())
            started.set()
            self._loop.run_forever()
            self._loop.run_until_complete(self._close())

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        bank = self

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: Any) -> None:
                super().__init__(channel, chroot=str(bank.folder).encode())

            def write(self, file_obj: Any, offset: int, data: bytes) -> int:
                if bank.full:
                    raise asyncssh.SFTPError(asyncssh.FX_NO_SPACE_ON_FILESYSTEM, "no room")
                return super().write(file_obj, offset, data)

        self._acceptor = await asyncssh.listen(
            "127.0.0.1", self.port, server_host_keys=[self.key], server_factory=_Server, sftp_factory=Files,
            sftp_version=6,
        )  # fmt: skip
        self.port = self._acceptor.get_port()

    async def _close(self) -> None:
        self._acceptor.close()
        await self._acceptor.wait_closed()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def serving(folder: Path) -> Iterator[BankServer]:
    (folder / "outgoing").mkdir(parents=True)
    (folder / "incoming").mkdir()
    server = BankServer(folder)
    server.start()
    try:
        yield server
    finally:
        if not server._loop.is_closed():
            server.stop()
