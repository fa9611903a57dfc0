"""Chargebacks that a settlement file tells of before anybody else does."""

import logging
from collections.abc import Sequence
from datetime import datetime

from core.actors import SYSTEM
from core.errors import Refusal
from payments.enums import ChargebackState, LineKind
from payments.selectors import chargebacks as known
from payments.services import chargebacks
from payments.services.chargebacks import Notice
from payments.settlements import Line

logger = logging.getLogger(__name__)


def hear(lines: Sequence[Line], *, gateway: str, livemode: bool, now: datetime) -> None:
    """Open and close what these lines say. What cannot be is left to the match, which calls it EXTRA or DIFFERENT."""
    for line in lines:
        try:
            if line.kind is LineKind.CHARGEBACK:
                chargebacks.open_(_notice(line, gateway, now), actor=SYSTEM, now=now, livemode=livemode)
            elif line.kind is LineKind.CHARGEBACK_RETURN:
                _win(line, gateway=gateway, livemode=livemode, now=now)
        except Refusal as refused:
            logger.warning("line %s about %s is not taken: %s", line.number, line.reference, refused.code)


def _win(line: Line, *, gateway: str, livemode: bool, now: datetime) -> None:
    chargeback = known.find(gateway=gateway, network_reference=line.reference)
    if chargeback is not None and (chargeback.livemode, chargeback.amount_minor) == (livemode, line.amount_minor):
        chargebacks.close(chargeback_id=chargeback.public_id, outcome=ChargebackState.WON, actor=SYSTEM, now=now)


def _notice(line: Line, gateway: str, now: datetime) -> Notice:
    return Notice(
        gateway=gateway,
        network_reference=line.reference,
        payment_id=line.network_id,
        amount_minor=line.amount_minor,
        currency=line.currency,
        reason_code=line.reason_code,
        opened_at=_moment(line.at, now),
    )


def _moment(text: str, now: datetime) -> datetime:
    """As the file says it; what is no moment with a time zone, or lies ahead, is now."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return now
    return min(at, now) if at.tzinfo else now
