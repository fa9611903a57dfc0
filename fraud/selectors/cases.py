"""Reads of review cases: the queue in its order, the decided ones, one with its evidence."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from fraud.enums import CaseState
from fraud.models import ReviewCase
from fraud.models.review_case import WAITING
from fraud.services.cases import CaseNotFound, claim_length

QUEUE_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Counts:
    """Waiting cases of the mode, those somebody holds, those one person holds."""

    waiting: int
    held: int
    mine: int


def get(*, case_id: str, livemode: bool) -> ReviewCase:
    """With its assessment. Raises CaseNotFound."""
    case = ReviewCase.objects.select_related("assessment").filter(case_id=case_id, livemode=livemode).first()
    if case is None:
        raise CaseNotFound(f"no case is named {case_id}")
    return case


def find_for_payment(*, payment_id: str) -> ReviewCase | None:
    return ReviewCase.objects.filter(payment_id=payment_id).first()


def list_waiting(
    *, livemode: bool, payer_id: str = "", free_only: bool = False, holder: str = "", now: datetime
) -> list[ReviewCase]:
    """The queue: earliest deadline first, then highest score; at most the first hundred."""
    cases = ReviewCase.objects.filter(livemode=livemode, state__in=WAITING)
    if payer_id:
        cases = cases.filter(payer_id=payer_id)
    if holder:
        cases = cases.filter(_held(now), claimed_by=holder)
    if free_only:
        cases = cases.exclude(_held(now))
    return list(cases.order_by("capture_deadline", F("score").desc(), "id")[:QUEUE_SHOWN])


def all_decided(*, livemode: bool, payer_id: str = "") -> QuerySet[ReviewCase]:
    """For pages, newest first."""
    decided = ReviewCase.objects.filter(livemode=livemode, state=CaseState.DECIDED)
    return decided.filter(payer_id=payer_id) if payer_id else decided


def count_waiting(*, livemode: bool, holder: str, now: datetime) -> Counts:
    counted = ReviewCase.objects.filter(livemode=livemode, state__in=WAITING).aggregate(
        waiting=Count("id"),
        held=Count("id", filter=_held(now)),
        mine=Count("id", filter=_held(now) & Q(claimed_by=holder)),
    )
    return Counts(**counted)


def _held(now: datetime) -> Q:
    return Q(state=CaseState.CLAIMED, claimed_at__gt=now - claim_length(now))
