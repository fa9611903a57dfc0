"""Standard Webhooks 1.0: what a receiver checks. Pure.

Signed is `<id>.<seconds>.<body>`; while two secrets are alive each signs, newest first, separated by a blank.
"""

import base64
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
VERSION = "v1"


def secret_text(secret: bytes) -> str:
    """As the receiver's library wants it."""
    return PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, *, message_id: str, seconds: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA-256 in base 64."""
    signed = f"{message_id}.{seconds}.".encode() + body
    return f"{VERSION},{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


def headers(secrets: Sequence[bytes], *, message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; the id stays the same over all attempts, the moment does not."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            signature(secret, message_id=message_id, seconds=seconds, body=body) for secret in secrets
        ),
    }
