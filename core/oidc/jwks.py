"""An issuer's published keys (RFC 7517), read with suspicion. Pure."""

import base64
import binascii
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from core.api import strict_json

MAX_BYTES = 64 * 1024
MAX_KEYS = 32
LONGEST_KEY_ID = 128
SHORTEST_MODULUS, LONGEST_MODULUS = 2048, 8192
# What only the owner of a key may know: whoever publishes it has lost the key.
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class UnreadableKeys(Exception):
    """What came is no set of keys, or holds none that signs with RS256."""


def read(document: bytes) -> dict[str, RSAPublicKey]:
    """The usable RS256 signature keys by their id. Others are left out, and so is every key of an id used twice."""
    try:
        listed = strict_json.read_object(document).get("keys")
    except strict_json.UnreadableBody:
        raise UnreadableKeys("not a JSON object") from None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise UnreadableKeys("no list of keys, or too long a one")
    described = [each for each in listed if isinstance(each, dict) and _is_candidate(each)]
    ids = [each["kid"] for each in described]
    found = {each["kid"]: key for each in described if ids.count(each["kid"]) == 1 and (key := _key(each))}
    if not found:
        raise UnreadableKeys("no key that signs with RS256")
    return found


def _is_candidate(described: dict[str, Any]) -> bool:
    key_id = described.get("kid")
    return isinstance(key_id, str) and 0 < len(key_id) <= LONGEST_KEY_ID


def _key(described: dict[str, Any]) -> RSAPublicKey | None:
    if described.get("kty") != "RSA" or _PRIVATE & set(described):
        return None
    if described.get("use", "sig") != "sig" or described.get("alg", "RS256") != "RS256":
        return None
    if "verify" not in described.get("key_ops", ["verify"]):
        return None
    modulus, exponent = _integer(described.get("n")), _integer(described.get("e"))
    if not SHORTEST_MODULUS <= modulus.bit_length() <= LONGEST_MODULUS or not 65537 <= exponent < 2**32:
        return None
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return None


def _integer(text: Any) -> int:
    """Base64url of big-endian bytes; 0 for what is none."""
    if not isinstance(text, str) or len(text) > LONGEST_MODULUS // 4:
        return 0
    try:
        return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0
