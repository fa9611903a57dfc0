"""How much was decided under a turn: counted in Redis beside the decision, kept in rows once a minute.

Counting never holds up money: one round trip of a quarter of a second at most, none at all for a second after one that
failed, and a count that could not be kept is itself counted (`holdfast_switch_exposure_lost_total`).
"""

import time
from dataclasses import dataclass
from datetime import datetime

import redis
from django.db import connection, transaction

from core import ids
from core.money import Money
from core.switches.enums import Decided
from core.telemetry import metrics
from core.work import brokers

REST_SECONDS = 1.0
LIVE = "switches:exposure"
TAKEN = "switches:exposure:taken:"
LOST = metrics.counter("switch_exposure_lost", "Operations under a turned switch that could not be counted")

_rests_until = 0.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """Of one turn. `amount_minor` in `currency`; an empty currency counts operations without an amount."""

    turn_id: int
    decided: Decided
    currency: str
    operations: int
    amount_minor: int


def note(*, turn_id: int, decided: Decided, amount: Money | None) -> None:
    """One operation was refused, or let through, under this turn. Never raises, needs no transaction."""
    global _rests_until
    if time.monotonic() < _rests_until:
        LOST.inc()
        return
    subject = f"{turn_id}/{decided.value}/{amount.currency.code if amount else ''}"
    try:
        pipeline = brokers.client(brokers.Database.COUNTERS).pipeline(transaction=False)
        pipeline.hincrby(LIVE, f"{subject}/operations", 1)
        if amount:
            pipeline.hincrby(LIVE, f"{subject}/minor", amount.minor)
        pipeline.execute()
    except redis.RedisError:
        _rests_until = time.monotonic() + REST_SECONDS
        LOST.inc()


def list_uncollected() -> list[Exposure]:
    """What Redis holds and no row yet. Empty where Redis does not answer."""
    client = brokers.client(brokers.Database.COUNTERS)
    try:
        return [found for key in (LIVE, *_taken(client)) for found in _read(client, key)]
    except redis.RedisError:
        return []


def collect(*, now: datetime) -> int:
    """Move what was counted into rows; returns how many rows. Raises redis.RedisError.

    A stretch is set aside under a name of its own before it is written: whoever dies between writing and forgetting it
    leaves it to the next run, which finds its rows there and adds nothing.
    """
    client = brokers.client(brokers.Database.COUNTERS)
    if client.exists(LIVE):
        client.renamenx(LIVE, f"{TAKEN}{ids.prefixed('exp', now)}")
    written = 0
    for key in _taken(client):
        written += _keep(_read(client, key), batch=key.removeprefix(TAKEN), now=now)
        client.delete(key)
    return written


def _taken(client: "redis.Redis") -> list[str]:
    return sorted(_text(key) for key in client.scan_iter(match=f"{TAKEN}*", count=100))


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode()


def _read(client: "redis.Redis", key: str) -> list[Exposure]:
    fields = {_text(name): int(value) for name, value in client.hgetall(key).items()}
    found = []
    for name, operations in fields.items():
        subject, _, measure = name.rpartition("/")
        if measure == "operations":
            turn_id, decided, currency = subject.split("/")
            found.append(
                Exposure(int(turn_id), Decided(decided), currency, operations, fields.get(f"{subject}/minor", 0))
            )
    return found


def _keep(counted: list[Exposure], *, batch: str, now: datetime) -> int:
    """A turn that was rolled back after it was counted has no row, and no exposure."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO switches_exposure (turn_id, decided, currency, operations, amount_minor, batch, counted_at)
            SELECT counted.turn_id, counted.decided, counted.currency, counted.operations, counted.minor, %s, %s
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
                AS counted(turn_id, decided, currency, operations, minor)
            JOIN switches_turn ON switches_turn.id = counted.turn_id
            ON CONFLICT (turn_id, decided, currency, batch) DO NOTHING
            """,
            [
                batch,
                now,
                [each.turn_id for each in counted],
                [each.decided.value for each in counted],
                [each.currency for each in counted],
                [each.operations for each in counted],
                [each.amount_minor for each in counted],
            ],
        )
        return int(cursor.rowcount)
