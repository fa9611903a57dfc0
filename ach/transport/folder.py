"""A folder that the bank reads and another that it writes: written beside, flushed to the disk, renamed."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ach.models import Originator
from ach.transport import PARTIAL, BadSettings, Fetched, NoSpace, OtherContent, TransportFailed, setting

_FULL = (errno.ENOSPC, errno.EDQUOT)


class FolderTransport:
    """Settings `outgoing` and `incoming`; what was fetched goes to `incoming/done`."""

    def __init__(self, originator: Originator, timeout_seconds: int) -> None:  # noqa: ARG002 - a disk does not time out
        self._outgoing = Path(setting(originator, "outgoing"))
        self._incoming = Path(originator.settings.get("incoming") or "")
        if not self._outgoing.is_absolute():
            raise BadSettings(f"{originator.public_id}: outgoing is no absolute path")

    def deliver(self, name: str, content: bytes) -> str:
        self.stage(name, content)
        return self.move(name, content)

    def stage(self, name: str, content: bytes) -> None:
        with _told(), open(self._part(name), "wb") as part:
            try:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
            except OSError:
                self._part(name).unlink(missing_ok=True)
                raise

    def move(self, name: str, content: bytes) -> str:
        part, whole = self._part(name), self._outgoing / name
        with _told():
            if whole.exists():
                if whole.read_bytes() != content:
                    raise OtherContent(f"{name} is there already, with other content")
                part.unlink(missing_ok=True)
                return str(whole)
            if not part.exists():
                return str(whole)
            part.rename(whole)
            self._flush_folder()
        return str(whole)

    def fetch(self) -> Iterable[Fetched]:
        with _told():
            for path in sorted(self._incoming.iterdir()) if self._incoming.is_absolute() else ():
                if path.is_file() and not path.name.endswith(PARTIAL):
                    yield Fetched(path.name, path.read_bytes())

    def done(self, name: str) -> None:
        with _told():
            kept = self._incoming / "done"
            kept.mkdir(exist_ok=True)
            (self._incoming / name).rename(kept / name)

    def _part(self, name: str) -> Path:
        return self._outgoing / f"{name}{PARTIAL}"

    def _flush_folder(self) -> None:
        """The new name survives a power cut only once the folder is on the disk."""
        folder = os.open(self._outgoing, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _told() -> Iterator[None]:
    """An error of the system as one of ours: what it says, never a path's content."""
    try:
        yield
    except OSError as error:
        kind = NoSpace if error.errno in _FULL else TransportFailed
        raise kind(os.strerror(error.errno) if error.errno else "the folder does not answer") from error
