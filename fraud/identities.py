"""Names for what is not kept itself."""

import hashlib
import hmac

from django.conf import settings


def email_hash(email: str | None) -> str | None:
    """A keyed hash that is the same for the same address in any case; the address itself is not kept."""
    if not email:
        return None
    message = b"fraud.email:" + email.strip().lower().encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()
