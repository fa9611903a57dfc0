"""One byte string for one context. Lengths stand before contents, so no two contexts share their bytes."""

from collections.abc import Mapping


def encode(domain: str, context: Mapping[str, str]) -> bytes:
    """The domain, the number of pairs, then each key and value in the order of keys; UTF-8, 4-byte lengths."""
    parts = [_sized(domain), len(context).to_bytes(4, "big")]
    for key in sorted(context):
        parts += [_sized(key), _sized(context[key])]
    return b"".join(parts)


def _sized(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(4, "big") + raw
