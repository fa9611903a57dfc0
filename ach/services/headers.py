"""A new file gets the header by which a bank knows duplicates: day, time and modifier, never the same again."""

import string
from datetime import datetime
from typing import ClassVar

from ach.calendar.eastern import eastern
from ach.enums import Carries
from ach.models import Cutoff, File, Originator
from core import ids
from core.errors import Refusal

MODIFIERS = string.ascii_uppercase + string.digits


class NoModifierLeft(Refusal):
    """Thirty-six files of one originator in one minute."""

    code: ClassVar[str] = "ACH_NO_MODIFIER_LEFT"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "No file can be told from the others of this minute"


def new_file(
    originator: Originator,
    cutoff: Cutoff,
    *,
    now: datetime,
    replaces: File | None = None,
    carries: str = Carries.ENTRIES,
) -> File:
    """The originator is locked. A modifier is used again on one day only when all were. Raises NoModifierLeft."""
    local = eastern(now)
    day, minute = local.date(), f"{local:%H%M}"
    used = set(File.objects.filter(originator=originator, created_on=day).values_list("created_time", "modifier"))
    of_the_day = {modifier for _, modifier in used}
    free = [each for each in MODIFIERS if each not in of_the_day] or [
        each for each in MODIFIERS if (minute, each) not in used
    ]
    if not free:
        raise NoModifierLeft
    return File.objects.create(
        public_id=ids.prefixed("file", now), livemode=originator.livemode, originator=originator, cutoff=cutoff,
        replaces=replaces, carries=carries, created_on=day,
        name=f"{originator.public_id}-{day:%Y%m%d}-{minute}-{free[0]}.ach",
        created_time=minute, modifier=free[0], created_at=now,
    )  # fmt: skip
