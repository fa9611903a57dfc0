"""Reads of review cases: the queue in its order, the decided ones, one with its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from core.actors import Actor
from core.parameters import services as parameters
from fraud.enums import CaseCause, CaseLevel, CaseState
from fraud.models import CaseHit, CaseNote, CaseViewer, ReviewCase
from fraud.models.review_case import WAITING
from fraud.services.case_claims import CaseNotFound, held, servable, skills_of_others

# The keys of the queue, most urgent first; each page is read by the index of the same name.
QUEUE_ORDER = ("rank", "priority", "id")


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases of the mode by view. `free` are those this person would be served."""

    waiting: int
    held: int
    mine: int
    free: int
    asleep: int
    escalated: int


def get(*, case_id: str, livemode: bool) -> ReviewCase:
    """With its assessment. Raises CaseNotFound."""
    case = ReviewCase.objects.select_related("assessment").filter(case_id=case_id, livemode=livemode).first()
    if case is None:
        raise CaseNotFound(f"no case is named {case_id}")
    return case


def find_for_payment(*, payment_id: str) -> ReviewCase | None:
    """The case that holds the payment, or held it."""
    return ReviewCase.objects.filter(payment_id=payment_id, cause=CaseCause.OUTCOME).first()


def all_waiting(*, livemode: bool, payer_id: str = "", cause: str = "", skill: str = "") -> QuerySet[ReviewCase]:
    """For pages by `QUEUE_ORDER`, most urgent first."""
    cases = ReviewCase.objects.filter(livemode=livemode, state__in=WAITING)
    if payer_id:
        cases = cases.filter(payer_id=payer_id)
    if cause:
        cases = cases.filter(cause=cause)
    return cases.filter(skills__contains=[skill]) if skill else cases


def free_for(cases: QuerySet[ReviewCase], *, actor: Actor, as_lead: bool, now: datetime) -> QuerySet[ReviewCase]:
    """Those of the cases that this person would be served, in time."""
    return cases.filter(servable(actor=actor, as_lead=as_lead, now=now)).exclude(
        skills__overlap=skills_of_others(actor)
    )


def held_by(cases: QuerySet[ReviewCase], *, holder: str, now: datetime) -> QuerySet[ReviewCase]:
    return cases.filter(held(now) & Q(claimed_by=holder) | Q(assigned_to=holder))


def asleep(cases: QuerySet[ReviewCase], *, now: datetime) -> QuerySet[ReviewCase]:
    return cases.filter(snoozed_until__gt=now)


def escalated(cases: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
    return cases.filter(level=CaseLevel.LEAD)


def all_decided(
    *, livemode: bool, payer_id: str = "", cause: str = "", hidden: Sequence[int] = ()
) -> QuerySet[ReviewCase]:
    """For pages, newest first, without the `hidden` rows."""
    decided = ReviewCase.objects.filter(livemode=livemode, state=CaseState.DECIDED).exclude(pk__in=hidden)
    if cause:
        decided = decided.filter(cause=cause)
    return decided.filter(payer_id=payer_id) if payer_id else decided


def count_waiting(*, livemode: bool, actor: Actor, as_lead: bool, now: datetime) -> Counts:
    """One statement, beside the one for skills."""
    holder, missing = str(actor), skills_of_others(actor)
    counted = ReviewCase.objects.filter(livemode=livemode, state__in=WAITING).aggregate(
        waiting=Count("id"),
        held=Count("id", filter=held(now)),
        mine=Count("id", filter=held(now) & Q(claimed_by=holder) | Q(assigned_to=holder)),
        free=Count("id", filter=servable(actor=actor, as_lead=as_lead, now=now) & ~Q(skills__overlap=missing)),
        asleep=Count("id", filter=Q(snoozed_until__gt=now)),
        escalated=Count("id", filter=Q(level=CaseLevel.LEAD)),
    )
    return Counts(**counted)


def list_of_customer(*, case: ReviewCase, hidden: Sequence[int] = (), limit: int = 10) -> list[ReviewCase]:
    """Other cases of the customer, newest first, without the `hidden` rows.

    A second review does not see the case it looks at again.
    """
    cases = ReviewCase.objects.filter(livemode=case.livemode, payer_id=case.payer_id).exclude(pk__in=[case.pk, *hidden])
    if case.cause == CaseCause.SECOND_REVIEW and case.state in WAITING:
        cases = (
            cases.exclude(payment_id=case.payment_id)
            if case.payment_id
            else cases.exclude(looked_at_again__second=case)
        )
    return list(cases.order_by("-id")[:limit])


def list_hits(case: ReviewCase, *, limit: int = 50) -> Sequence[CaseHit]:
    """What was found after the first, newest first."""
    return list(case.further_hits.order_by("-id")[:limit])


def list_notes(case: ReviewCase) -> Sequence[CaseNote]:
    return list(case.notes.order_by("id"))


def list_viewers(case: ReviewCase, *, but: Actor, now: datetime) -> list[CaseViewer]:
    """Who else has the case on the screen."""
    since = now - timedelta(minutes=parameters.read("fraud.viewing_minutes", at=now))
    return list(case.viewers.filter(seen_at__gt=since).exclude(person=str(but)).order_by("person"))
