"""Escrows of a demo, one in each state: agreed, held, built in stages, waiting for signatures, disputed, ended."""

from datetime import datetime
from typing import Any

from core.actors import Actor
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.models import Escrow
from escrow.parameters import DEFAULT_TERMS
from escrow.services import agreements, conditions, disputes, funding, refunds, releases
from escrow.services.agreements import EscrowOrder

MARKETPLACE = Actor("API_KEY", "demo", frozenset({"escrows:write", "escrows:fund"}))
BOOKING = "demo_escrow_"
PHOTOGRAPHER, BUILDER = "prov_lumen_studio", "prov_harbor_build"


def seed(*, treasurer: str, now: datetime) -> None:
    """Seven of them; none where they are there already."""
    if Escrow.objects.filter(livemode=False, booking_id__startswith=BOOKING).exists():
        return
    asker = Actor("STAFF", treasurer, frozenset({"TREASURY"}))
    _agree(1, "cus_maria_gomez", PHOTOGRAPHER, 120_000, now)
    _fund(_agree(2, "cus_oliver_stone", PHOTOGRAPHER, 85_000, now), now)
    _build(now)
    large = _met(_fund(_agree(4, "cus_harbor_events", PHOTOGRAPHER, 640_000, now), now), now)
    releases.release(escrow_id=large.public_id, livemode=False, actor=asker, reason="Gallery delivered", now=now)
    _disputed(_fund(_agree(5, "cus_nadia_karim", PHOTOGRAPHER, 60_000, now), now), now)
    small = _met(_fund(_agree(6, "cus_felix_brandt", PHOTOGRAPHER, 45_000, now), now), now)
    releases.release(escrow_id=small.public_id, livemode=False, actor=MARKETPLACE, reason="Gallery delivered", now=now)
    back = _fund(_agree(7, "cus_wanda_iwasaki", PHOTOGRAPHER, 30_000, now), now)
    refunds.refund(
        escrow_id=back.public_id, livemode=False, actor=MARKETPLACE, reason="The photographer fell ill", now=now
    )


def _agree(
    number: int, payer: str, payee: str, amount_minor: int, now: datetime, document: dict[str, Any] | None = None
) -> Escrow:
    order = EscrowOrder(payer, payee, amount_minor, "USD", document or DEFAULT_TERMS, booking_id=f"{BOOKING}{number}")
    return agreements.create(order, livemode=False, actor=MARKETPLACE, now=now)


def _fund(escrow: Escrow, now: datetime) -> Escrow:
    return funding.fund_by_bank(
        escrow_id=escrow.public_id, livemode=False, reference=f"WIRE {escrow.booking_id}", actor=MARKETPLACE, now=now
    )


def _met(escrow: Escrow, now: datetime, condition_id: str = "service_completed") -> Escrow:
    return conditions.satisfy(
        escrow_id=escrow.public_id, condition_id=condition_id, livemode=False, by=escrow.payer.party_id,
        evidence=[{"name": "handover.pdf", "sha256": "3b" * 32}], actor=MARKETPLACE, now=now,
    )  # fmt: skip


def _build(now: datetime) -> None:
    """A terrace in three stages, the first of which is paid."""
    stages = [
        {
            "conditionId": name,
            "type": "MILESTONE_REACHED",
            "description": description,
            "milestoneData": {"amount": amount, "inspectionHours": 48},
        }
        for name, description, amount in (
            ("foundation", "The foundation is poured", 30_000),
            ("frame", "The frame stands", 40_000),
            ("deck", "The deck is laid", 20_000),
        )
    ]
    document = {**DEFAULT_TERMS, "escrowConditions": stages}
    terrace = _fund(_agree(3, "cus_maria_gomez", BUILDER, 90_000, now, document), now)
    _met(terrace, now, "foundation")
    conditions.accept(
        escrow_id=terrace.public_id, condition_id="foundation", livemode=False, by="cus_maria_gomez",
        actor=MARKETPLACE, now=now,
    )  # fmt: skip
    releases.release(
        escrow_id=terrace.public_id, livemode=False, actor=MARKETPLACE, reason="The foundation is poured",
        condition_id="foundation", now=now,
    )  # fmt: skip
    _met(terrace, now, "frame")


def _disputed(escrow: Escrow, now: datetime) -> None:
    disputes.raise_(
        escrow_id=escrow.public_id, livemode=False, side=DisputeSide.PAYER, reason=DisputeReason.NOT_AS_AGREED,
        text="Half of the album is out of focus.", actor=MARKETPLACE, now=now,
    )  # fmt: skip
