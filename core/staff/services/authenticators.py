"""One-time codes: making an authenticator known, and accepting each of its codes at most once."""

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

STEP_SECONDS = 30
TOLERATED_STEPS = 1
LONGEST_PAUSE_DOUBLINGS = 5  # 32 seconds; beyond that the lockout does the work
ISSUER = "Holdfast"
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


class AuthenticatorAlreadyKnown(Refusal):
    """Someone completed the enrolment in another window; this one must not replace it."""

    code = "AUTHENTICATOR_ALREADY_KNOWN"
    title = "An authenticator is already set up for this account"


class CodeTooSoon(Refusal):
    """After a wrong code the next may only be tried after a pause that doubles each time."""

    code = "CODE_TOO_SOON"
    title = "Wait before the next code"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Wait {seconds} s before the next code.")


def find(user: User) -> Authenticator | None:
    known: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=True).first()
    return known


def start(*, user: User, now: datetime) -> Authenticator:
    """A new unconfirmed authenticator with a secret nobody has seen; earlier unconfirmed ones are forgotten."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if find(user):
            raise AuthenticatorAlreadyKnown
        Authenticator.objects.filter(user=user, confirmed=False).delete()
        unconfirmed: Authenticator = Authenticator.objects.create(
            user=user, name="authenticator app", confirmed=False, secret=secrets.token_bytes(20), created_at=now
        )
        return unconfirmed


def confirm(*, authenticator_id: int, code: str) -> bool:
    """Accept the first code of an authenticator; from then on it is the person's second factor."""
    with transaction.atomic():
        authenticator = Authenticator.objects.select_for_update().get(pk=authenticator_id)
        User.objects.select_for_update().get(pk=authenticator.user_id)
        if Authenticator.objects.filter(user_id=authenticator.user_id, confirmed=True).exists():
            raise AuthenticatorAlreadyKnown
        if not _accept(authenticator, code):
            return False
        authenticator.confirmed = True
        authenticator.save(update_fields=["confirmed"])
        return True


def verify(*, authenticator_id: int, code: str) -> bool:
    """Whether the code is right now and was not used before. Raises CodeTooSoon during the pause after a wrong one.

    The row lock makes two simultaneous uses of one code one acceptance and one refusal.
    """
    with transaction.atomic():
        authenticator = Authenticator.objects.select_for_update().get(pk=authenticator_id, confirmed=True)
        allowed, why = authenticator.verify_is_allowed()
        if not allowed:
            raise CodeTooSoon(_seconds_until(why["locked_until"]))
        return _accept(authenticator, code)


def forget(*, user: User) -> None:
    """The person enrols again at their next sign-in; sessions that rest on the old authenticator end."""
    Authenticator.objects.filter(user=user).delete()


def secret_text(authenticator: Authenticator) -> str:
    """Base 32, as authenticator apps take it by hand."""
    return b32encode(bytes(authenticator.secret)).decode().rstrip("=")


def enrolment_uri(authenticator: Authenticator) -> str:
    """The `otpauth://` address in the QR code."""
    label = quote(f"{ISSUER}:{authenticator.user.email}")
    query = urlencode({"secret": secret_text(authenticator), "issuer": ISSUER, "digits": 6, "period": STEP_SECONDS})
    return f"otpauth://totp/{label}?{query}"


def _accept(authenticator: Authenticator, code: str) -> bool:
    """Authenticator apps follow the world's time, so the program's movable clock plays no part here."""
    totp = TOTP(bytes(authenticator.secret), STEP_SECONDS)
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


def _seconds_until(moment: datetime) -> int:
    return max(1, round(moment.timestamp() - time.time() + 0.5))


def provision(*, user: User, now: datetime) -> str:
    """A confirmed authenticator and its base 32 secret, for demo accounts and tests: nobody had to scan it."""
    with transaction.atomic():
        authenticator = start(user=user, now=now)
        authenticator.confirmed = True
        authenticator.save(update_fields=["confirmed"])
    return secret_text(authenticator)


def code_at(secret: str, moment: float) -> str:
    """The code an app with this base 32 secret shows at a Unix time."""
    totp = TOTP(b32decode(secret + "=" * (-len(secret) % 8)), STEP_SECONDS)
    totp.time = moment
    return f"{totp.token():06d}"
