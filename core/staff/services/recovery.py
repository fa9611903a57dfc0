"""Ten codes on paper for the day the telephone is gone. Each signs in once, in place of the authenticator's code."""

import hashlib
import re
import secrets
from datetime import datetime

from django.db import transaction

from core.audit import services as audit
from core.staff.models import RecoveryCode, User

COUNT = 10
# 31 signs, none taken for another: 16 of them are 79 random bits, beyond guessing even from the digest.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE = re.compile(r"[a-z0-9]{16}", re.ASCII)


def issue(*, user: User, origin: str, now: datetime) -> list[str]:
    """Ten fresh codes, known here only and at this moment; those of before stop working."""
    codes = ["-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4)) for _ in range(COUNT)]
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        RecoveryCode.objects.filter(user=locked).delete()
        RecoveryCode.objects.bulk_create([_row(locked, code, now) for code in codes])
        audit.record(
            actor=locked.actor(), action="staff.recovery_codes.issued", subject=locked.email, at=now, origin=origin,
            details={"count": COUNT},
        )  # fmt: skip
    return codes


def use(*, user: User, code: str, now: datetime) -> bool:
    """Whether the code is one of the person's and was not used before; it is used now.

    The row lock makes two uses at one moment one acceptance and one refusal.
    """
    plain = normal(code)
    if plain is None:
        return False
    with transaction.atomic():
        for row in RecoveryCode.objects.select_for_update().filter(user=user, used_at=None).order_by("pk"):
            if secrets.compare_digest(_digest(row.salt, plain), row.digest):
                row.used_at = now
                row.save(update_fields=["used_at"])
                return True
    return False


def count_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def forget(*, user: User) -> None:
    RecoveryCode.objects.filter(user=user).delete()


def normal(code: str) -> str | None:
    """As it is digested: small letters, without blanks and dashes; None for what can be no code."""
    plain = re.sub(r"[\s-]", "", code).lower()
    return plain if _CODE.fullmatch(plain) else None


def _row(user: User, code: str, now: datetime) -> RecoveryCode:
    salt = secrets.token_hex(16)
    return RecoveryCode(user=user, salt=salt, digest=_digest(salt, str(normal(code))), issued_at=now)


def _digest(salt: str, plain: str) -> str:
    return hashlib.sha256(f"{salt}:{plain}".encode()).hexdigest()
