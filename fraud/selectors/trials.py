"""How long a candidate has been tried beside the version in force, and whether that is enough to publish it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from core.parameters import services as parameters
from fraud.enums import RuleSetMove
from fraud.models import RuleSet, RuleSetStep


@dataclass(frozen=True, slots=True)
class Trial:
    """`payments` were judged beside or for its share, counted no further than is needed; `since` is its first step."""

    payments: int
    since: datetime | None
    needed_payments: int
    needed_hours: int
    now: datetime

    @property
    def lasted(self) -> timedelta:
        return self.now - self.since if self.since else timedelta(0)

    @property
    def is_enough(self) -> bool:
        if self.since is None:
            return False
        return self.payments >= self.needed_payments or self.lasted >= timedelta(hours=self.needed_hours)


def of(rule_set: RuleSet, *, now: datetime) -> Trial:
    """By index, and no further than the minimum."""
    needed = parameters.read("fraud.shadow_minimum_payments", at=now)
    steps = RuleSetStep.objects.filter(rule_set=rule_set, move=RuleSetMove.SHADOW)
    return Trial(
        payments=_count(rule_set.version, most=needed),
        since=steps.order_by("id").values_list("at", flat=True).first(),
        needed_payments=needed,
        needed_hours=parameters.read("fraud.shadow_minimum_hours", at=now),
        now=now,
    )


def _count(version: int, *, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM fraud_assessment
                     WHERE shadow IS NOT NULL AND shadow ->> 'version' = %s LIMIT %s) AS beside)
                 + (SELECT count(*) FROM (SELECT FROM fraud_assessment
                     WHERE rule_set_version = %s AND arm = 'CANDIDATE' LIMIT %s) AS shared)
            """,
            [str(version), most, version, most],
        )
        (counted,) = cursor.fetchone() or (0,)
        return min(int(counted), most)
