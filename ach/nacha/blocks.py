"""The bytes of a stream in blocks, unpacked where they are gzip, never more at once than a block."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 1 << 18
GZIP = b"\x1f\x8b"
_WINDOW = 16 + zlib.MAX_WBITS


class Unreadable(ValueError):
    """The stream fails or its compression is broken: nothing can be said about the file."""


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Plain bytes, at most `BLOCK` at once whatever the stream expands to. Raises Unreadable."""
    try:
        first = stream.read(BLOCK)
        yield from _unpacked(first, stream) if first.startswith(GZIP) else _plain(first, stream)
    except (OSError, EOFError, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "the compressed data is damaged"
        raise Unreadable(reason) from error


def _plain(block: bytes, stream: BinaryIO) -> Iterator[bytes]:
    while block:
        yield block
        block = stream.read(BLOCK)


def _unpacked(packed: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """gzip members one after the other; zeros behind the last one are filling."""
    member = zlib.decompressobj(_WINDOW)
    while packed:
        block = member.decompress(packed, BLOCK)
        if block:
            yield block
        if not member.eof:
            packed = member.unconsumed_tail or stream.read(BLOCK)
            continue
        packed = (member.unused_data or stream.read(BLOCK)).lstrip(b"\0")
        while not packed and (more := stream.read(BLOCK)):
            packed = more.lstrip(b"\0")
        if packed:
            member = zlib.decompressobj(_WINDOW)
    if not member.eof:
        raise EOFError
