"""What of a transfer is shown to whom. API keys and admins see all of it; parties do not see how it was judged."""

from typing import Any, cast

from rest_framework.request import Request

from core.api.requests import ApiRequest
from core.oidc.enums import Standing
from core.oidc.users import User

_JUDGED: dict[str, Any] = {
    "riskScore": None,
    "complianceFlags": [],
    "auditTrail": [],
    "stateReason": None,
    "declineReason": None,
}


def shown(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The answer, in wire names, as its caller may see it."""
    caller = cast("ApiRequest", request).auth
    if not isinstance(caller, User) or caller.standing == Standing.ADMIN:
        return body
    return {name: _JUDGED.get(name, value) for name, value in body.items()}
