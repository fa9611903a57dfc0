"""Accept a transfer: judged, classed, its entry given to the rail, its money set aside, all in one transaction.

Used by clients' transfers and by payouts of balances alike. The entry begins HELD where people have to decide first.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from ach.calendar.settlement import Settlement
from ach.enums import Direction, EntryKind, Priority
from ach.models import Entry
from ach.services import entries, rates
from ach.services.entries import InvalidEntry, NewEntry
from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError
from core.outbox import services as outbox
from core.telemetry import context
from fraud.decisions import Assessment, AssessmentRequest
from fraud.enums import Recommendation
from fraud.features.store import Seen
from fraud.services import assessments
from payments import transfer_metrics
from payments.models import Transfer
from payments.services import transfer_checks as checks
from payments.services import transfer_holds, transfer_orders, transfer_sandbox, transfer_waits
from payments.services.transfer_checks import Check
from payments.services.transfer_failures import told_as_processing
from payments.services.transfer_orders import Classified, TransferOrder
from payments.services.transfer_sides import Sides
from payments.transfer_enums import Purpose, TransferState
from payments.transfer_events import TransferCreated, TransferFailed
from payments.transfer_parameters import number
from payments.transfer_refusals import HighFraudRisk, NachaValidationFailed, SanctionsMatch

_POINTERS = {
    "/addenda": "/description", "/description": "/companyDescription", "/sec": "/secCode", "/amountMinor": "/amount",
    "/requestedEffective": "/effectiveDate", "/account": "/toAccountId", "/name": "/toAccountId",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, and under which names. `seen` is what fraud remembers, from before the transaction."""

    transfer_id: str
    purpose: Purpose
    livemode: bool
    actor: Actor
    now: datetime
    caller: str = ""
    claim_id: int | None = None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the checks say."""

    classified: Classified
    assessment: Assessment
    trail: list[Check]
    flags: list[str]
    refusal: type[SanctionsMatch] | type[HighFraudRisk] | None
    why_review: str


@told_as_processing()
def originate(order: TransferOrder, sides: Sides, ask: Ask) -> Transfer:
    """The stored transfer, FAILED where sanctions or fraud forbid it. In the caller's transaction.

    Raises NachaValidationFailed, AccountVerificationFailed, AccountStopped, AccountOverdrawn, NobodyCanSign,
    ProcessingFailed.
    """
    found = _judge(order, sides, ask)
    if found.refusal is not None:
        return _refuse(order, sides, ask, found)
    state, why = _state(order, found, ask.now)
    entry, settlement = _submit(order, sides, ask, found, held=why)
    check, flags = checks.nacha(order, found.classified, settlement)
    transfer = _row(order, sides, ask, replace(found, flags=[*found.flags, *flags]), state=state, why=why)
    transfer.priority, transfer.estimated_settlement = entry.priority, settlement.settles_at
    transfer.save(force_insert=True)
    transfer_sandbox.fund(transfer, sides, now=ask.now)
    transfer_holds.open_for_transfer(transfer, entry, now=ask.now)
    _record(transfer, [check, *found.trail], ask)
    transfer_waits.begin(transfer, found.assessment, why, now=ask.now)
    payer, payee = sides.payer.party_id, sides.payee.party_id
    outbox.publish(
        TransferCreated(
            transfer.public_id, transfer.type, transfer.state, payer, payee, transfer.amount_minor, transfer.currency,
            transfer.livemode, ask.now,
        ),
        now=ask.now,
    )  # fmt: skip
    return transfer


def _judge(order: TransferOrder, sides: Sides, ask: Ask) -> _Found:
    classified = transfer_orders.classify(
        order, receiver_kind=sides.outside.party.kind, may_correct=sides.entered and not ask.livemode
    )
    verified, flags = checks.verification(sides.outside, livemode=ask.livemode, now=ask.now)
    screened, names = checks.sanctions(order, sides, livemode=ask.livemode, now=ask.now)
    assessment = assessments.evaluate(_request(order, sides, ask), seen=ask.seen, now=ask.now)
    judged = checks.fraud(assessment)
    all_flags, why = [*sides.flags, *flags], ""
    refusal: type[SanctionsMatch] | type[HighFraudRisk] | None = None
    if names.is_match:
        refusal = SanctionsMatch
        all_flags.append(SanctionsMatch.code)
    elif assessment.recommendation == Recommendation.BLOCK:
        refusal = HighFraudRisk
        all_flags.append(HighFraudRisk.code)
    if not names.was_screened:
        all_flags.append(checks.NOT_SCREENED)
        why = "no sanctions list says anything of the names"
    elif assessment.recommendation == Recommendation.REVIEW:
        why = "the fraud score asks for a person"
    elif order.amount_minor >= number("review_from_minor", ask.now):
        why = "the amount asks for a person"
    elif order.type == Direction.DEBIT:
        # Before a seller's returns pass a level of the rules, a person looks at each further debit.
        why = rates.why_held(sides.payee, now=ask.now)
    return _Found(classified, assessment, [verified, screened, judged], all_flags, refusal, why)


def _state(order: TransferOrder, found: _Found, now: datetime) -> tuple[TransferState, str]:
    if found.why_review:
        return TransferState.PENDING_REVIEW, found.why_review
    if order.amount_minor >= number("approval_from_minor", now):
        return TransferState.PENDING_APPROVAL, "the amount asks for signatures"
    return TransferState.SUBMITTED, ""


def _submit(order: TransferOrder, sides: Sides, ask: Ask, found: _Found, *, held: str) -> tuple[Entry, Settlement]:
    """Where the addenda has no place (TEL) the description stays with us."""
    sec = found.classified.sec
    new = NewEntry(
        kind=EntryKind.PAYMENT,
        reference=ask.transfer_id,
        account=sides.outside,
        direction=Direction(order.type),
        amount_minor=order.amount_minor,
        currency=order.currency,
        sec=sec,
        description=transfer_orders.company_description(order),
        addenda="" if sec == "TEL" else order.description.strip(),
        individual_id=ask.transfer_id[-15:],
        priority=Priority(order.priority),
        requested_effective=order.effective_on,
        on_behalf=sides.payee if order.type == Direction.DEBIT else sides.payer,
        payment_type="S" if sec in ("WEB", "TEL") else "",
        held=held,
    )
    try:
        submitted = entries.submit(new=new, livemode=ask.livemode, actor=ask.actor, now=ask.now)
    except InvalidEntry as refused:
        errors = tuple(FieldError(_POINTERS.get(each.pointer, each.pointer), each.reason) for each in refused.errors)
        raise NachaValidationFailed("; ".join(each.reason for each in errors), errors=errors) from None
    return submitted.entry, submitted.settlement


def _refuse(order: TransferOrder, sides: Sides, ask: Ask, found: _Found) -> Transfer:
    assert found.refusal is not None
    transfer = _row(order, sides, ask, found, state=TransferState.FAILED, why="")
    transfer.failure_code, transfer.decline_reason = found.refusal.code, found.refusal.title
    if found.refusal is SanctionsMatch:
        transfer.risk_score = 1000
    transfer.save(force_insert=True)
    _record(transfer, found.trail, ask)
    transfer_waits.observe(transfer, is_blocked=True)
    outbox.publish(
        TransferFailed(
            transfer.public_id, sides.payer.party_id, sides.payee.party_id, transfer.failure_code, ask.livemode, ask.now
        ),
        now=ask.now,
    )
    return transfer


def _row(order: TransferOrder, sides: Sides, ask: Ask, found: _Found, *, state: TransferState, why: str) -> Transfer:
    is_credit = order.type == Direction.CREDIT
    return Transfer(
        public_id=ask.transfer_id,
        livemode=ask.livemode,
        purpose=ask.purpose,
        type=order.type,
        state=state,
        state_why=why,
        amount_minor=order.amount_minor,
        currency=order.currency,
        priority_asked=order.priority,
        priority=order.priority,
        sec_asked=order.sec,
        sec=found.classified.sec,
        description=order.description,
        company_description=transfer_orders.company_description(order),
        requested_on=order.effective_on,
        customer=sides.customer,
        payer=sides.payer,
        payee=sides.payee,
        from_account=sides.with_us if is_credit else sides.outside,
        to_account=sides.outside if is_credit else sides.with_us,
        escrow_id=order.escrow_id,
        metadata=order.metadata,
        assessment_id=found.assessment.row_id,
        risk_score=found.assessment.score,
        compliance_flags=found.flags,
        caller=ask.caller,
        claim_id=ask.claim_id,
        created_by=str(ask.actor),
        request_id=context.request_id() or "",
        created_at=ask.now,
        updated_at=ask.now,
    )


def _record(transfer: Transfer, trail: list[Check], ask: Ask) -> None:
    transfer_metrics.count(transfer)
    checks.record(trail, subject=transfer.public_id, actor=ask.actor, now=ask.now)
    verb = "refused" if transfer.state == TransferState.FAILED else "accepted"
    audit.record(
        actor=ask.actor, action=f"payments.transfer.{verb}", subject=transfer.public_id, at=ask.now,
        details={
            "type": transfer.type, "amount_minor": transfer.amount_minor, "sec": transfer.sec, "state": transfer.state,
            "livemode": transfer.livemode, "code": transfer.failure_code,
        },
        result="DENIED" if verb == "refused" else "SUCCESS",
    )  # fmt: skip


def _request(order: TransferOrder, sides: Sides, ask: Ask) -> AssessmentRequest:
    client = order.customer.client if order.customer else None
    payer = sides.customer or sides.payer
    return AssessmentRequest(
        livemode=ask.livemode,
        payer_id=payer.party_id,
        payee_id=sides.payee.party_id,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payment_id=ask.transfer_id,
        transaction_id=ask.transfer_id,
        payment_method=order.payment_method,
        ip_address=client.ip_address if client else None,
        device_id=client.device_fingerprint if client else None,
        email=client.email if client else None,
        billing_country=client.billing_country if client else None,
        payer_since=payer.created_at,
        payee_since=sides.payee.created_at,
    )
