"""How long cases wait by now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from fraud.models import ReviewCase
from fraud.models.review_case import WAITING

# (label, from, below, tone): the first hour is nobody's fault, a day is somebody's.
AGES = (
    ("under 1 h", timedelta(), timedelta(hours=1), "good"),
    ("1 to 4 h", timedelta(hours=1), timedelta(hours=4), "good"),
    ("4 to 24 h", timedelta(hours=4), timedelta(days=1), "careful"),
    ("1 to 3 d", timedelta(days=1), timedelta(days=3), "bad"),
    ("over 3 d", timedelta(days=3), timedelta(days=36_500), "bad"),
)


@dataclass(frozen=True, slots=True)
class Age:
    label: str
    tone: str
    waiting: int


def count(*, livemode: bool, now: datetime) -> list[Age]:
    """Waiting cases by how long ago they were opened; one statement over the cases that wait."""
    waiting = ReviewCase.objects.filter(livemode=livemode, state__in=WAITING)
    counted = waiting.aggregate(
        **{
            f"age_{number}": Count("id", filter=Q(opened_at__lte=now - older, opened_at__gt=now - younger))
            for number, (_, older, younger, _) in enumerate(AGES)
        }
    )
    return [Age(label, tone, counted[f"age_{number}"]) for number, (label, _, _, tone) in enumerate(AGES)]
