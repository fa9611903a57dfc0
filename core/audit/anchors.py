"""The end of the chain, written down outside the database.

A chain proves what stands in it, not that its tail was there. An anchor says: at this moment the chain had this many
links and ended in this hash. Whoever cuts the tail off must also change a file that the database cannot reach.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.db import connection

from core.audit import chain, keys
from core.parameters import services as parameters

SEALED = "SEALED"
VERIFIED = "VERIFIED"
_TAIL_BYTES = 4096


class Anchor(NamedTuple):
    """A signed statement about the chain. `kind` VERIFIED: everything up to here was proved at that moment."""

    head: chain.Head
    hash_version: int
    mac: bytes

    @property
    def is_genuine(self) -> bool:
        try:
            expected = keys.mac(chain.head_bytes(self.head, hash_version=self.hash_version), key_id=self.head.key_id)
        except (keys.UnknownAuditKey, chain.UnknownHashVersion):
            return False
        return expected == self.mac


class AnchorUnreadable(ValueError):
    """A line of the store is no anchor."""


class AnchorStore(Protocol):
    def append(self, line: str) -> None: ...
    def lines(self) -> Iterator[str]: ...
    def last_line(self) -> str | None: ...


class FileAnchors:
    """One line of JSON per anchor, flushed to the disk before `append` returns.

    A line without its end is one that was never finished; it does not count and the next append removes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
            file.truncate(size - (len(tail) - tail.rfind(b"\n") - 1))
            file.seek(0, os.SEEK_END)
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> Iterator[str]:
        try:
            with self.path.open(encoding="ascii", errors="replace") as file:
                for line in file:
                    if line.endswith("\n"):
                        yield line
        except FileNotFoundError:
            return

    def last_line(self) -> str | None:
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL_BYTES))
                whole = file.read().rpartition(b"\n")[0]
        except FileNotFoundError:
            return None
        return whole.rpartition(b"\n")[2].decode("ascii", "replace") or None


def store() -> AnchorStore:
    return FileAnchors(Path(settings.HOLDFAST_AUDIT_ANCHORS))


def write_if_due(*, now: datetime) -> bool:
    """Anchor the end of the chain if it has grown and the last anchor is old enough. Returns whether it did."""
    head = _head_of_chain()
    if head is None:
        return False
    last = store().last_line()
    if last is not None:
        anchor = _parse_or_none(last)
        interval = parameters.read("audit.anchor_seconds", at=now)
        if anchor is not None and (
            anchor.head.seq == head[0] or 0 <= (now - anchor.head.at).total_seconds() < interval
        ):
            return False
    write(seq=head[0], hash_=head[1], kind=SEALED, now=now)
    return True


def write(*, seq: int, hash_: bytes, kind: str, now: datetime) -> None:
    """Sign and append one anchor."""
    head = chain.Head(seq, hash_, now, kind, keys.current_id())
    mac = keys.mac(chain.head_bytes(head, hash_version=chain.HASH_VERSION), key_id=head.key_id)
    store().append(
        json.dumps(
            {
                "seq": seq,
                "hash": hash_.hex(),
                "at": now.isoformat(),
                "kind": kind,
                "key_id": head.key_id,
                "hash_version": chain.HASH_VERSION,
                "mac": mac.hex(),
            }
        )
    )


def last_place() -> int:
    """How far the last anchor reaches, 0 without one."""
    line = store().last_line()
    anchor = _parse_or_none(line) if line else None
    return anchor.head.seq if anchor else 0


def parse(line: str) -> Anchor:
    """Raises AnchorUnreadable."""
    try:
        said: dict[str, Any] = json.loads(line)
        head = chain.Head(
            int(said["seq"]),
            bytes.fromhex(said["hash"]),
            datetime.fromisoformat(said["at"]),
            str(said["kind"]),
            str(said["key_id"]),
        )
        return Anchor(head, int(said["hash_version"]), bytes.fromhex(said["mac"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AnchorUnreadable(f"{type(error).__name__}") from None


def _parse_or_none(line: str) -> Anchor | None:
    try:
        return parse(line)
    except AnchorUnreadable:
        return None


def _head_of_chain() -> tuple[int, bytes] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM audit_link ORDER BY seq DESC LIMIT 1")
        row = cursor.fetchone()
    return (row[0], bytes(row[1])) if row else None
