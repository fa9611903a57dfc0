"""What we answer to a chargeback: evidence against it, once and in time, or nothing more to say.

The network hears of it after commit, by a work item.
"""

from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.errors import Refusal
from core.telemetry.redaction import redact
from core.work import services as work
from payments.enums import ChargebackState
from payments.gateways import registry
from payments.gateways.port import require_no_transaction
from payments.models import Chargeback
from payments.selectors import chargebacks as known
from payments.selectors import payments as register
from payments.services import chargeback_records, chargebacks
from payments.services.chargebacks import ChargebackEnded

ANSWER = "payments.answer_chargeback"
EVIDENCE_LENGTH = 10_000


class UnableToContest(Refusal):
    code = "CHARGEBACK_NOT_CONTESTED"
    status = 409
    title = "The chargeback cannot be contested"


def contest(*, chargeback_id: str, evidence: str, livemode: bool, actor: Actor, now: datetime) -> Chargeback:
    """Send evidence, once. Raises ChargebackNotFound, ChargebackEnded, UnableToContest (empty, late, sent before)."""
    said = redact(evidence.strip())
    with transaction.atomic():
        chargeback = _open_one(chargeback_id, livemode=livemode)
        if not 0 < len(said) <= EVIDENCE_LENGTH:
            raise UnableToContest(f"evidence is a text of up to {EVIDENCE_LENGTH:,} characters")
        if chargeback.contested_at is not None:
            raise UnableToContest("evidence is sent once, and it was")
        if now >= chargeback.respond_by:
            raise UnableToContest("the time to answer is over")
        chargeback.evidence, chargeback.contested_at, chargeback.contested_by = said, now, str(actor)
        chargeback.save(update_fields=["evidence", "contested_at", "contested_by"])
        work.enqueue(kind=ANSWER, key=chargeback.public_id, payload={}, due_at=now, now=now)
        chargeback_records.record("contested", chargeback, actor=actor, now=now)
    return chargeback


def accept(*, chargeback_id: str, livemode: bool, actor: Actor, now: datetime) -> Chargeback:
    """Leave the money with the card's holder. Raises ChargebackNotFound, ChargebackEnded, UnableToContest."""
    with transaction.atomic():
        chargeback = _open_one(chargeback_id, livemode=livemode)
        if chargeback.contested_at is not None:
            raise UnableToContest("evidence was sent: the network decides")
        work.enqueue(kind=ANSWER, key=chargeback.public_id, payload={}, due_at=now, now=now)
        return chargebacks.close(chargeback_id=chargeback_id, outcome=ChargebackState.ACCEPTED, actor=actor, now=now)


def _open_one(chargeback_id: str, *, livemode: bool) -> Chargeback:
    """An open one, with its payment locked first."""
    register.lock(known.get(chargeback_id, livemode=livemode).payment.public_id)
    chargeback = known.get(chargeback_id, livemode=livemode)
    if chargeback.state != ChargebackState.OPEN:
        raise ChargebackEnded(f"the chargeback is {chargeback.state}")
    return chargeback


def send(*, chargeback_id: str, now: datetime) -> None:
    """Tell the network what was answered; again is the same answer. Outside any transaction."""
    require_no_transaction()
    chargeback = known.get(chargeback_id)
    feed = registry.feed(chargeback.gateway)
    if feed is not None:
        feed.answer(reference=chargeback.network_reference, evidence=chargeback.evidence, now=now)
