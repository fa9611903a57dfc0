"""Signing in: password, then one-time code. Every answer to a wrong try is the same, whatever was wrong."""

from datetime import datetime

from django.contrib.auth.hashers import make_password

from core.errors import Refusal
from core.staff import parameters
from core.staff.models import User
from core.staff.services import authenticators, counters


class NotAccepted(Refusal):
    """Unknown address, wrong password, wrong code, closed or locked account: the caller cannot tell which."""

    code = "SIGN_IN_REFUSED"
    status = 403
    title = "These details were not accepted"


def check_password(*, email: str, password: str, origin: str, now: datetime) -> User:
    """The person whose password this is; still nobody is signed in. Raises NotAccepted."""
    allowed = _begin(email=email, origin=origin, now=now)
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        make_password(password)  # as long as a comparison takes
        right = False
    else:
        right = user.check_password(password) and user.is_active and not _is_dormant(user, now)
    if not (allowed and right and user):
        _confirm_failure(email=email, origin=origin, now=now)
        raise NotAccepted
    _forgive(email=email, origin=origin)
    return user


def check_code(*, user: User, authenticator_id: int, code: str, origin: str, now: datetime) -> None:
    """The second factor of a person whose password was right. Raises NotAccepted or CodeTooSoon."""
    if not _begin(email=user.email, origin=origin, now=now):
        raise NotAccepted
    try:
        right = authenticators.verify(authenticator_id=authenticator_id, code=code)
    except authenticators.CodeTooSoon:
        _forgive(email=user.email, origin=origin)
        raise
    if not right:
        _confirm_failure(email=user.email, origin=origin, now=now)
        raise NotAccepted
    _forgive(email=user.email, origin=origin)
    counters.clear(subject=counters.account(user.email))


def is_locked(*, email: str, now: datetime) -> bool:
    return counters.is_locked(subject=counters.account(email), now=now)


def _is_dormant(user: User, now: datetime) -> bool:
    return (user.last_login or user.created_at) + parameters.inactivity_limit(now) < now


def _begin(*, email: str, origin: str, now: datetime) -> bool:
    lock_for = parameters.lockout(now)
    by_account = counters.begin(
        subject=counters.account(email), limit=parameters.sign_in_attempts(now), lock_for=lock_for, window=None, now=now
    )
    by_origin = counters.begin(
        subject=counters.origin(origin),
        limit=parameters.origin_attempts(now),
        lock_for=lock_for,
        window=lock_for,
        now=now,
    )
    return by_account and by_origin


def _confirm_failure(*, email: str, origin: str, now: datetime) -> None:
    counters.confirm_failure(
        subject=counters.account(email),
        limit=parameters.sign_in_attempts(now),
        lock_for=parameters.lockout(now),
        now=now,
    )


def _forgive(*, email: str, origin: str) -> None:
    counters.forgive(subject=counters.account(email))
    counters.forgive(subject=counters.origin(origin))
