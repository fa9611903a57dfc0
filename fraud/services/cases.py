"""What a person has to judge: open it, attach what else is found, decide it, and let it decline by itself in time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from compliance.enums import ReferralSubject
from compliance.services import referrals
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import CaseCause, CaseDecision, CaseOutcome, CaseState
from fraud.events import CaseConcluded, CaseDecided
from fraud.models import CaseHit, ReviewCase
from fraud.models.review_case import WAITING
from fraud.selectors import objections
from fraud.services import case_claims, case_worth, second_reviews
from fraud.services.case_claims import (
    CaseNotFound,
    UnableToClaim,
    claim,
    claim_length,
    claim_next,
    holder,
    release,
    release_all,
)

__all__ = [
    "CaseNotFound",
    "UnableToClaim",
    "UnableToDecide",
    "UnsafeToApprove",
    "claim",
    "claim_length",
    "claim_next",
    "decide",
    "decline_overdue",
    "holder",
    "open",
    "raise_for",
    "release",
    "release_all",
]

DEADLINE_WORK = "fraud.case_deadline"
UNDECIDED = "Nobody decided before the capture deadline"
ABOUT_A_PAYMENT = frozenset({CaseCause.OUTCOME, CaseCause.PERSON, CaseCause.RESCORE, CaseCause.SECOND_REVIEW})


class UnableToDecide(Refusal):
    code = "CASE_NOT_DECIDABLE"
    status = 409
    title = "The case cannot be decided"


class UnsafeToApprove(UnableToDecide):
    """Something speaks against it that was not acknowledged, or came up after the page was read."""

    code = "CASE_UNSAFE_TO_APPROVE"
    title = "Something speaks against approving the payment"


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
    """One case per held payment: opening it again returns the first. In the caller's transaction.

    The case declines itself `fraud.decline_lead_minutes` before `capture_deadline`, or at once if that is past.
    """
    lead = timedelta(minutes=parameters.read("fraud.decline_lead_minutes", at=now))
    evidence = case_worth.evidence(assessment_row_id)
    ends = min(max(case.capture_deadline - lead, now), case.capture_deadline)
    candidate = ReviewCase(
        case_id=ids.prefixed("case", now),
        livemode=case.livemode,
        cause=CaseCause.OUTCOME,
        subject=f"payment:{case.payment_id}",
        payment_id=case.payment_id,
        transaction_id=case.transaction_id,
        assessment_id=assessment_row_id,
        payer_id=case.payer_id,
        payee_id=case.payee_id,
        amount_minor=case.amount_minor,
        currency=case.currency,
        score=case.score,
        why=(evidence.why or case.why)[:500],
        capture_deadline=case.capture_deadline,
        next_action_at=ends,
        due_at=ends,
        skills=case_worth.skills(evidence.codes, case.amount_minor, at=now),
        opened_at=now,
    )
    case_worth.price(candidate, at=now)
    with transaction.atomic():
        ReviewCase.objects.bulk_create([candidate], ignore_conflicts=True)
        opened = ReviewCase.objects.get(payment_id=case.payment_id, cause=CaseCause.OUTCOME)
        if opened.case_id == candidate.case_id:
            _record_opening(opened, actor=SYSTEM, now=now)
            work.enqueue(kind=DEADLINE_WORK, key=opened.case_id, payload={}, due_at=ends, now=now)
    return opened


def raise_for(
    *,
    cause: CaseCause,
    payment_id: str | None,
    payer_id: str,
    payee_id: str | None,
    livemode: bool,
    amount_minor: int,
    currency: str,
    score: int | None,
    why: str,
    assessment_row_id: int | None,
    opened_by: Actor,
    now: datetime,
) -> ReviewCase:
    """A case that holds nothing, or one more hit on the one that waits: one per subject and cause.

    The subject is the payment, for a rule the customer: its further payments are hits. What was found by one
    assessment is found once, also after the case is decided. Raises ValueError for a cause of held payments.
    """
    if cause == CaseCause.OUTCOME:
        raise ValueError("payments open the cases of what they hold")
    about_payment = payment_id is not None and cause in ABOUT_A_PAYMENT
    evidence = case_worth.evidence(assessment_row_id)
    candidate = ReviewCase(
        case_id=ids.prefixed("case", now),
        livemode=livemode,
        cause=cause,
        subject=f"payment:{payment_id}" if about_payment else f"party:{payer_id}",
        payment_id=payment_id,
        assessment_id=assessment_row_id,
        payer_id=payer_id,
        payee_id=payee_id,
        amount_minor=amount_minor,
        currency=currency,
        score=score,
        why=(why or evidence.why)[:500],
        opened_by=str(opened_by),
        opened_at=now,
        due_at=now + timedelta(hours=parameters.read("fraud.unheld_case_hours", at=now)),
        skills=case_worth.skills(evidence.codes, amount_minor, at=now),
    )
    case_worth.price(candidate, at=now)
    with transaction.atomic():
        if known := _found_before(candidate):
            return known
        waiting = _the_one_that_waits(candidate)
        if waiting.case_id == candidate.case_id:
            _record_opening(waiting, actor=opened_by, now=now)
            return waiting
        return _attach(waiting, candidate, actor=opened_by, now=now)


def decide(
    *,
    case_id: str,
    decision: CaseDecision,
    outcome: CaseOutcome,
    reason: str,
    actor: Actor,
    now: datetime,
    acknowledged: Collection[str] = (),
    hand_over: bool = False,
    as_lead: bool = False,
) -> ReviewCase:
    """Approve (payments capture) or decline (payments void), once. Publishes CaseDecided, CaseConcluded without a hold.

    `outcome` is what was found, kept apart from what is done. `acknowledged` are the codes of the warnings that were
    read: an approval over any other is refused. With `hand_over` compliance goes on from here, and nothing but their
    own referral says so. Raises UnableToDecide without a reason, when the case is decided, past its
    `next_action_at`, or not this person's to decide; an unheld case is held by deciding it. Raises UnsafeToApprove.
    """
    _require_sense(decision, outcome, reason, hand_over=hand_over)
    with transaction.atomic():
        case = case_claims.locked(case_id)
        if why_not := case_claims.obstacle(case, actor=actor, as_lead=as_lead, now=now):
            raise UnableToDecide(why_not)
        if case.next_action_at is not None and now >= case.next_action_at:
            raise UnableToDecide("the time to decide is over; the payment is being voided")
        if decision == CaseDecision.APPROVE:
            _require_acknowledged(case, acknowledged, now=now)
        if hand_over:
            referrals.open(
                subject_kind=ReferralSubject.REVIEW_CASE,
                subject_id=case.case_id,
                party_ids=[case.payer_id, case.payee_id or ""],
                livemode=case.livemode,
                reason=reason,
                referred_by=actor,
                now=now,
            )
        return _close(case, decision=decision, outcome=outcome, reason=reason.strip(), actor=actor, now=now)


def decline_overdue(*, case_id: str, now: datetime) -> ReviewCase | None:
    """What happens when nobody decides: the safe direction. None where a person was faster or it is not yet time."""
    with transaction.atomic():
        case = case_claims.locked(case_id)
        if case.state == CaseState.DECIDED or case.next_action_at is None or now < case.next_action_at:
            return None
        return _close(
            case,
            decision=CaseDecision.DECLINE,
            outcome=CaseOutcome.UNDETERMINED,
            reason=UNDECIDED,
            actor=SYSTEM,
            now=now,
        )


def _require_sense(decision: CaseDecision, outcome: CaseOutcome, reason: str, *, hand_over: bool) -> None:
    if not reason.strip():
        raise UnableToDecide("a decision needs a reason")
    if decision == CaseDecision.APPROVE and outcome == CaseOutcome.CONFIRMED_FRAUD:
        raise UnableToDecide("confirmed fraud is never approved")
    if decision == CaseDecision.APPROVE and hand_over:
        raise UnableToDecide("what is handed over to compliance is not approved")


def _require_acknowledged(case: ReviewCase, acknowledged: Collection[str], *, now: datetime) -> None:
    open_ones = [
        warning.text for warning in objections.list_for_case(case, now=now) if warning.code not in acknowledged
    ]
    if open_ones:
        raise UnsafeToApprove(f"read and acknowledge first: {'; '.join(open_ones)}")


def _found_before(candidate: ReviewCase) -> ReviewCase | None:
    """The case to which this very assessment has already been brought for this cause."""
    if candidate.assessment_id is None:
        return None
    cases = ReviewCase.objects.filter(cause=candidate.cause)
    return (
        cases.filter(assessment_id=candidate.assessment_id).first()
        or cases.filter(further_hits__assessment_id=candidate.assessment_id).first()
    )


def _the_one_that_waits(candidate: ReviewCase) -> ReviewCase:
    """Locked. Between meeting another and locking it, it may be decided: then once more."""
    while True:
        ReviewCase.objects.bulk_create([candidate], ignore_conflicts=True)
        waiting = (
            ReviewCase.objects.select_for_update()
            .filter(livemode=candidate.livemode, subject=candidate.subject, cause=candidate.cause, state__in=WAITING)
            .first()
        )
        if waiting:
            return waiting


def _attach(case: ReviewCase, found: ReviewCase, *, actor: Actor, now: datetime) -> ReviewCase:
    """One more hit: the amounts add up, the score only rises, the point of no return stays."""
    reference = _reference(found)
    if reference and (reference == case.payment_id or case.further_hits.filter(reference=reference).exists()):
        return case
    CaseHit.objects.create(
        case=case,
        reference=reference,
        payment_id=found.payment_id,
        assessment_id=found.assessment_id,
        amount_minor=found.amount_minor,
        currency=found.currency,
        score=found.score,
        why=found.why,
        found_by=str(actor),
        found_at=now,
    )
    case.hits += 1
    case.last_hit_at = now
    case.score = max(case.score or 0, found.score or 0) or None
    case.skills = sorted({*case.skills, *found.skills})
    case_worth.price(case, at=now, further_minor=case_worth.further_amount(case))
    case.save(update_fields=["hits", "last_hit_at", "score", "skills", "expected_loss_minor", "priority"])
    audit.record(
        actor=actor, action="fraud.case.hit", subject=case.case_id, at=now,
        details={"payment_id": found.payment_id, "score": found.score, "hits": case.hits},
    )  # fmt: skip
    return case


def _reference(found: ReviewCase) -> str:
    """What brings a hit once; a person may say more than one thing about the same payment."""
    if found.cause == CaseCause.PERSON:
        return ""
    return f"assessment:{found.assessment_id}" if found.assessment_id else found.payment_id or ""


def _record_opening(case: ReviewCase, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="fraud.case.opened",
        subject=case.case_id,
        at=now,
        details={"payment_id": case.payment_id, "score": case.score, "cause": str(case.cause)},
    )


def _close(
    case: ReviewCase, *, decision: CaseDecision, outcome: CaseOutcome, reason: str, actor: Actor, now: datetime
) -> ReviewCase:
    case.state, case.decision, case.outcome = CaseState.DECIDED, decision, outcome
    case.decision_reason, case.decided_by, case.decided_at = reason[:1000], str(actor), now
    case.snoozed_until = None
    case.save(
        update_fields=["state", "decision", "outcome", "decision_reason", "decided_by", "decided_at", "snoozed_until"]
    )
    audit.record(
        actor=actor,
        action=f"fraud.case.{'approved' if decision == CaseDecision.APPROVE else 'declined'}",
        subject=case.case_id,
        at=now,
        details={"payment_id": case.payment_id, "outcome": str(outcome), "reason": reason[:200]},
    )
    if case.cause == CaseCause.SECOND_REVIEW:
        second_reviews.conclude(case, now=now)
    else:
        outbox.publish(_event(case, actor=actor, now=now))
    return case


def _event(case: ReviewCase, *, actor: Actor, now: datetime) -> CaseDecided | CaseConcluded:
    """Only a held payment has to be captured or voided, and only of that a marketplace hears."""
    if not case.is_held:
        return CaseConcluded(
            case_id=case.case_id,
            payment_id=case.payment_id or "",
            cause=str(case.cause),
            outcome=str(case.outcome),
            decided_by=str(actor),
            livemode=case.livemode,
            decided_at=now,
        )
    return CaseDecided(
        case_id=case.case_id,
        payment_id=case.payment_id or "",
        decision=str(case.decision),
        outcome=str(case.outcome),
        decided_by=str(actor),
        automatic=actor == SYSTEM,
        livemode=case.livemode,
        decided_at=now,
    )
