"""Judge a share of decided cases again, blind: how often do two people agree, and whose decisions are overturned?"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.enums import CaseCause, CaseOutcome, CaseState
from fraud.models import ReviewCase, SecondReview
from fraud.services import case_worth

SHARES = 10_000


class SecondReviewNotFound(Refusal):
    code = "SECOND_REVIEW_NOT_FOUND"
    status = 404
    title = "No such second review"


class UnableToSettle(Refusal):
    code = "SECOND_REVIEW_NOT_SETTLED"
    status = 409
    title = "The difference cannot be settled"


def draw(*, now: datetime) -> int:
    """Open a second case for the share of the cases that people decided of late. Returns how many.

    Which ones is fixed by their ids: no one can steer it, and drawing again draws the same ones, once.
    """
    share = parameters.read("fraud.second_review_share", at=now)
    since = now - timedelta(hours=parameters.read("fraud.second_review_lookback_hours", at=now))
    candidates = ReviewCase.objects.filter(
        state=CaseState.DECIDED, decided_at__gt=since, decided_by__startswith="STAFF:", looked_at_again=None
    ).exclude(cause=CaseCause.SECOND_REVIEW)
    return sum(_open(first, now=now) for first in _drawn(candidates.order_by("decided_at", "id"), share))


def conclude(second: ReviewCase, *, now: datetime) -> SecondReview:
    """Compare the two. In the transaction that decides the second case."""
    review = SecondReview.objects.select_for_update().select_related("first").get(second=second)
    review.second_by, review.concluded_at = second.decided_by, now
    review.agrees = (review.first.decision, _is_fraud(review.first)) == (second.decision, _is_fraud(second))
    review.save(update_fields=["second_by", "concluded_at", "agrees"])
    return review


def settle(*, case_id: str, outcome: CaseOutcome, reason: str, actor: Actor, now: datetime) -> SecondReview:
    """A lead says who was right, once; `case_id` is the first case. The decision and its label stay as they were.

    Raises SecondReviewNotFound, UnableToSettle without a reason, where the two agree or are not both decided, where
    it is settled already, and for whoever made one of the two decisions.
    """
    if not reason.strip():
        raise UnableToSettle("say why")
    with transaction.atomic():
        review = SecondReview.objects.select_for_update().filter(first__case_id=case_id).first()
        if review is None:
            raise SecondReviewNotFound(f"{case_id} was not judged again")
        if review.agrees is not False or review.settled_at is not None:
            raise UnableToSettle("there is no difference, or it is settled")
        if str(actor) in (review.first_by, review.second_by):
            raise UnableToSettle("one of the two decisions is your own")
        review.settled_outcome, review.settled_reason = outcome, reason.strip()[:1000]
        review.settled_by, review.settled_at = str(actor), now
        review.save(update_fields=["settled_outcome", "settled_reason", "settled_by", "settled_at"])
        audit.record(
            actor=actor, action="fraud.second_review.settled", subject=case_id, at=now,
            details={"outcome": str(outcome), "reason": reason.strip()[:200]},
        )  # fmt: skip
    return review


def _drawn(cases: Iterable[ReviewCase], share: int) -> Iterable[ReviewCase]:
    return (case for case in cases if _bucket(case.case_id) < share)


def _bucket(case_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"second review:{case_id}".encode()).digest()[:8]) % SHARES


def _open(first: ReviewCase, *, now: datetime) -> bool:
    """False where somebody was faster, or the payment's second review still waits."""
    second = ReviewCase(
        case_id=ids.prefixed("case", now),
        livemode=first.livemode,
        cause=CaseCause.SECOND_REVIEW,
        subject=f"case:{first.case_id}",
        payment_id=first.payment_id,
        transaction_id=first.transaction_id,
        assessment_id=first.assessment_id,
        payer_id=first.payer_id,
        payee_id=first.payee_id,
        amount_minor=first.amount_minor,
        currency=first.currency,
        score=first.score,
        why=first.why,
        not_for=first.decided_by,
        skills=first.skills,
        opened_at=now,
        due_at=now + timedelta(hours=parameters.read("fraud.unheld_case_hours", at=now)),
    )
    case_worth.price(second, at=now)
    with transaction.atomic():
        locked = ReviewCase.objects.select_for_update().get(pk=first.pk)
        if SecondReview.objects.filter(first=locked).exists():
            return False
        second.save(force_insert=True)
        SecondReview.objects.create(first=locked, second=second, first_by=first.decided_by, drawn_at=now)
        audit.record(
            actor=SYSTEM, action="fraud.case.opened", subject=second.case_id, at=now,
            details={"payment_id": second.payment_id, "score": second.score, "cause": str(second.cause)},
        )  # fmt: skip
    return True


def _is_fraud(case: ReviewCase) -> bool | None:
    """Suspected and confirmed are one answer; None where it could not be determined."""
    return {
        CaseOutcome.GENUINE.value: False,
        CaseOutcome.SUSPECTED_FRAUD.value: True,
        CaseOutcome.CONFIRMED_FRAUD.value: True,
    }.get(str(case.outcome))
