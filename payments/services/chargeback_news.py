"""Hear from the networks what they have taken back and how they decided. Each piece of news is taken once."""

import logging
from datetime import datetime

from core.actors import SYSTEM
from core.errors import Refusal
from payments.enums import ChargebackState
from payments.gateways import registry
from payments.gateways.port import ChargebackFeed, NetworkChargeback
from payments.services import chargebacks
from payments.services.chargebacks import Notice

logger = logging.getLogger(__name__)


def hear(*, now: datetime) -> int:
    """Take all news of all networks. Returns how many there were; what cannot be taken yet comes again."""
    heard = 0
    for name, feed in registry.feeds().items():
        for news in feed.chargebacks(now=now):
            heard += _take(name, feed, news, now=now)
    return heard


def notice(gateway: str, news: NetworkChargeback) -> Notice:
    return Notice(
        gateway=gateway,
        network_reference=news.reference,
        payment_id=news.charge_reference,
        amount_minor=news.money.minor,
        currency=news.money.currency.code,
        reason_code=news.reason_code,
        opened_at=news.opened_at,
    )


def _take(gateway: str, feed: ChargebackFeed, news: NetworkChargeback, *, now: datetime) -> bool:
    try:
        chargeback = chargebacks.open_(notice(gateway, news), actor=SYSTEM, now=now)
        if news.outcome != ChargebackState.OPEN:
            chargebacks.close(chargeback_id=chargeback.public_id, outcome=news.outcome, actor=SYSTEM, now=now)
    except Refusal as refused:
        logger.warning("chargeback %s of %s is not taken: %s", news.reference, news.charge_reference, refused.code)
        return False
    feed.acknowledge(reference=news.reference, outcome=news.outcome)
    return True
