"""Signing in: password, then a second factor. Every answer to a wrong try is the same, whatever was wrong.

`origin` is the network address; it goes to the audit chain and is limited like an account is. What was typed as an
address is never kept unless it is a known one: people type passwords into the wrong field.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.staff import parameters
from core.staff.models import User
from core.staff.services import authenticators, counters, passkeys, recovery

STRANGER = Actor("STAFF", "unknown")


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
        make_password(password)  # takes as long as a comparison
        right = False
    else:
        right = user.check_password(password) and user.is_active and not _is_dormant(user, now)
    if user is None or not right or not allowed:
        _refuse(user=user, email=email, step="password", locked=not allowed, origin=origin, now=now)
        raise NotAccepted
    _forgive(email=email, origin=origin)
    return user


def check_code(*, user: User, authenticator_id: int, code: str, origin: str, now: datetime) -> None:
    """The second factor of a person whose password was right. Raises NotAccepted, CodeTooSoon or VaultUnavailable."""
    _check(user, "code", lambda: authenticators.verify(authenticator_id=authenticator_id, code=code), origin, now)


def check_recovery_code(*, user: User, code: str, origin: str, now: datetime) -> int:
    """A code from paper in place of the authenticator's; returns how many are left. Raises NotAccepted."""
    _check(user, "recovery code", lambda: recovery.use(user=user, code=code, now=now), origin, now)
    left = recovery.count_left(user)
    record(user=user, event="recovery_code.used", origin=origin, now=now, left=left)
    return left


def check_passkey(
    *, user: User, answer: str, site: passkeys.Site, challenge: bytes, origin: str, now: datetime
) -> None:
    """What the browser signed with a passkey, in place of the authenticator's code. Raises NotAccepted."""
    _check(
        user,
        "passkey",
        lambda: passkeys.verify(user=user, answer=answer, site=site, challenge=challenge, now=now),
        origin,
        now,
    )


def record(*, user: User, event: str, origin: str, now: datetime, **details: str | int) -> None:
    """`staff.session.opened`, `.closed`, `.locked` and `staff.authenticator.enrolled` of this person."""
    with transaction.atomic():
        audit.record(
            actor=user.actor(), action=f"staff.{event}", subject=user.email, at=now, origin=origin, details=details
        )


def is_locked(*, email: str, now: datetime) -> bool:
    return counters.is_locked(subject=counters.account(email), now=now)


def last_active(user: User) -> datetime:
    """The 90 days run from the last sign-in, or from the opening or reset of an account nobody has used since."""
    return user.last_login or user.created_at


def _check(user: User, step: str, prove: Callable[[], bool], origin: str, now: datetime) -> None:
    """Whichever second factor it is: counted before it is looked at, forgiven when it was right."""
    allowed = _begin(email=user.email, origin=origin, now=now)
    try:
        right = allowed and prove()
    except Refusal:  # nothing was compared: too soon, or the vault is closed
        _forgive(email=user.email, origin=origin)
        raise
    if not right:
        _refuse(user=user, email=user.email, step=step, locked=not allowed, origin=origin, now=now)
        raise NotAccepted
    _forgive(email=user.email, origin=origin)
    counters.clear(subject=counters.account(user.email))


def _is_dormant(user: User, now: datetime) -> bool:
    return last_active(user) + parameters.inactivity_limit(now) < now


def _begin(*, email: str, origin: str, now: datetime) -> bool:
    """Both counters are moved before the secret is looked at, also when the first already refuses."""
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


def _refuse(*, user: User | None, email: str, step: str, locked: bool, origin: str, now: datetime) -> None:
    """Keep the failure and say so in the audit chain; the tenth one locks the account, known or not."""
    with transaction.atomic():
        locks_now = counters.confirm_failure(
            subject=counters.account(email),
            limit=parameters.sign_in_attempts(now),
            lock_for=parameters.lockout(now),
            now=now,
        )
        actor = Actor("STAFF", user.email) if user else STRANGER
        facts: list[tuple[str, dict[str, JSON]]] = [("staff.sign_in.refused", {"step": step, "locked": locked})]
        if locks_now:
            facts.append(("staff.account.locked", {"minutes": int(parameters.lockout(now).total_seconds() // 60)}))
        audit.record_many(
            [
                audit.Fact(
                    actor=actor,
                    action=action,
                    subject=actor.id,
                    at=now,
                    origin=origin,
                    result="FAILURE",
                    details=details,
                )
                for action, details in facts
            ]
        )


def _forgive(*, email: str, origin: str) -> None:
    counters.forgive(subject=counters.account(email))
    counters.forgive(subject=counters.origin(origin))
