"""Whether keys are used far more than usual: the hour's counts kept in rows, judged, and told once."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Sum

from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.vault.events import KeyUseUnusual
from core.vault.models import KeyAct, KeyUseHour
from core.vault.use_counts import hour_of, key_of
from core.work import brokers

HOUR = timedelta(hours=1)


def collect(*, now: datetime) -> None:
    """Keep the counts of this hour and the one before in rows. A count only grows. Raises redis.RedisError."""
    client = brokers.client(brokers.Database.COUNTERS)
    for hour in (hour_of(now) - HOUR, hour_of(now)):
        fields = {
            name.decode() if isinstance(name, bytes) else name: int(uses)
            for name, uses in client.hgetall(key_of(hour)).items()
        }
        if not fields:
            continue
        parts = [name.split("/", 2) for name in fields]
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO vault_keyusehour AS known (purpose, act, actor, hour, uses)
                SELECT purpose, act, actor, %s, uses
                FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS counted(purpose, act, actor, uses)
                ON CONFLICT (purpose, act, actor, hour) DO UPDATE SET uses = greatest(known.uses, excluded.uses)
                """,
                [
                    hour,
                    [p for p, _, _ in parts],
                    [a for _, a, _ in parts],
                    [w for _, _, w in parts],
                    [*fields.values()],
                ],
            )


def judge(*, now: datetime) -> list[KeyUseHour]:
    """Tell of each count of this hour or the last that is unusual, once. Returns those told of now."""
    told = []
    recent = KeyUseHour.objects.filter(hour__gte=hour_of(now) - HOUR, unusual_at=None).order_by("hour", "id")
    for row in recent:
        row.usual = usual(row, now=now)
        if row.uses > limit(row.usual, KeyAct(row.act), now=now) and _tell(row, now):
            told.append(row)
    return told


def usual(row: KeyUseHour, *, now: datetime) -> int:
    """Uses an hour, on average over the days before, hours without any included."""
    days = int(parameters.read("vault.usual_days", at=now))
    before = KeyUseHour.objects.filter(
        purpose=row.purpose, act=row.act, actor=row.actor, hour__lt=row.hour, hour__gte=row.hour - timedelta(days=days)
    )
    return int(before.aggregate(uses=Sum("uses"))["uses"] or 0) // (days * 24)


def limit(usual: int, act: KeyAct, *, now: datetime) -> int:
    """What is still usual: a multiple of the average, and never less than the floor of the act."""
    floor = parameters.read(f"vault.unusual_{act.value.lower()}_from", at=now)
    return max(int(floor), usual * int(parameters.read("vault.unusual_times", at=now)))


def _tell(row: KeyUseHour, now: datetime) -> bool:
    above = limit(row.usual or 0, KeyAct(row.act), now=now)
    with transaction.atomic():
        first = KeyUseHour.objects.filter(pk=row.pk, unusual_at=None).update(unusual_at=now, usual=row.usual)
        if not first:
            return False
        audit.record(
            actor=SYSTEM,
            action="vault.key_use.unusual",
            subject=row.actor or f"key:{row.purpose}",
            at=now,
            details={"purpose": row.purpose, "act": row.act, "uses": row.uses, "usual": row.usual, "limit": above},
        )
        outbox.publish(KeyUseUnusual(row.purpose, row.act, row.actor, row.hour, row.uses, above), now=now)
    return True
