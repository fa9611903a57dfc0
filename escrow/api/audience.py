"""What of an escrow is shown to whom, and for whom a caller speaks.

API keys and admins see all of it; payer and payee do not see how they were judged. The fields stay, without content.
"""

from dataclasses import dataclass
from typing import Any, cast

from rest_framework.request import Request

from core.api.owners import Call, NotForUsers, NotYourOwn, One
from core.api.requests import ApiRequest
from core.errors import FieldError
from core.oidc.enums import Standing
from core.oidc.users import User
from escrow.enums import Side
from escrow.selectors import escrows

_JUDGED: dict[str, Any] = {
    "riskScore": None,
    "complianceFlags": [],
    "auditTrail": [],
}
_SIDES = {Standing.CUSTOMER: Side.PAYER, Standing.PROVIDER: Side.PAYEE}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneEscrow(One):
    """An escrow in the path, under either of its names."""

    def admit(self, user: User, call: Call) -> None:
        if user.standing == Standing.ADMIN:
            return
        self._place(user)
        found = escrows.list_in_mode(livemode=user.livemode).filter(escrows.named(call.variables[self.variable]))
        if not self.narrow(found, user).exists():
            raise self.missing


def _one(*, customer: str = "", provider: str = "") -> OneEscrow:
    return OneEscrow(
        rows=escrows.list_in_mode,
        variable="escrow_id",
        key="public_id",
        missing=escrows.EscrowNotFound,
        customer=customer,
        provider=provider,
    )


BOTH_SIDES = _one(customer="payer__party_id", provider="payee__party_id")
THE_PAYER = _one(customer="payer__party_id")


def shown(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The answer, in wire names, as its caller may see it."""
    if party_of(request) is None:
        return body
    return {name: _JUDGED.get(name, value) for name, value in body.items()}


def party_of(request: Request) -> User | None:
    """The user who is a party; None for keys and admins, who act for the marketplace."""
    caller = cast("ApiRequest", request).auth
    return caller if isinstance(caller, User) and caller.standing != Standing.ADMIN else None


def side(request: Request, asked: str | None) -> Side | None:
    """The side a caller speaks for. A party speaks for its own only; raises NotYourOwn for the other one."""
    user = party_of(request)
    if user is None:
        return Side(asked) if asked else None
    own = _SIDES[user.standing]
    if asked and asked != own:
        raise NotYourOwn(errors=(FieldError("/side", f"must be {own}"),))
    return own


def speaker(request: Request, asked: str) -> str:
    """Who says that a condition is met. A party says so for itself; raises NotYourOwn for anybody else."""
    user = party_of(request)
    if user is None:
        return asked
    if asked and asked != user.party_id:
        raise NotYourOwn(errors=(FieldError("/by", "must be your own party id"),))
    return user.party_id or ""


def require_named(request: Request, named: tuple[str, ...]) -> None:
    """A party satisfies only what the terms name it for. Raises NotForUsers."""
    user = party_of(request)
    if user is not None and user.party_id not in named:
        raise NotForUsers("The terms do not name you for this condition.")
