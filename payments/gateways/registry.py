"""Which gateway takes the money. A mode without one takes no payments."""

from datetime import datetime

from django.conf import settings

from core.breaker import CircuitBreaker
from core.errors import Refusal
from payments.gateways.lines import Line, breaker_limits
from payments.gateways.port import ChargebackFeed, Gateway
from payments.gateways.sandbox.chargebacks import SandboxChargebacks
from payments.gateways.sandbox.network import SandboxGateway


class NoGateway(Refusal):
    code = "GATEWAY_NOT_CONFIGURED"
    status = 503
    title = "No gateway takes payments in this mode"


class GatewayNotAvailable(Refusal):
    """The breaker is open: nothing was sent, the same request may be sent again later."""

    code = "GATEWAY_UNAVAILABLE"
    status = 503
    title = "The card network does not answer at the moment"


_gateways: dict[str, Gateway] = {"sandbox": SandboxGateway()}
_feeds: dict[str, ChargebackFeed] = {"sandbox": SandboxChargebacks()}
_breakers: dict[str, CircuitBreaker] = {name: CircuitBreaker() for name in _gateways}


def name_for(*, livemode: bool) -> str:
    """The configured gateway of a mode. Raises NoGateway."""
    name: str | None = settings.HOLDFAST_GATEWAYS.get("live" if livemode else "test")
    if name not in _gateways:
        raise NoGateway
    return name


def require_available(name: str, *, now: datetime) -> None:
    if _breakers[name].is_open(breaker_limits(now)):
        raise GatewayNotAvailable


def line(name: str, *, now: datetime) -> Line:
    """A line to a gateway for one piece of work in this process."""
    return Line(_gateways[name], _breakers[name], now)


def breaker(name: str) -> CircuitBreaker:
    return _breakers[name]


def feeds() -> dict[str, ChargebackFeed]:
    """The gateways that tell of chargebacks, by name."""
    return dict(_feeds)


def feed(name: str) -> ChargebackFeed | None:
    return _feeds.get(name)
