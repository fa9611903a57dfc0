"""Disputes for tests: raised, heard, and ready to be decided."""

from datetime import datetime
from typing import Any

from core.actors import Actor
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.models import Dispute, Escrow
from escrow.services import disputes, evidence, mediation
from escrow.services.evidence import Document
from tests.factories import staff
from tests.factories.escrows import BACKEND, later

DAY = later(24)
"""When disputes are raised; the time lock of a card has 48 hours to go, that of a bank none."""
HEARD = later(24 + 168)
"""When evidence is closed."""


def mediator(*, email: str = "mia@holdfast.example") -> Actor:
    return staff.person("MEDIATOR", email=email, full_name="Mia Example").user.actor()


def raised(escrow: Escrow, *, now: datetime = DAY, **different: Any) -> Dispute:
    wanted: dict[str, Any] = {
        "side": DisputeSide.PAYER,
        "reason": DisputeReason.NOT_AS_AGREED,
        "text": "Half of the pictures are missing.",
        "actor": BACKEND,
    } | different
    return disputes.raise_(escrow_id=escrow.public_id, livemode=False, now=now, **wanted)


def said(escrow: Escrow, side: str, *, now: datetime = DAY, submit: bool = True, **different: Any) -> Dispute:
    wanted: dict[str, Any] = {
        "statement": f"The story of the {side.lower()}.",
        "documents": [Document("contract.pdf", "ab" * 32, "application/pdf", 20_000, "signed by both")],
        "actor": BACKEND,
    } | different
    return evidence.add(
        escrow_id=escrow.public_id,
        livemode=False,
        side=DisputeSide(side),
        now=now,
        submit=submit,
        **wanted,
    )


def heard(escrow: Escrow, *, by: Actor, now: datetime = DAY, **different: Any) -> Dispute:
    """Raised by the payer, both sides have submitted, and `by` mediates."""
    dispute = raised(escrow, now=now, **different)
    for side in ("PAYER", "PAYEE"):
        said(escrow, side, now=now)
    return mediation.take(dispute_id=dispute.public_id, livemode=False, actor=by, now=now)
