"""A request may be sent twice; its effect happens once, and both get the same answer.

    with transaction.atomic():
        claim = idempotency.claim(caller=key_id, key=header, request_hash=digest, operation="payments.create", now=now)
        if isinstance(claim, idempotency.Replay): return claim.status, claim.body
    ...  # outside work, each certain step noted by advance()
    with transaction.atomic():
        ...  # the effect
        idempotency.finish(claim_id=claim.id, status=201, body=answer, now=now)

Every call belongs into a transaction. `finish` belongs into the one that holds the effect.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection

from core.database import refusals, statements
from core.errors import Refusal
from core.idempotency.models import IdempotentRequest, Status
from core.parameters import services as parameters
from core.work import failpoints
from core.work.services import OutsideTransaction

STARTED = "STARTED"
"""The recovery point of a request that nothing is certain about yet."""
LOCK_NOT_AVAILABLE = "55P03"
SHORTEST_MEMORY = timedelta(hours=24)


class KeyReusedWithOtherBody(Refusal):
    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422
    title = "The idempotency key was used for another request"


class RequestInFlight(Refusal):
    code = "REQUEST_IN_FLIGHT"
    status = 409
    title = "The first request with this idempotency key is still being answered"


class ClaimLost(Refusal):
    """Somebody else finished or forgot this request; roll back whatever was done for it."""

    code = "REQUEST_IN_FLIGHT"
    status = 409
    title = "The request was answered elsewhere"


@dataclass(frozen=True, slots=True)
class Claim:
    """This caller executes the request. `recovered`: an earlier execution got as far as `recovery_point`."""

    id: int
    recovered: bool
    recovery_point: str
    resource_id: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """The request was answered before; answer the same again. `body` has its names in their first order."""

    status: int
    body: dict[str, Any]
    resource_id: str | None


def claim(*, caller: str, key: str, request_hash: bytes, operation: str, now: datetime) -> Claim | Replay:
    """Take the key for this request: one INSERT when it is new.

    Raises KeyReusedWithOtherBody when it was used for other bytes or another operation, RequestInFlight while the
    first execution's lease runs. After the lease exactly one retry takes over, from the recovery point.
    """
    _require_transaction("claim")
    lease_until = now + timedelta(seconds=parameters.read("idempotency.lease_seconds", at=now))
    claim_id = _insert(caller, key, request_hash, operation, lease_until, now)
    if claim_id is not None:
        failpoints.reach("idempotency.claimed")
        return Claim(claim_id, recovered=False, recovery_point=STARTED, resource_id=None)
    row = IdempotentRequest.objects.filter(caller=caller, key=key).first()
    if row is None:
        # Released between our INSERT and our SELECT: the next try of the client finds it free.
        raise RequestInFlight
    if bytes(row.request_hash) != request_hash or row.operation != operation:
        raise KeyReusedWithOtherBody
    if row.status == Status.FINISHED:
        # The table's constraint says so; here it tells the type checker.
        assert row.response_status is not None
        assert row.response_body is not None
        return Replay(row.response_status, json.loads(row.response_body), row.resource_id)
    return _take_over(row, lease_until=lease_until, now=now)


def advance(claim_id: int, recovery_point: str, resource_id: str | None = None) -> None:
    """Note a step that is certain once this transaction commits. Raises ClaimLost if the request was answered."""
    _require_transaction("advance")
    changes = {"recovery_point": recovery_point} | ({} if resource_id is None else {"resource_id": resource_id})
    if IdempotentRequest.objects.filter(pk=claim_id, status=Status.STARTED).update(**changes) != 1:
        raise ClaimLost


def finish(*, claim_id: int, status: int, body: dict[str, Any], now: datetime) -> None:
    """Keep the answer, in the transaction of the effect. Raises ClaimLost if the request was answered before.

    `body` is what a replay shows: no card number, account number or secret may be in it.
    """
    _require_transaction("finish")
    failpoints.reach("idempotency.before_finish")
    finished = statements.execute(
        """
        UPDATE idempotency_idempotentrequest
        SET status = 'FINISHED', recovery_point = 'FINISHED', response_status = %s, response_body = %s, finished_at = %s
        WHERE id = %s AND status = 'STARTED'
        """,
        [status, json.dumps(body), now, claim_id],
    )
    if finished != 1:
        raise ClaimLost


def release(claim_id: int) -> None:
    """Forget a request that had no effect (it was refused as malformed), so that its key may be used again."""
    _require_transaction("release")
    IdempotentRequest.objects.filter(pk=claim_id, status=Status.STARTED).delete()


def _insert(
    caller: str, key: str, request_hash: bytes, operation: str, lease_until: datetime, now: datetime
) -> int | None:
    """None when the key is there. Waits for another transaction that is just inserting it."""
    try:
        inserted = statements.fetch_one(
            """
            INSERT INTO idempotency_idempotentrequest
                (caller, key, operation, request_hash, status, recovery_point, lease_until, created_at, forget_after)
            VALUES (%s, %s, %s, %s, 'STARTED', 'STARTED', %s, %s, %s)
            ON CONFLICT (caller, key) DO NOTHING RETURNING id
            """,
            [caller, key, operation, request_hash, lease_until, now, _forget_after(operation, now)],
        )
    except OperationalError as error:
        if refusals.sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise RequestInFlight from None
        raise
    return inserted[0] if inserted else None


def _forget_after(operation: str, now: datetime) -> datetime | None:
    """None for operations that move money. Decided when the key is taken, by the parameters of that moment."""
    if operation.startswith(tuple(parameters.read("idempotency.kept_operations", at=now))):
        return None
    return now + max(SHORTEST_MEMORY, timedelta(hours=parameters.read("idempotency.keep_hours", at=now)))


def _take_over(row: IdempotentRequest, *, lease_until: datetime, now: datetime) -> Claim:
    """Exactly one of several retries changes the lease it saw."""
    free = IdempotentRequest.objects.filter(
        pk=row.pk, status=Status.STARTED, lease_until=row.lease_until, lease_until__lte=now
    )
    if free.update(lease_until=lease_until) != 1:
        raise RequestInFlight
    return Claim(row.pk, recovered=True, recovery_point=row.recovery_point, resource_id=row.resource_id)


def _require_transaction(verb: str) -> None:
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{verb} outside a transaction")
