"""Counting failed sign-ins, so that guessing stops after ten tries however fast they come.

An attempt is counted before the secret is looked at and forgiven when it was right: a hundred parallel guesses
are a hundred counted attempts.
"""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from core.staff.models import SignInCounter


def account(email: str) -> str:
    """The subject of an address, known or not: both are counted alike, and the table holds no typed text."""
    return "account:" + hashlib.sha256(email.strip().lower().encode()).hexdigest()


def origin(address: str) -> str:
    return f"origin:{address}"


def begin(*, subject: str, limit: int, lock_for: timedelta, window: timedelta | None, now: datetime) -> bool:
    """Count an attempt; False when it must not be made. `window` forgets failures that began longer ago."""
    with transaction.atomic():
        SignInCounter.objects.bulk_create([SignInCounter(subject=subject, since=now)], ignore_conflicts=True)
        counter = SignInCounter.objects.select_for_update().get(subject=subject)
        if counter.locked_until and now < counter.locked_until:
            return False
        if counter.locked_until or (window and counter.since + window <= now):
            counter.failures, counter.since, counter.locked_until = 0, now, None
        counter.failures += 1
        if counter.failures > limit:
            counter.locked_until = now + lock_for
        counter.save(update_fields=["failures", "since", "locked_until"])
        return counter.locked_until is None


def confirm_failure(*, subject: str, limit: int, lock_for: timedelta, now: datetime) -> bool:
    """The counted attempt was wrong; True when it was the last one allowed and the subject is now locked."""
    unlocked = SignInCounter.objects.filter(subject=subject, failures__gte=limit, locked_until=None)
    return bool(unlocked.update(locked_until=now + lock_for))


def forgive(*, subject: str) -> None:
    """The counted attempt was right, though more may be asked before the person is in."""
    SignInCounter.objects.filter(subject=subject).update(failures=Greatest(F("failures") - 1, 0))


def clear(*, subject: str) -> None:
    SignInCounter.objects.filter(subject=subject).delete()


def is_locked(*, subject: str, now: datetime) -> bool:
    return SignInCounter.objects.filter(subject=subject, locked_until__gt=now).exists()
