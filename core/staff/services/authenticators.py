"""One-time codes: making an authenticator known, and accepting each of its codes at most once.

The secret is sealed in the vault for its person: a copy of the table opens nobody's account, and a row moved to another
person opens nothing. The key service is asked before the transaction, never inside it.
"""

import re
import secrets
import time
from base64 import b32decode, b32encode
from datetime import datetime
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import TOTP

from core.errors import Refusal
from core.staff.models import Authenticator, User
from core.vault import envelope
from core.vault.purposes import Purpose

STEP_SECONDS = 30
TOLERATED_STEPS = 1
LONGEST_PAUSE_DOUBLINGS = 5  # 32 seconds; beyond that the lockout does the work
SECRET_BYTES = 20
ISSUER = "Holdfast"
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


class AuthenticatorAlreadyKnown(Refusal):
    """Someone completed the enrolment in another window; this one must not replace it."""

    code = "AUTHENTICATOR_ALREADY_KNOWN"
    status = 409
    title = "An authenticator is already set up for this account"


class CodeTooSoon(Refusal):
    """After a wrong code the next may only be tried after a pause that doubles each time."""

    code = "CODE_TOO_SOON"
    status = 429
    title = "Wait before the next code"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Wait {seconds} s before the next code.")


def find(user: User) -> Authenticator | None:
    known: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=True).first()
    return known


def start(*, user: User, now: datetime) -> Authenticator:
    """A new unconfirmed authenticator with a secret nobody has seen; earlier unconfirmed ones are forgotten.

    Raises AuthenticatorAlreadyKnown, VaultUnavailable.
    """
    return _start(user=user, secret=secrets.token_bytes(SECRET_BYTES), confirmed=False, now=now)


def provision(*, user: User, now: datetime) -> str:
    """A confirmed authenticator and its base 32 secret, for demo accounts and tests: nobody had to scan it."""
    secret = secrets.token_bytes(SECRET_BYTES)
    _start(user=user, secret=secret, confirmed=True, now=now)
    return _base32(secret)


def confirm(*, authenticator_id: int, code: str) -> bool:
    """Accept the first code of an authenticator; from then on it is the person's second factor."""
    secret = _open(Authenticator.objects.get(pk=authenticator_id))
    with transaction.atomic():
        authenticator = Authenticator.objects.select_for_update().get(pk=authenticator_id)
        User.objects.select_for_update().get(pk=authenticator.user_id)
        if Authenticator.objects.filter(user_id=authenticator.user_id, confirmed=True).exists():
            raise AuthenticatorAlreadyKnown
        if not _accept(authenticator, secret, code):
            return False
        authenticator.confirmed = True
        authenticator.save(update_fields=["confirmed"])
        return True


def verify(*, authenticator_id: int, code: str) -> bool:
    """Whether the code is right now and was not used before. Raises CodeTooSoon during the pause after a wrong one.

    The row lock makes two simultaneous uses of one code one acceptance and one refusal.
    """
    secret = _open(Authenticator.objects.get(pk=authenticator_id, confirmed=True))
    with transaction.atomic():
        authenticator = Authenticator.objects.select_for_update().get(pk=authenticator_id, confirmed=True)
        allowed, why = authenticator.verify_is_allowed()
        if not allowed:
            raise CodeTooSoon(_seconds_until(why["locked_until"]))
        return _accept(authenticator, secret, code)


def forget(*, user: User) -> None:
    """The person enrols again at their next sign-in; sessions that rest on the old authenticator end."""
    Authenticator.objects.filter(user=user).delete()


def secret_text(authenticator: Authenticator) -> str:
    """Base 32, as authenticator apps take it by hand."""
    return _base32(_open(authenticator))


def enrolment_uri(*, email: str, secret: str) -> str:
    """The `otpauth://` address in the QR code; `secret` in base 32."""
    query = urlencode({"secret": secret, "issuer": ISSUER, "digits": 6, "period": STEP_SECONDS})
    return f"otpauth://totp/{quote(f'{ISSUER}:{email}')}?{query}"


def code_at(secret: str, moment: float) -> str:
    """The code an app with this base 32 secret shows at a Unix time."""
    totp = TOTP(b32decode(secret + "=" * (-len(secret) % 8)), STEP_SECONDS)
    totp.time = moment
    return f"{totp.token():06d}"


def _start(*, user: User, secret: bytes, confirmed: bool, now: datetime) -> Authenticator:
    sealed = envelope.encrypt(purpose=Purpose.DATABASE, plaintext=secret, context=_context(user.pk))
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if find(user):
            raise AuthenticatorAlreadyKnown
        Authenticator.objects.filter(user=user, confirmed=False).delete()
        authenticator: Authenticator = Authenticator.objects.create(
            user=user, name="authenticator app", confirmed=confirmed, secret=sealed, created_at=now
        )
        return authenticator


def _open(authenticator: Authenticator) -> bytes:
    return envelope.decrypt(
        purpose=Purpose.DATABASE, ciphertext=bytes(authenticator.secret), context=_context(authenticator.user_id)
    )


def _context(user_id: int) -> dict[str, str]:
    return {"table": "staff_authenticator", "user": str(user_id)}


def _accept(authenticator: Authenticator, secret: bytes, code: str) -> bool:
    """Authenticator apps follow the world's time, so the program's movable clock plays no part here."""
    totp = TOTP(secret, STEP_SECONDS)
    totp.time = time.time()
    right = bool(_CODE.fullmatch(code)) and totp.verify(int(code), TOLERATED_STEPS, authenticator.last_step + 1)
    if right:
        authenticator.last_step = totp.t()
        authenticator.throttle_reset(commit=False)
        authenticator.save(update_fields=["last_step", "throttling_failure_count", "throttling_failure_timestamp"])
    else:
        authenticator.throttling_failure_count = min(authenticator.throttling_failure_count, LONGEST_PAUSE_DOUBLINGS)
        authenticator.throttle_increment(commit=True)
    return right


def _base32(secret: bytes) -> str:
    return b32encode(secret).decode().rstrip("=")


def _seconds_until(moment: datetime) -> int:
    return max(1, round(moment.timestamp() - time.time() + 0.5))
