"""Files and directories, packed or not, read as a stream: memory does not grow with the file."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.vault.scan import finder

BLOCK_BYTES = 1 << 20
# A line longer than a block is read in pieces that share this much, so that no number falls between two.
OVERLAP = 128
_OPENERS: dict[str, Callable[..., IO[bytes]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}  # type: ignore[dict-item]
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class Unreadable(Exception):
    """A file that could not be read to its end; what was not read is not clean."""


@dataclass(frozen=True, slots=True)
class InFile:
    path: str
    line: int
    card: finder.Card


def scan(path: Path) -> Iterator[InFile]:
    """Raises Unreadable."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_symlink() and path.is_dir():
            continue
        if not file.is_dir():
            yield from _scan_file(file)


def _scan_file(file: Path) -> Iterator[InFile]:
    try:
        for label, stream in _streams(file):
            yield from scan_stream(stream, label)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, RuntimeError) as error:
        raise Unreadable(f"{file}: {type(error).__name__}") from error


def _streams(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    name = file.name.lower()
    if name.endswith(_TARS):
        with tarfile.open(file, "r|*") as archive:
            for member in archive:
                if member.isfile() and (inner := archive.extractfile(member)):
                    yield f"{file}!{member.name}", inner
    elif name.endswith(".zip"):
        with zipfile.ZipFile(file) as packed:
            for info in packed.infolist():
                with packed.open(info) as stream:
                    yield f"{file}!{info.filename}", stream
    else:
        opener = _OPENERS.get(file.suffix.lower())
        with opener(file, "rb") if opener else file.open("rb") as stream:
            yield str(file), stream


def scan_stream(stream: IO[bytes], label: str) -> Iterator[InFile]:
    line, rest, known = 1, b"", set[finder.Card]()
    while block := stream.read(BLOCK_BYTES):
        *whole, rest = (rest + block).split(b"\n")
        for text in whole:
            yield from _fresh(text, label, line, known)
            line, known = line + 1, set()
        if len(rest) > BLOCK_BYTES:
            for found in _fresh(rest, label, line, known):
                known.add(found.card)
                yield found
            rest = rest[-OVERLAP:]
    yield from _fresh(rest, label, line, known)


def _fresh(text: bytes, label: str, line: int, known: set[finder.Card]) -> Iterator[InFile]:
    for card in finder.find(text.decode("utf-8", "surrogateescape")):
        if card not in known:
            yield InFile(label, line, card)
