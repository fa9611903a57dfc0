"""Write a public event and give every endpoint that hears it a delivery: one statement however many there are."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from core import ids
from core.actors import Actor
from core.api.wire import timestamp, to_wire
from core.audit import services as audit
from core.database import statements
from core.webhooks import catalogue
from core.webhooks.catalogue import Subject
from core.webhooks.models import Endpoint
from core.work import wake
from core.work.services import OutsideTransaction

TEST = catalogue.declare(
    "webhook_endpoint.tested",
    meaning="Somebody asked for a test. Sent to that endpoint alone, whichever types it hears.",
    example={"id": "whk_0lq9ilnhwp0123456789abcd", "object": "webhook_endpoint", "livemode": False},
)

# With an endpoint named only that one gets it; without, each that is enabled and hears the type.
PUBLISH = """
WITH made AS (
    INSERT INTO webhooks_event (id, type, account, livemode, subject_id, body, occurred_at, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (subject_id, type, occurred_at) DO NOTHING
    RETURNING id, type, account, livemode, created_at
), told AS (
    INSERT INTO webhooks_delivery
        (event_id, endpoint_id, state, attempts, earlier_attempts, due_at, created_at, last_error)
    SELECT made.id, endpoint.id, 'DUE', 0, 0, made.created_at, made.created_at, ''
    FROM made JOIN webhooks_endpoint endpoint
        ON endpoint.account = made.account AND endpoint.livemode = made.livemode
    WHERE CASE WHEN %s THEN endpoint.public_id = %s AND endpoint.status <> 'DELETED'
          ELSE endpoint.status = 'ENABLED' AND endpoint.types && ARRAY[made.type, '*']::varchar[] END
    RETURNING event_id
)
SELECT made.id, (SELECT count(*) FROM told) FROM made
"""

PUBLISH_MANY = """
WITH made AS (
    INSERT INTO webhooks_event (id, type, account, livemode, subject_id, body, occurred_at, created_at)
    SELECT e.id, e.type, e.account, e.livemode, e.subject_id, e.body, e.occurred_at, %s
      FROM unnest(%s::text[], %s::text[], %s::text[], %s::bool[], %s::text[], %s::text[], %s::timestamptz[])
           AS e (id, type, account, livemode, subject_id, body, occurred_at)
    ON CONFLICT (subject_id, type, occurred_at) DO NOTHING
    RETURNING id, type, account, livemode, created_at
), told AS (
    INSERT INTO webhooks_delivery
        (event_id, endpoint_id, state, attempts, earlier_attempts, due_at, created_at, last_error)
    SELECT made.id, endpoint.id, 'DUE', 0, 0, made.created_at, made.created_at, ''
    FROM made JOIN webhooks_endpoint endpoint
        ON endpoint.account = made.account AND endpoint.livemode = made.livemode
    WHERE endpoint.status = 'ENABLED' AND endpoint.types && ARRAY[made.type, '*']::varchar[]
    RETURNING event_id
)
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM told)
"""


def publish(*, event_type: str, subject: Subject, now: datetime, only_to: str = "") -> str | None:
    """The `evt_…` id, or None where this very event was published before. Commits with its cause.

    Raises OutsideTransaction without a transaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{event_type} was published outside a transaction")
    made = statements.fetch_one(
        PUBLISH,
        [
            ids.prefixed("evt", now), event_type, subject.account, subject.livemode, subject.id,
            body(event_type, subject), subject.occurred_at, now, bool(only_to), only_to,
        ],
    )  # fmt: skip
    if made is None:
        return None
    if made[1]:
        wake.after_commit("webhooks")
    return str(made[0])


def publish_many(published: Sequence[tuple[str, Subject]], *, now: datetime) -> int:
    """Types with their subjects, each as `publish` does it, in one statement. How many were not published before."""
    if not connection.in_atomic_block:
        raise OutsideTransaction("several webhook events were published outside a transaction")
    if not published:
        return 0
    subjects = [subject for _, subject in published]
    made = statements.fetch_one(
        PUBLISH_MANY,
        [
            now, [ids.prefixed("evt", now) for _ in published], [event_type for event_type, _ in published],
            [each.account for each in subjects], [each.livemode for each in subjects], [each.id for each in subjects],
            [body(event_type, subject) for event_type, subject in published], [each.occurred_at for each in subjects],
        ],
    )  # fmt: skip
    assert made is not None
    if made[1]:
        wake.after_commit("webhooks")
    return int(made[0])


def test(*, endpoint: Endpoint, actor: Actor, now: datetime) -> str | None:
    """Send `webhook_endpoint.tested` to this endpoint alone; the caller's transaction. The event's id."""
    subject = Subject(
        id=endpoint.public_id,
        object="webhook_endpoint",
        livemode=endpoint.livemode,
        occurred_at=now,
        account=endpoint.account,
    )
    event_id = publish(event_type=TEST.type, subject=subject, now=now, only_to=endpoint.public_id)
    audit.record(
        actor=actor, action="webhooks.endpoint.tested", subject=endpoint.public_id, at=now,
        details={"event": event_id or ""},
    )  # fmt: skip
    return event_id


def body(event_type: str, subject: Subject) -> str:
    """`type`, `timestamp`, `data`: the form that Standard Webhooks recommends, in our wire names."""
    data = {"id": subject.id, "object": subject.object, "livemode": subject.livemode, **subject.data}
    return json.dumps(
        {"type": event_type, "timestamp": timestamp(subject.occurred_at), "data": to_wire(data)}, separators=(",", ":")
    )
