"""What the escrow operations share: the answer, who sees what of it, and the object under its lock."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from core.api import conditions
from core.api.conditions import UNCONDITIONAL
from core.api.requests import ApiRequest
from core.api.values import Verbatim
from core.api.views import ApiView
from core.api.wire import to_wire
from core.telemetry import context
from escrow import answers
from escrow.api import audience
from escrow.models import Escrow
from escrow.selectors import escrows as register
from escrow.selectors import pages, trails
from escrow.selectors.trails import TrailEntry
from escrow.services import escrows

ETAG = conditions.all_but("success", "message", "audit_trail", "next_action")
Trail = Callable[[list[TrailEntry]], list[TrailEntry]]


class EscrowApiView(ApiView):
    """Answers are kept whole, so that a tag and a replay hold for every reader; what is shown is the reader's."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code in (200, 201) and isinstance(response.data, dict):
            response.data = Verbatim(audience.shown(request, to_wire(response.data)))
        return response


def whole(trail: list[TrailEntry]) -> list[TrailEntry]:
    return trail


def of_this_request(trail: list[TrailEntry]) -> list[TrailEntry]:
    return trails.of_request(trail, context.correlation_id() or "")


def answer(escrow: Escrow, *, now: datetime, message: str = "", trail: Trail = of_this_request) -> dict[str, Any]:
    """The escrow as it is now, in this transaction."""
    fresh = register.get(escrow.public_id, livemode=escrow.livemode)
    return answers.escrow(
        pages.standing(fresh, now=now), trail(trails.list_for_escrow(fresh)), now=now, message=message
    )


def hold(request: Request, escrow_id: str, *, now: datetime, with_payment: bool = False) -> Escrow:
    """The row, held, after `If-Match` has been compared with it. Raises EscrowNotFound, PreconditionFailed."""
    call = cast("ApiRequest", request)
    escrow = escrows.lock(escrow_id, livemode=call.livemode, with_payment=with_payment)
    if call.condition is not UNCONDITIONAL:
        call.condition.require(ETAG.of(answer(escrow, now=now)))
    return escrow
