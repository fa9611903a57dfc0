"""Clear a customer: what was reported before no longer counts against them."""

from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from fraud.models import RiskReset


class UnableToReset(Refusal):
    code = "RISK_NOT_RESET"
    title = "The customer's risk cannot be reset"


def reset(*, party_id: str, livemode: bool, reason: str, actor: Actor, now: datetime) -> RiskReset:
    """From now on only later reports of fraud count for this customer. Raises UnableToReset without a reason."""
    if not reason.strip() or not party_id:
        raise UnableToReset("say why")
    with transaction.atomic():
        made = RiskReset.objects.create(
            livemode=livemode,
            party_id=party_id,
            reason=reason.strip()[:1000],
            reset_by=str(actor),
            reset_at=now,
        )
        audit.record(
            actor=actor, action="fraud.risk.reset", subject=party_id, at=now,
            details={"reason": made.reason[:200], "livemode": livemode},
        )  # fmt: skip
    return made
