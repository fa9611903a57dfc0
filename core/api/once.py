"""A POST sent twice has one effect and one answer: the HTTP side of `core.idempotency`.

Two shapes. Where all the work is local, `run_once` claims the key, does the work and keeps the answer in one
transaction; a refusal rolls back the claim with everything else, so the key stays free. Where the outside world
takes part, the view hands a `Ticket` to the service, which claims in its own first transaction and finishes in
the one that holds the effect; `answered` turns what came of it, new or replayed, into the response.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.problems import CONTENT_TYPE
from core.api.requests import ApiRequest
from core.api.values import Verbatim
from core.api.wire import to_wire
from core.errors import Refusal
from core.idempotency import services as idempotency
from core.telemetry import redaction
from core.vault import envelope
from core.vault.purposes import Purpose

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MAC_CONTEXT = b"holdfast.idempotency.request.v1"


class IdempotencyKeyRequired(Refusal):
    """Every POST carries an Idempotency-Key of 1 to 255 visible ASCII characters, new for each operation wanted."""

    code = "IDEMPOTENCY_KEY_REQUIRED"
    title = "Send an Idempotency-Key header"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What makes a request the same request: pass the fields to `idempotency.claim(**ticket.fields(), now=now)`.

    `caller` is the key's account and mode, not the key: a client may change keys between two tries.
    """

    caller: str
    key: str
    request_hash: bytes
    operation: str

    def fields(self) -> dict[str, Any]:
        return {
            "caller": self.caller,
            "key": self.key,
            "request_hash": self.request_hash,
            "operation": self.operation,
        }


def require_key(meta: Mapping[str, Any]) -> str:
    """The Idempotency-Key header. Raises IdempotencyKeyRequired."""
    key = str(meta.get("HTTP_IDEMPOTENCY_KEY", ""))
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyRequired("The Idempotency-Key must have 1 to 255 visible ASCII characters." if key else "")
    if redaction.find_cards(key):
        raise IdempotencyKeyRequired("The Idempotency-Key must not hold a card number.")
    return key


def ticket(request: Request, *, operation: str) -> Ticket:
    """The ticket of a POST whose header the view has checked. `operation` is e.g. `payments.create`."""
    call = cast("ApiRequest", request)
    mode = "live" if call.livemode else "test"
    return Ticket(
        caller=f"{call.auth.account}:{mode}",
        key=call.idempotency_key,
        request_hash=_hash(str(call.method), call.get_full_path(), call.data),
        operation=operation,
    )


def run_once(
    request: Request,
    *,
    operation: str,
    effect: Callable[[], tuple[int, dict[str, Any]]],
    now: datetime,
    seals: tuple[Purpose, ...] = (),
) -> Response:
    """Claim, `effect`, and the kept answer in one transaction.

    `effect` does everything in the database of this process and gives status and body (snake_case). What it
    raises undoes all of it, the claim included. Validate before: a malformed request claims nothing.

    `seals` names what `effect` encrypts for: those keys are open before the transaction, which must not wait for the
    key service. Raises VaultUnavailable.
    """
    wanted = ticket(request, operation=operation)
    if seals:
        envelope.warm(*seals)
    with transaction.atomic():
        claim = idempotency.claim(**wanted.fields(), now=now)
        if isinstance(claim, idempotency.Replay):
            return answered(status=claim.status, body=claim.body, replayed=True)
        status, result = effect()
        body = to_wire(result)
        idempotency.finish(claim_id=claim.id, status=status, body=body, now=now)
    return answered(status=status, body=body)


def answered(*, status: int, body: dict[str, Any], replayed: bool = False) -> Response:
    """The response for a body in wire form; a stored failure is a problem again."""
    return Response(
        Verbatim(body),
        status=status,
        content_type=CONTENT_TYPE if status >= 400 else None,
        headers={"Idempotent-Replayed": "true"} if replayed else None,
    )


def _hash(method: str, path: str, body: dict[str, Any]) -> bytes:
    """Keyed: the body may hold a card number, and a bare hash of one can be searched through."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    material = b"\x00".join((_MAC_CONTEXT, method.encode(), path.encode(), canonical.encode()))
    return envelope.mac(Purpose.DATABASE, material)
