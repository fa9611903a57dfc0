"""Payments that wait for a person: open, claim, decide, and decline by themselves before the authorisation lapses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import CaseDecision, CaseOutcome, CaseState
from fraud.events import CaseDecided
from fraud.models import Assessment, ReviewCase

DEADLINE_WORK = "fraud.case_deadline"
UNDECIDED = "Nobody decided before the capture deadline"


class CaseNotFound(Refusal):
    code = "CASE_NOT_FOUND"
    status = 404
    title = "No such review case"


class UnableToClaim(Refusal):
    code = "CASE_NOT_CLAIMABLE"
    status = 409
    title = "The case cannot be claimed"


class UnableToDecide(Refusal):
    code = "CASE_NOT_DECIDABLE"
    status = 409
    title = "The case cannot be decided"


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a case shows of its payment. `why` is used where no rule says in words what made it doubtful."""

    payment_id: str
    transaction_id: str | None
    livemode: bool
    payer_id: str
    payee_id: str | None
    amount_minor: int
    currency: str
    score: int | None
    why: str
    capture_deadline: datetime


def open(  # noqa: A001 (cases.open reads as what it is)
    *, case: NewCase, assessment_row_id: int | None, now: datetime
) -> ReviewCase:
    """One case per payment: opening it again returns the first. In the caller's transaction.

    The case declines itself `fraud.decline_lead_minutes` before `capture_deadline`, or at once if that is past.
    """
    lead = timedelta(minutes=parameters.read("fraud.decline_lead_minutes", at=now))
    with transaction.atomic():
        candidate = ReviewCase(
            case_id=ids.prefixed("case", now),
            livemode=case.livemode,
            payment_id=case.payment_id,
            transaction_id=case.transaction_id,
            assessment_id=assessment_row_id,
            payer_id=case.payer_id,
            payee_id=case.payee_id,
            amount_minor=case.amount_minor,
            currency=case.currency,
            score=case.score,
            why=(_in_words(assessment_row_id) or case.why)[:500],
            capture_deadline=case.capture_deadline,
            next_action_at=min(max(case.capture_deadline - lead, now), case.capture_deadline),
            opened_at=now,
        )
        ReviewCase.objects.bulk_create([candidate], ignore_conflicts=True)
        opened = ReviewCase.objects.get(payment_id=case.payment_id)
        if opened.case_id == candidate.case_id:
            audit.record(
                actor=SYSTEM,
                action="fraud.case.opened",
                subject=opened.case_id,
                at=now,
                details={"payment_id": opened.payment_id, "score": opened.score},
            )
            work.enqueue(kind=DEADLINE_WORK, key=opened.case_id, payload={}, due_at=opened.next_action_at, now=now)
    return opened


def claim(*, case_id: str, actor: Actor, now: datetime) -> ReviewCase:
    """Take a case, or renew one's own claim. Raises UnableToClaim while another holds it or it is decided."""
    with transaction.atomic():
        case = _locked(case_id)
        if case.state == CaseState.DECIDED:
            raise UnableToClaim("the case is decided")
        if not _may_hold(case, actor, now):
            raise UnableToClaim("another analyst holds the case")
        return _hold(case, actor=actor, now=now)


def claim_next(*, actor: Actor, now: datetime, livemode: bool | None = None) -> ReviewCase | None:
    """The most urgent case nobody holds, claimed; None if there is none. Two analysts never get the same."""
    free = Q(state=CaseState.OPEN) | Q(state=CaseState.CLAIMED, claimed_at__lte=now - claim_length(now))
    if livemode is not None:
        free &= Q(livemode=livemode)
    with transaction.atomic():
        case = (
            ReviewCase.objects.select_for_update(skip_locked=True)
            .filter(free)
            .order_by("capture_deadline", F("score").desc(), "id")
            .first()
        )
        return _hold(case, actor=actor, now=now) if case else None


def release(*, case_id: str, actor: Actor, now: datetime) -> ReviewCase:
    """Give a claim back. Raises UnableToClaim if the actor does not hold it."""
    with transaction.atomic():
        case = _locked(case_id)
        if case.state != CaseState.CLAIMED or case.claimed_by != str(actor):
            raise UnableToClaim("only its holder can give a claim back")
        case.state, case.claimed_by, case.claimed_at = CaseState.OPEN, "", None
        case.save(update_fields=["state", "claimed_by", "claimed_at"])
        audit.record(actor=actor, action="fraud.case.released", subject=case_id, at=now)
    return case


def decide(
    *,
    case_id: str,
    decision: CaseDecision,
    outcome: CaseOutcome,
    reason: str,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """Approve (payments capture) or decline (payments void), once. Publishes CaseDecided.

    `outcome` is what was found, kept apart from what is done. Raises UnableToDecide without a reason, when the case
    is decided, past its `next_action_at`, or held by another; an unheld case is held by deciding it.
    """
    if not reason.strip():
        raise UnableToDecide("a decision needs a reason")
    if decision == CaseDecision.APPROVE and outcome == CaseOutcome.CONFIRMED_FRAUD:
        raise UnableToDecide("confirmed fraud is never approved")
    with transaction.atomic():
        case = _locked(case_id)
        if case.state == CaseState.DECIDED:
            raise UnableToDecide("the case is decided already")
        if not _may_hold(case, actor, now):
            raise UnableToDecide("another analyst holds the case")
        if now >= case.next_action_at:
            raise UnableToDecide("the time to decide is over; the payment is being voided")
        return _close(case, decision=decision, outcome=outcome, reason=reason.strip(), actor=actor, now=now)


def decline_overdue(*, case_id: str, now: datetime) -> ReviewCase | None:
    """What happens when nobody decides: the safe direction. None where a person was faster or it is not yet time."""
    with transaction.atomic():
        case = _locked(case_id)
        if case.state == CaseState.DECIDED or now < case.next_action_at:
            return None
        return _close(
            case,
            decision=CaseDecision.DECLINE,
            outcome=CaseOutcome.UNDETERMINED,
            reason=UNDECIDED,
            actor=SYSTEM,
            now=now,
        )


def holder(case: ReviewCase, *, now: datetime) -> str:
    """The actor who holds the case now; empty when nobody does or the claim has lapsed."""
    if case.state != CaseState.CLAIMED or case.claimed_at is None or case.claimed_at <= now - claim_length(now):
        return ""
    return case.claimed_by


def claim_length(now: datetime) -> timedelta:
    """How long an untouched claim lasts."""
    return timedelta(minutes=parameters.read("fraud.claim_minutes", at=now))


def _in_words(assessment_row_id: int | None) -> str:
    """What the rules that raised the score look for, strongest first."""
    if assessment_row_id is None:
        return ""
    hits = Assessment.objects.filter(pk=assessment_row_id).values_list("hits", flat=True).first() or []
    raising = sorted((hit for hit in hits if hit["points"] > 0), key=lambda hit: -hit["points"])
    return "; ".join(hit["description"] for hit in raising)


def _locked(case_id: str) -> ReviewCase:
    case = ReviewCase.objects.select_for_update().filter(case_id=case_id).first()
    if case is None:
        raise CaseNotFound(f"no case is named {case_id}")
    return case


def _may_hold(case: ReviewCase, actor: Actor, now: datetime) -> bool:
    return holder(case, now=now) in ("", str(actor))


def _hold(case: ReviewCase, *, actor: Actor, now: datetime) -> ReviewCase:
    case.state, case.claimed_by, case.claimed_at = CaseState.CLAIMED, str(actor), now
    case.save(update_fields=["state", "claimed_by", "claimed_at"])
    audit.record(actor=actor, action="fraud.case.claimed", subject=case.case_id, at=now)
    return case


def _close(
    case: ReviewCase, *, decision: CaseDecision, outcome: CaseOutcome, reason: str, actor: Actor, now: datetime
) -> ReviewCase:
    case.state, case.decision, case.outcome = CaseState.DECIDED, decision, outcome
    case.decision_reason, case.decided_by, case.decided_at = reason[:1000], str(actor), now
    case.save(update_fields=["state", "decision", "outcome", "decision_reason", "decided_by", "decided_at"])
    audit.record(
        actor=actor,
        action=f"fraud.case.{'approved' if decision == CaseDecision.APPROVE else 'declined'}",
        subject=case.case_id,
        at=now,
        details={"payment_id": case.payment_id, "outcome": str(outcome), "reason": reason[:200]},
    )
    outbox.publish(
        CaseDecided(
            case_id=case.case_id,
            payment_id=case.payment_id,
            decision=str(decision),
            outcome=str(outcome),
            decided_by=str(actor),
            automatic=actor == SYSTEM,
            livemode=case.livemode,
            decided_at=now,
        )
    )
    return case
