"""What of a payment is shown to whom. API keys and admins see all of it; the buyer and the seller do not see how it was
judged, and the seller not the token of the buyer's card. The fields stay, without their content.
"""

from typing import Any, cast

from rest_framework.request import Request

from core.api.requests import ApiRequest
from core.oidc.enums import Standing
from core.oidc.users import User

_JUDGED: dict[str, Any] = {
    "fraudScore": None,
    "fraudRecommendation": None,
    "complianceFlags": [],
    "auditTrail": [],
}


def shown(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The answer, in wire names, as its caller may see it."""
    caller = cast("ApiRequest", request).auth
    if not isinstance(caller, User) or caller.standing == Standing.ADMIN:
        return body
    visible = {name: _JUDGED.get(name, value) for name, value in body.items()}
    if caller.standing == Standing.PROVIDER and "card" in visible:
        visible["card"] = {**visible["card"], "token": ""}
    return visible
