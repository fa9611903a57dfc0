"""Claim what is due, keep what came of it, replay what failed. Between claim and record stands the network.

Endpoints are locked before their deliveries, everywhere, in the order of their keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, transaction
from django.db.models import Q

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.parameters import services as parameters
from core.switches import services as switches
from core.switches.enums import Switch
from core.webhooks import schedule
from core.webhooks.client import Outcome
from core.webhooks.enums import DisabledBecause, EndpointStatus, Result
from core.webhooks.models import Attempt, Delivery, Endpoint, PublicEvent
from core.webhooks.models.delivery import STATUS_OF
from core.webhooks.selectors.deliveries import DeliveryNotFound
from core.webhooks.selectors.endpoints import EndpointNotFound
from core.webhooks.services import endpoints
from core.work import failpoints, wake
from core.work.models import State

RECOVERIES = 200
LOCKS_OF_WEBHOOKS = 0x7768

# An endpoint that failed in a row gets one delivery to try itself on; a healthy one as many as its room.
CLAIM = """
WITH room AS MATERIALIZED (
    SELECT endpoint.id, CASE WHEN endpoint.failures >= %s THEN 1 ELSE %s END - (
        SELECT count(*) FROM webhooks_delivery going WHERE going.endpoint_id = endpoint.id AND going.state = 'RUNNING'
    ) AS free
    FROM webhooks_endpoint endpoint WHERE endpoint.id = ANY(%s)
), next AS MATERIALIZED (
    SELECT waiting.id FROM room CROSS JOIN LATERAL (
        SELECT id, due_at FROM webhooks_delivery
        WHERE endpoint_id = room.id AND state = 'DUE' AND due_at <= %s
        ORDER BY due_at LIMIT greatest(room.free, 0) FOR UPDATE SKIP LOCKED
    ) waiting
    ORDER BY waiting.due_at LIMIT %s
)
UPDATE webhooks_delivery claimed SET state = 'RUNNING', attempts = claimed.attempts + 1, lease_until = %s
FROM next WHERE claimed.id = next.id RETURNING claimed.*
"""

# Rows whose lease is over and that no session holds: their sender is gone, however its clock ran. One that used up its
# tries has failed; whatever else is sent again at once.
RECOVER = """
WITH lost AS MATERIALIZED (
    SELECT id FROM webhooks_delivery WHERE state = 'RUNNING' AND lease_until <= %s AND NOT id = ANY(%s)
      AND pg_try_advisory_xact_lock(%s, (id %% 2147483647)::int)
    ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE webhooks_delivery row SET lease_until = NULL, last_error = 'the sender was lost', due_at = %s,
    state = CASE WHEN row.attempts - row.earlier_attempts > %s THEN 'PARKED' ELSE 'DUE' END
FROM lost WHERE row.id = lost.id
"""

SETTLE = """
UPDATE webhooks_delivery row
SET state = ended.state, due_at = coalesce(ended.due_at, row.due_at), last_error = ended.last_error,
    finished_at = ended.finished_at, lease_until = NULL
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::timestamptz[], %s::text[], %s::timestamptz[])
    AS ended(id, attempts, state, due_at, last_error, finished_at)
WHERE row.id = ended.id AND row.state = 'RUNNING' AND row.attempts = ended.attempts
RETURNING row.id
"""

# Events of the range that never reached the endpoint: those that failed start anew, those it never got are made.
REPLAY = """
WITH wanted AS MATERIALIZED (
    SELECT event.id FROM webhooks_event event
    LEFT JOIN webhooks_delivery known ON known.event_id = event.id AND known.endpoint_id = %(endpoint)s
    WHERE event.account = %(account)s AND event.livemode = %(livemode)s
      AND event.created_at >= %(since)s AND event.created_at < %(until)s
      AND (%(everything)s OR event.type = ANY(%(types)s))
      AND event.type <> 'webhook_endpoint.tested' AND (known.id IS NULL OR known.state = 'PARKED')
    ORDER BY event.created_at LIMIT %(most)s
)
INSERT INTO webhooks_delivery AS row
    (event_id, endpoint_id, state, attempts, earlier_attempts, due_at, created_at, last_error)
SELECT wanted.id, %(endpoint)s, 'DUE', 0, 0, %(now)s, %(now)s, '' FROM wanted
ON CONFLICT (event_id, endpoint_id) DO UPDATE
    SET state = 'DUE', earlier_attempts = row.attempts, due_at = %(now)s, last_error = '' WHERE row.state = 'PARKED'
"""


class UnableToReplay(Refusal):
    """It is on its way already, its endpoint is deleted, or the endpoint does not belong to the event."""

    code = "UNABLE_TO_REPLAY"
    status = 409
    title = "The delivery cannot be replayed"


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that is over: the delivery as it was claimed, when it was sent, and what came of it."""

    delivery: Delivery
    sent_at: datetime
    outcome: Outcome


def claim(*, limit: int, now: datetime) -> list[Delivery]:
    """Take deliveries that are due, each with its event and endpoint; none while the switch WEBHOOKS is closed.

    Of one endpoint no more than its slots are on their way at once, over all processes.
    """
    if not switches.is_open(Switch.WEBHOOKS, now=now):
        return []
    with transaction.atomic():
        ready = _ready_endpoints(now)
        if not ready:
            return []
        claimed = list(
            Delivery.objects.raw(
                CLAIM,
                [
                    parameters.read("webhooks.circuit_failures", at=now),
                    parameters.read("webhooks.endpoint_slots", at=now),
                    list(ready), now, limit, now + timedelta(seconds=parameters.read("webhooks.lease_seconds", at=now)),
                ],
            ).prefetch_related("event")
        )  # fmt: skip
    for delivery in claimed:
        delivery.endpoint = ready[delivery.endpoint_id]
    if claimed:
        _hold("pg_try_advisory_lock", claimed)
        failpoints.reach("webhooks.claimed")
    return sorted(claimed, key=lambda delivery: (delivery.due_at, delivery.pk))


def recover(*, besides: Sequence[int] = (), now: datetime) -> int:
    """Give back what a dead sender had claimed; `besides` are keys that the caller has on its way. Returns how many."""
    tries = len(parameters.read("webhooks.retry_seconds", at=now))
    with connection.cursor() as cursor:
        cursor.execute(RECOVER, [now, list(besides), LOCKS_OF_WEBHOOKS, RECOVERIES, now, tries])
        return int(cursor.rowcount)


def record(*, ended: Sequence[Ended], now: datetime) -> int:
    """Keep attempts in one transaction: log, next try, the endpoint's health. Returns how many counted.

    An attempt whose delivery was taken over meanwhile does not count.
    """
    if not ended:
        return 0
    with transaction.atomic():
        owners = _owners(ended)
        counted = _settle(ended, now)
        kept = [each for each in ended if each.delivery.pk in counted]
        Attempt.objects.bulk_create([_attempt(each) for each in kept])
        for each in kept:
            if endpoint := owners.get(each.delivery.endpoint_id):
                _note(endpoint, each, now)
        for endpoint in owners.values():
            _keep_health(endpoint, now)
    _hold("pg_advisory_unlock", [each.delivery for each in ended])
    return len(kept)


def give_back(*, deliveries: Sequence[Delivery], reason: str, pause: timedelta, now: datetime) -> None:
    """Nothing was sent, for a reason of ours: the try does not count against the schedule."""
    for delivery in deliveries:
        held = Delivery.objects.filter(pk=delivery.pk, state=State.RUNNING, attempts=delivery.attempts)
        held.update(
            state=State.DUE,
            due_at=now + pause,
            lease_until=None,
            earlier_attempts=delivery.earlier_attempts + 1,
            last_error=reason[:300],
        )
    _hold("pg_advisory_unlock", deliveries)


def replay(*, delivery_id: int, actor: Actor, now: datetime) -> Delivery:
    """Send it again now, with a whole new schedule of tries and the same `webhook-id`; also one that succeeded.

    Raises DeliveryNotFound, UnableToReplay.
    """
    with transaction.atomic():
        known = Delivery.objects.filter(pk=delivery_id).values_list("endpoint_id", flat=True).first()
        if known is None:
            raise DeliveryNotFound
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=known)
        delivery: Delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        if endpoint.status == EndpointStatus.DELETED:
            raise UnableToReplay("Its endpoint is deleted.")
        if delivery.state == State.RUNNING:
            raise UnableToReplay("It is being sent at this moment.")
        before = STATUS_OF[State(delivery.state)]
        delivery.state, delivery.due_at, delivery.finished_at, delivery.last_error = State.DUE, now, None, ""
        delivery.earlier_attempts = delivery.attempts
        delivery.save()
        # Whoever asks wants to see it now: a resting endpoint is tried with this one.
        Endpoint.objects.filter(pk=endpoint.pk).update(rests_until=None)
        audit.record(
            actor=actor, action="webhooks.delivery.replayed", subject=delivery.event_id, at=now,
            details={"delivery": delivery.public_id, "endpoint": endpoint.public_id, "was": str(before)},
        )  # fmt: skip
        wake.after_commit("webhooks")
    return delivery


def replay_range(*, endpoint_id: str, since: datetime, until: datetime, actor: Actor, now: datetime) -> int:
    """Send an endpoint what failed or never came to it in that time (until exclusive), oldest first.

    Returns how many; a parameter bounds one call, a second call takes the next. Raises EndpointNotFound.
    """
    most = parameters.read("webhooks.replay_rows", at=now)
    with transaction.atomic():
        living = Endpoint.objects.exclude(status=EndpointStatus.DELETED)
        endpoint = living.select_for_update(no_key=True).filter(public_id=endpoint_id).first()
        if endpoint is None:
            raise EndpointNotFound
        with connection.cursor() as cursor:
            cursor.execute(
                REPLAY,
                {
                    "endpoint": endpoint.pk, "account": endpoint.account, "livemode": endpoint.livemode,
                    "since": since, "until": until, "everything": "*" in endpoint.types, "types": endpoint.types,
                    "most": most, "now": now,
                },
            )  # fmt: skip
            count = int(cursor.rowcount)
        Endpoint.objects.filter(pk=endpoint.pk).update(rests_until=None)
        audit.record(
            actor=actor, action="webhooks.range.replayed", subject=endpoint.public_id, at=now,
            details={"since": since.isoformat(), "until": until.isoformat(), "deliveries": count},
        )  # fmt: skip
        wake.after_commit("webhooks")
    return count


def redeliver(*, event: PublicEvent, actor: Actor, now: datetime) -> int:
    """Send an event again to every endpoint that once got it and is still there. Returns to how many."""
    left_out = Q(state=State.RUNNING) | Q(endpoint__status=EndpointStatus.DELETED)
    resting = Delivery.objects.filter(event=event).exclude(left_out)
    ids = list(resting.order_by("endpoint_id").values_list("pk", flat=True))
    for delivery_id in ids:
        replay(delivery_id=delivery_id, actor=actor, now=now)
    return len(ids)


def _hold(function: Literal["pg_try_advisory_lock", "pg_advisory_unlock"], rows: Sequence[Delivery]) -> None:
    """The session's locks on what it has on its way: they die with the process, and with nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(%s, (id %% 2147483647)::int) FROM unnest(%s::bigint[]) AS id",  # noqa: S608
            [LOCKS_OF_WEBHOOKS, [row.pk for row in rows]],
        )


def _ready_endpoints(now: datetime) -> dict[int, Endpoint]:
    """Locked, so that nobody else counts their room meanwhile; those somebody else holds are left to him."""
    rested = Q(rests_until__isnull=True) | Q(rests_until__lte=now)
    waiting = Delivery.objects.filter(state=State.DUE, due_at__lte=now).values("endpoint")
    ready = Endpoint.objects.filter(rested, status=EndpointStatus.ENABLED, pk__in=waiting).order_by("pk")
    return {
        endpoint.pk: endpoint
        for endpoint in ready.select_for_update(skip_locked=True, no_key=True)
        if switches.is_open(Switch.WEBHOOKS, now=now, scopes=[f"endpoint:{endpoint.public_id}"])
    }


def _owners(ended: Sequence[Ended]) -> dict[int, Endpoint]:
    """Locked endpoints whose health may change: those that failed now, and those that did before."""
    failed = {each.delivery.endpoint_id for each in ended if each.outcome.result != Result.DELIVERED}
    all_of = {each.delivery.endpoint_id for each in ended}
    touched = Endpoint.objects.filter(Q(pk__in=failed) | Q(pk__in=all_of, failures__gt=0)).order_by("pk")
    return {endpoint.pk: endpoint for endpoint in touched.select_for_update(no_key=True)}


def _settle(ended: Sequence[Ended], now: datetime) -> set[int]:
    rows = [_ending(each, now) for each in sorted(ended, key=lambda each: each.delivery.pk)]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [list(column) for column in zip(*rows, strict=True)])
        return {pk for (pk,) in cursor.fetchall()}


def _ending(each: Ended, now: datetime) -> tuple[int, int, str, datetime | None, str, datetime | None]:
    """Key, fence, new state, when to try again, the error, when it was finished."""
    delivery, outcome = each.delivery, each.outcome
    if outcome.result == Result.DELIVERED:
        return delivery.pk, delivery.attempts, State.DONE.value, None, "", now
    pause = schedule.pause(
        delivery.attempts - delivery.earlier_attempts,
        schedule=parameters.read("webhooks.retry_seconds", at=now),
        jitter_percent=parameters.read("webhooks.retry_jitter_percent", at=now),
    )
    error = f"{outcome.result} {outcome.status_code or ''}".strip()
    if pause is None:
        return delivery.pk, delivery.attempts, State.PARKED.value, None, error, None
    return delivery.pk, delivery.attempts, State.DUE.value, now + max(pause, _asked_rest(outcome, now)), error, None


def _asked_rest(outcome: Outcome, now: datetime) -> timedelta:
    cap = parameters.read("webhooks.retry_after_cap_seconds", at=now)
    return timedelta(seconds=min(outcome.retry_after or 0, cap))


def _attempt(each: Ended) -> Attempt:
    return Attempt(
        delivery_id=each.delivery.pk,
        endpoint_id=each.delivery.endpoint_id,
        number=each.delivery.attempts,
        sent_at=each.sent_at,
        duration_ms=each.outcome.duration_ms,
        result=each.outcome.result,
        status_code=each.outcome.status_code,
        detail=each.outcome.detail,
        excerpt=each.outcome.excerpt,
    )


def _note(endpoint: Endpoint, each: Ended, now: datetime) -> None:
    """One more attempt in the endpoint's record: a success wipes it clean, a failure may ask for rest."""
    if each.outcome.result == Result.DELIVERED:
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or each.sent_at
    pause = schedule.rest(
        endpoint.failures,
        threshold=parameters.read("webhooks.circuit_failures", at=now),
        base_seconds=parameters.read("webhooks.circuit_base_seconds", at=now),
        cap_seconds=parameters.read("webhooks.circuit_cap_seconds", at=now),
    )
    pause = max(pause, _asked_rest(each.outcome, now))
    if pause:
        endpoint.rests_until = now + pause
    if each.outcome.result == Result.GONE:
        endpoint.disabled_because = DisabledBecause.GONE


def _keep_health(endpoint: Endpoint, now: datetime) -> None:
    """Also the end of patience: gone, or days of failures and not a single success."""
    because = endpoint.disabled_because if endpoint.status == EndpointStatus.ENABLED else ""
    days = timedelta(days=parameters.read("webhooks.disable_after_days", at=now))
    enough = endpoint.failures >= parameters.read("webhooks.disable_after_failures", at=now)
    if not because and endpoint.failing_since and enough and now - endpoint.failing_since >= days:
        because = DisabledBecause.FAILING
    if because and endpoint.status == EndpointStatus.ENABLED:
        endpoints.close(endpoint, because=DisabledBecause(because), now=now)
    else:
        endpoint.save(update_fields=["failures", "failing_since", "rests_until"])
