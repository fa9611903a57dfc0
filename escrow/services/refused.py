"""Keep that an escrow was refused for its parties: in a transaction of its own, since the refused one left nothing."""

from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.audit.services import Fact
from escrow.services.agreements import EscrowOrder

ACTION = "escrow.escrow.screening_failed"


def note(order: EscrowOrder, *, livemode: bool, actor: Actor, now: datetime) -> None:
    """One row for each of the two, for compliance to find. Whoever asked learns no reason."""
    told: dict[str, JSON] = {
        "payer_id": order.payer_id,
        "payee_id": order.payee_id,
        "amount_minor": order.amount_minor,
        "currency": order.currency,
        "livemode": livemode,
    }
    with transaction.atomic():
        audit.record_many(
            [
                Fact(actor=actor, action=ACTION, subject=party_id, at=now, details=told, result="DENIED")
                for party_id in (order.payer_id, order.payee_id)
            ]
        )
