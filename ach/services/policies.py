"""What a return code leads to on a day."""

from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction

from ach import return_policies
from ach.calendar.deadlines import ReturnKind
from ach.models import ReturnPolicy
from ach.nacha.reasons import REASONS, RateClass, Window
from core.actors import SYSTEM
from core.parameters.services import SHIPPED_SINCE, read

_KINDS = {Window.TWO_BANKING_DAYS: ReturnKind.ORDINARY, Window.SIXTY_CALENDAR_DAYS: ReturnKind.EXTENDED}


def in_force(code: str, on: date) -> ReturnPolicy | None:
    """The row with the latest date that has come; None for a code that no row names yet."""
    rows = ReturnPolicy.objects.filter(code=code, effective_from__lte=on)
    return rows.order_by("-effective_from").first()


def install_shipped() -> None:
    """Rows of codes and days that have none; run after every migrate. What people added stays in force as dated."""
    with transaction.atomic():
        ReturnPolicy.objects.bulk_create(
            [
                ReturnPolicy(**asdict(row), created_by=str(SYSTEM), created_at=SHIPPED_SINCE)
                for row in return_policies.shipped()
            ],
            ignore_conflicts=True,
        )


def window_of(code: str) -> ReturnKind | None:
    """The time frame of the code; None where the rules fix none that a date could miss."""
    reason = REASONS.get(code)
    return _KINDS.get(reason.window) if reason else None


def is_unauthorized(code: str) -> bool:
    """Whether it counts as unauthorized in return rates."""
    reason = REASONS.get(code)
    return reason is not None and reason.rate is RateClass.UNAUTHORIZED


def speaks_of_sanctions(text: str, now: datetime) -> bool:
    words = set(text.upper().replace("-", " ").replace(".", " ").replace(",", " ").replace("/", " ").split())
    return bool(words & set(str(read("ach.sanctions_words", at=now)).upper().split()))
