"""When a case comes and to whom: put first, put off, given up to a lead, given to somebody."""

from datetime import datetime, timedelta

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import CaseBoost, CaseCause, CaseLevel, CaseState
from fraud.models import ReviewCase
from fraud.services import case_claims as claims

RETURN_WORK = "fraud.case_returns"


class UnableToMove(Refusal):
    code = "CASE_NOT_MOVABLE"
    status = 409
    title = "The case cannot be moved"


def snooze(
    *, case_id: str, until: datetime, reason: str, actor: Actor, now: datetime, as_lead: bool = False
) -> ReviewCase:
    """Put a case off: nobody is served it until then, when it returns to the top, marked.

    Raises UnableToMove without a reason, for a time that is past, further away than the parameter or after the case
    would have declined itself, and if another holds it.
    """
    longest = timedelta(hours=parameters.read("fraud.snooze_longest_hours", at=now))
    with transaction.atomic():
        case = _movable(case_id, reason=reason, actor=actor, as_lead=as_lead, now=now)
        if not now < until <= now + longest:
            raise UnableToMove(f"a case sleeps for at most {int(longest.total_seconds() // 3600)} hours")
        if case.next_action_at is not None and until >= case.next_action_at:
            raise UnableToMove("by then the case would have declined itself")
        claims.let_go(case)
        case.snoozed_until = until
        _unboost(case)
        case.save(update_fields=["state", "claimed_by", "claimed_at", "snoozed_until", "rank", "boost"])
        work.enqueue(kind=RETURN_WORK, key=case_id, payload={}, due_at=until, now=now)
        _record(case, "snoozed", actor=actor, now=now, reason=reason, until=until.isoformat())
    return case


def wake(*, case_id: str, now: datetime) -> ReviewCase | None:
    """The end of a snooze. None where somebody has woken or decided the case, or put it off again."""
    with transaction.atomic():
        case = claims.locked(case_id)
        if case.snoozed_until is None or case.snoozed_until > now:
            return None
        case.snoozed_until = None
        _boost(case, CaseBoost.RETURNED)
        case.save(update_fields=["snoozed_until", "rank", "boost"])
        _record(case, "returned", actor=SYSTEM, now=now)
    return case


def escalate(*, case_id: str, reason: str, actor: Actor, now: datetime) -> ReviewCase:
    """Give a case up to the leads. Whoever escalates loses it for good.

    Raises UnableToMove without a reason, if another holds it, it is escalated already, or it is a second review,
    whose reader answers that it cannot be determined.
    """
    with transaction.atomic():
        case = _movable(case_id, reason=reason, actor=actor, as_lead=False, now=now)
        if case.cause == CaseCause.SECOND_REVIEW:
            raise UnableToMove("a second review is answered, if need be as undetermined")
        claims.let_go(case)
        case.level, case.not_for, case.assigned_to, case.snoozed_until = CaseLevel.LEAD, str(actor), "", None
        _boost(case, CaseBoost.ESCALATED)
        case.save(
            update_fields=[
                "state", "claimed_by", "claimed_at", "level", "not_for", "assigned_to", "snoozed_until", "rank",
                "boost",
            ]
        )  # fmt: skip
        _record(case, "escalated", actor=actor, now=now, reason=reason)
    return case


def assign(*, case_id: str, to: Actor, reason: str, actor: Actor, now: datetime) -> ReviewCase:
    """For leads: take a case from whoever holds it and give it to one person, who is served it next.

    Raises UnableToMove without a reason, for a decided case, and for a person it is not for.
    """
    with transaction.atomic():
        case = _movable(case_id, reason=reason, actor=actor, as_lead=True, now=now, take=True)
        if case.not_for == str(to):
            raise UnableToMove("the case is not for this person: they gave it up, or it looks at their decision again")
        claims.let_go(case)
        case.assigned_to, case.snoozed_until = str(to), None
        _boost(case, CaseBoost.REASSIGNED)
        case.save(update_fields=["state", "claimed_by", "claimed_at", "assigned_to", "snoozed_until", "rank", "boost"])
        _record(case, "assigned", actor=actor, now=now, reason=reason, to=str(to))
    return case


def raise_up(*, case_id: str, reason: str, actor: Actor, now: datetime) -> ReviewCase:
    """Put a case above the order of the queue. Raises UnableToMove without a reason and for a decided case."""
    with transaction.atomic():
        case = _movable(case_id, reason=reason, actor=actor, as_lead=True, now=now, take=True)
        _boost(case, CaseBoost.RAISED)
        case.save(update_fields=["rank", "boost"])
        _record(case, "raised", actor=actor, now=now, reason=reason)
    return case


def _movable(
    case_id: str, *, reason: str, actor: Actor, as_lead: bool, now: datetime, take: bool = False
) -> ReviewCase:
    """Locked, and this person may move it; with `take` also out of another's hands."""
    if not reason.strip():
        raise UnableToMove("say why")
    case = claims.locked(case_id)
    if case.state == CaseState.DECIDED:
        raise UnableToMove("the case is decided already")
    if not take and (why := claims.obstacle(case, actor=actor, as_lead=as_lead, now=now)):
        raise UnableToMove(why)
    return case


def _boost(case: ReviewCase, reason: CaseBoost) -> None:
    case.rank, case.boost = 1, reason


def _unboost(case: ReviewCase) -> None:
    case.rank, case.boost = 0, ""


def _record(case: ReviewCase, verb: str, *, actor: Actor, now: datetime, **details: str) -> None:
    said = {name: value.strip()[:200] for name, value in details.items()}
    audit.record(actor=actor, action=f"fraud.case.{verb}", subject=case.case_id, at=now, details=said)
