"""Who works on which case: one holder at a time, lapsing, no more than a person can work on."""

import zlib
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.enums import CaseLevel, CaseState
from fraud.models import ReviewCase, ReviewerSkill

CLAIMS_LOCK = 0x46524332  # "FRC2": claims of one person are counted one at a time
ORDER = ("-rank", "-priority", "-id")


class CaseNotFound(Refusal):
    code = "CASE_NOT_FOUND"
    status = 404
    title = "No such review case"


class UnableToClaim(Refusal):
    code = "CASE_NOT_CLAIMABLE"
    status = 409
    title = "The case cannot be claimed"


def claim(*, case_id: str, actor: Actor, now: datetime, as_lead: bool = False) -> ReviewCase:
    """Take a case, or renew one's own claim.

    Raises UnableToClaim while another holds it or it is decided, asleep, escalated, assigned to another or not for
    this person, and where the person holds as many as one may.
    """
    with transaction.atomic():
        _lock_person(actor)
        case = locked(case_id)
        if reason := obstacle(case, actor=actor, as_lead=as_lead, now=now):
            raise UnableToClaim(reason)
        if holder(case, now=now) != str(actor):
            _require_room(actor, now)
        return hold(case, actor=actor, now=now)


def claim_next(
    *, actor: Actor, now: datetime, livemode: bool | None = None, as_lead: bool = False
) -> ReviewCase | None:
    """The most urgent case nobody holds, claimed; None if there is none. Two people never get the same.

    Left out are cases that sleep, are for others, or need a skill that others have and this person has not. Raises
    UnableToClaim where the person holds as many as one may.
    """
    with transaction.atomic():
        _lock_person(actor)
        _require_room(actor, now)
        free = servable(actor=actor, as_lead=as_lead, now=now)
        if livemode is not None:
            free &= Q(livemode=livemode)
        waiting = ReviewCase.objects.select_for_update(skip_locked=True).filter(free)
        if missing := skills_of_others(actor):
            waiting = waiting.exclude(skills__overlap=missing)
        case = waiting.order_by(*ORDER).first()
        return hold(case, actor=actor, now=now) if case else None


def release(*, case_id: str, actor: Actor, now: datetime) -> ReviewCase:
    """Give a claim back. Raises UnableToClaim if the actor does not hold it."""
    with transaction.atomic():
        case = locked(case_id)
        if case.state != CaseState.CLAIMED or case.claimed_by != str(actor):
            raise UnableToClaim("only its holder can give a claim back")
        let_go(case)
        case.save(update_fields=["state", "claimed_by", "claimed_at"])
        audit.record(actor=actor, action="fraud.case.released", subject=case_id, at=now)
    return case


def release_all(*, actor: Actor, livemode: bool, now: datetime) -> int:
    """Give back everything one holds in the mode, for the end of the day. Returns how many."""
    with transaction.atomic():
        mine = ReviewCase.objects.filter(livemode=livemode, state=CaseState.CLAIMED, claimed_by=str(actor))
        case_ids = list(mine.order_by("id").values_list("case_id", flat=True))
        return sum(release(case_id=case_id, actor=actor, now=now).state == CaseState.OPEN for case_id in case_ids)


def holder(case: ReviewCase, *, now: datetime) -> str:
    """The actor who holds the case now; empty when nobody does or the claim has lapsed."""
    if case.state != CaseState.CLAIMED or case.claimed_at is None or case.claimed_at <= now - claim_length(now):
        return ""
    return case.claimed_by


def claim_length(now: datetime) -> timedelta:
    """How long an untouched claim lasts."""
    return timedelta(minutes=parameters.read("fraud.claim_minutes", at=now))


def held(now: datetime) -> Q:
    """Cases that somebody holds at the moment."""
    return Q(state=CaseState.CLAIMED, claimed_at__gt=now - claim_length(now))


def obstacle(case: ReviewCase, *, actor: Actor, as_lead: bool, now: datetime) -> str:
    """Why this person cannot work on the case; empty when they can."""
    person = str(actor)
    if case.state == CaseState.DECIDED:
        return "the case is decided already"
    if case.not_for == person:
        return "you gave this case up" if case.level == CaseLevel.LEAD else "this case looks at your own decision again"
    if holder(case, now=now) not in ("", person):
        return "another analyst holds the case"
    if as_lead:
        return ""
    if case.level == CaseLevel.LEAD:
        return "the case is escalated to a lead"
    if case.assigned_to not in ("", person):
        return "the case is assigned to another analyst"
    return ""


def servable(*, actor: Actor, as_lead: bool, now: datetime) -> Q:
    """Cases that may be served to this person, whatever skills they need."""
    free = Q(state=CaseState.OPEN) | Q(state=CaseState.CLAIMED, claimed_at__lte=now - claim_length(now))
    free &= Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    free &= Q(assigned_to__in=["", str(actor)]) & ~Q(not_for=str(actor))
    return free if as_lead else free & Q(level=CaseLevel.ANALYST)


def skills_of_others(actor: Actor) -> list[str]:
    """Skills that somebody has and this person has not. One that nobody has keeps no case from anybody."""
    given = list(ReviewerSkill.objects.values_list("person", "skill"))
    mine = {skill for person, skill in given if person == str(actor)}
    return sorted({skill for _, skill in given} - mine)


def locked(case_id: str) -> ReviewCase:
    """The case, locked until the transaction ends. Raises CaseNotFound."""
    case = ReviewCase.objects.select_for_update().filter(case_id=case_id).first()
    if case is None:
        raise CaseNotFound(f"no case is named {case_id}")
    return case


def hold(case: ReviewCase, *, actor: Actor, now: datetime) -> ReviewCase:
    """It is this person's from now on, and awake."""
    case.state, case.claimed_by, case.claimed_at, case.snoozed_until = CaseState.CLAIMED, str(actor), now, None
    case.save(update_fields=["state", "claimed_by", "claimed_at", "snoozed_until"])
    audit.record(actor=actor, action="fraud.case.claimed", subject=case.case_id, at=now)
    return case


def let_go(case: ReviewCase) -> None:
    """Nobody holds it any more; not yet saved."""
    case.state, case.claimed_by, case.claimed_at = CaseState.OPEN, "", None


def _lock_person(actor: Actor) -> None:
    """Always before the lock on a case."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIMS_LOCK, zlib.crc32(str(actor).encode()) >> 1])


def _require_room(actor: Actor, now: datetime) -> None:
    most = parameters.read("fraud.claims_per_person", at=now)
    if ReviewCase.objects.filter(held(now), claimed_by=str(actor)).count() >= most:
        raise UnableToClaim(f"you hold {most} cases, as many as one person may")
