"""Where webhooks of a mode may go, by the parameters of a moment."""

import ipaddress
from datetime import datetime

from django.conf import settings

from core.parameters import services as parameters
from core.webhooks.destinations import Policy


def policy(*, livemode: bool, at: datetime) -> Policy:
    """This machine is allowed for test data alone, and only where the settings say so."""
    return Policy(
        ports=tuple(parameters.read("webhooks.ports", at=at)),
        refused=tuple(map(ipaddress.ip_network, parameters.read("webhooks.refused_networks", at=at))),
        loopback=settings.HOLDFAST_WEBHOOKS_LOOPBACK and not livemode,
    )
