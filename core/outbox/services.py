"""Publish an event with its cause; relay it to its handlers.

with transaction.atomic():
    ...
    outbox.publish(PaymentCaptured(payment_id=payment.public_id, captured_at=now, ...))
"""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import prefetch_related_objects

from core import clock, ids
from core.actors import Actor
from core.audit import services as audit
from core.database import statements
from core.outbox import events
from core.outbox.models import Delivery
from core.outbox.registry import event_class, handler, handles, subscriptions
from core.telemetry import context
from core.work import failpoints, wake
from core.work.engine import Lane, Step, Tally, run_pass
from core.work.models import State
from core.work.services import MAX_PASSES, RETRIED_AT_ONCE, NeverDone, OutsideTransaction

__all__ = [
    "OutsideTransaction", "drain", "fan_out", "handles", "publish", "publish_many", "relay", "retry", "retry_all",
]  # fmt: skip

EVENTS_PER_FAN_OUT = 200


def publish(event: events.Event, *, now: datetime | None = None) -> str:
    """Write the event into the open transaction and return its `evt_…` id; workers are woken after commit.

    It happened at `now`, or at the event's own moment (its first datetime field). Raises OutsideTransaction
    without a transaction, EventIsNotPlain for what JSON cannot carry.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{event.name} was published outside a transaction")
    payload = json.dumps(events.encode(event))
    at = now or events.moment(event) or clock.now()
    event_id = ids.prefixed("evt", at)
    statements.execute(
        """
        INSERT INTO outbox_event (id, name, version, payload, correlation_id, published_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        [event_id, event.name, event.version, payload, context.correlation_id() or "", at],
    )
    wake.after_commit("outbox")
    return event_id


def publish_many(happened: Sequence[events.Event], *, now: datetime) -> None:
    """Like `publish`, for several events that happened at `now`, in one statement."""
    if not connection.in_atomic_block:
        raise OutsideTransaction("several events were published outside a transaction")
    if not happened:
        return
    statements.execute(
        """
        INSERT INTO outbox_event (id, name, version, payload, correlation_id, published_at)
        SELECT e.id, e.name, e.version, e.payload::jsonb, %s, %s
          FROM unnest(%s::text[], %s::text[], %s::int[], %s::text[]) AS e (id, name, version, payload)
        """,
        [
            context.correlation_id() or "", now, [ids.prefixed("evt", now) for _ in happened],
            [event.name for event in happened], [event.version for event in happened],
            [json.dumps(events.encode(event)) for event in happened],
        ],
    )  # fmt: skip
    wake.after_commit("outbox")


def relay(*, now: datetime) -> Tally:
    """One pass: new events to their handlers' rows, then a batch of due rows. Empty when there was nothing."""
    fanned_out = fan_out(now=now)
    tally = run_pass(_DELIVERIES, now=now)
    return tally or Tally(done=fanned_out)


def drain(*, now: datetime) -> Tally:
    """Deliver everything due at `now`, in this thread, also what the handlers publish. For tests and demos."""
    total = Tally()
    for _ in range(MAX_PASSES):
        fanned_out = fan_out(now=now)
        tally = run_pass(_DELIVERIES, now=now)
        if not tally and not fanned_out:
            return total
        total += tally
    raise NeverDone("handlers still publish")


def fan_out(*, now: datetime) -> int:
    """Give every handler of up to 200 new events its row, in one statement. Returns how many events."""
    pairs = subscriptions()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH next AS MATERIALIZED (
                SELECT id, name FROM outbox_event WHERE relayed_at IS NULL
                ORDER BY published_at LIMIT %s FOR UPDATE SKIP LOCKED
            ), made AS (
                INSERT INTO outbox_delivery (event_id, handler, state, attempts, due_at, created_at, last_error)
                SELECT next.id, pair.handler, 'DUE', 0, %s, %s, ''
                FROM next JOIN unnest(%s::text[], %s::text[]) AS pair(name, handler) USING (name)
                ON CONFLICT (event_id, handler) DO NOTHING
            )
            UPDATE outbox_event SET relayed_at = %s FROM next WHERE outbox_event.id = next.id
            """,
            [EVENTS_PER_FAN_OUT, now, now, [name for name, _ in pairs], [to for _, to in pairs], now],
        )
        count: int = cursor.rowcount
    if count:
        failpoints.reach("outbox.fanned_out")
    return count


def retry(*, delivery_id: int, actor: Actor, now: datetime) -> bool:
    """Give a parked delivery a fresh round of tries, in the name of whoever decided it. False when it is not parked."""
    with transaction.atomic():
        row = Delivery.objects.select_for_update().filter(pk=delivery_id, state=State.PARKED).first()
        if row is None:
            return False
        Delivery.objects.filter(pk=delivery_id).update(state=State.DUE, attempts=0, due_at=now)
        audit.record(
            actor=actor, action="outbox.delivery.retried", subject=row.event_id, at=now,
            details={"handler": row.handler, "last_error": row.last_error},
        )  # fmt: skip
        wake.after_commit("outbox")
    return True


def retry_all(*, handler: str, actor: Actor, now: datetime) -> int:
    """The same for up to 500 parked deliveries to a handler, the oldest first; one audit entry. Returns how many."""
    with transaction.atomic():
        parked = Delivery.objects.select_for_update(skip_locked=True).filter(handler=handler, state=State.PARKED)
        keys = list(parked.order_by("due_at", "pk").values_list("pk", flat=True)[:RETRIED_AT_ONCE])
        number = Delivery.objects.filter(pk__in=keys).update(state=State.DUE, attempts=0, due_at=now)
        if number:
            subject = f"handler:{handler}"[:120]
            audit.record(
                actor=actor, action="outbox.handler.retried", subject=subject, at=now, details={"deliveries": number}
            )
            wake.after_commit("outbox")
    return number


def _hear(row: Delivery, now: datetime) -> Step:
    declared = handler(row.handler)
    cls = event_class(declared, row.event.name, row.event.version)
    event = events.decode(cls, row.event.payload)
    return Step(lambda: declared.function(event, now=now), external=False)


_DELIVERIES: Lane[Delivery] = Lane(
    name="outbox",
    model=Delivery,
    resolve=_hear,
    correlation=lambda row: row.event.correlation_id,
    prepare=lambda rows: prefetch_related_objects(rows, "event"),
)
