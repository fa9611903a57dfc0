"""Hand something over to compliance, take it, close it.

Nobody is told: there is no event, and the record names neither parties nor reasons nor what came of it (ADR 0034).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from compliance.enums import ReferralOutcome, ReferralState, ReferralSubject
from compliance.models import Referral
from compliance.selectors.referrals import ReferralNotFound
from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal


class UnableToRefer(Refusal):
    code = "REFERRAL_NOT_POSSIBLE"
    title = "This cannot be handed over to compliance"


class UnableToTake(Refusal):
    code = "REFERRAL_NOT_TAKEN"
    status = 409
    title = "The referral cannot be taken"


class UnableToClose(Refusal):
    code = "REFERRAL_NOT_CLOSED"
    status = 409
    title = "The referral cannot be closed"


def open(  # noqa: A001 (referrals.open reads as what it is)
    *,
    subject_kind: str,
    subject_id: str,
    party_ids: Iterable[str],
    livemode: bool,
    reason: str,
    referred_by: Actor,
    now: datetime,
) -> Referral:
    """One referral per subject until it is closed: opening it again returns the first, unchanged.

    `subject_kind` is a word of `ReferralSubject`. Raises UnableToRefer for another word, an empty subject or reason.
    """
    if subject_kind not in ReferralSubject.values:
        raise UnableToRefer(f"subject_kind is none of {', '.join(ReferralSubject.values)}")
    if not subject_id or not reason.strip():
        raise UnableToRefer(f"{'subject_id' if not subject_id else 'reason'} is empty")
    candidate = Referral(
        referral_id=ids.prefixed("ref", now),
        livemode=livemode,
        subject_kind=subject_kind,
        subject_id=subject_id,
        party_ids=sorted({party_id for party_id in party_ids if party_id}),
        reason=reason.strip()[:1000],
        referred_by=str(referred_by),
        opened_at=now,
    )
    with transaction.atomic():
        opened = _only_open(candidate)
        if opened.referral_id == candidate.referral_id:
            _record(opened, "opened", actor=referred_by, now=now)
    return opened


def take(*, referral_id: str, livemode: bool, actor: Actor, now: datetime) -> Referral:
    """It is this officer's from now on; taking one's own again changes nothing.

    Raises UnableToTake where another has it, it is closed, or the officer handed it over in the first place.
    """
    with transaction.atomic():
        referral = _locked(referral_id, livemode)
        if referral.state == ReferralState.TAKEN and referral.taken_by == str(actor):
            return referral
        if referral.state != ReferralState.OPEN:
            raise UnableToTake("the referral is closed" if referral.closed_at else "another officer has it")
        if referral.referred_by == str(actor):
            raise UnableToTake("whoever hands something over does not judge it")
        referral.state, referral.taken_by, referral.taken_at = ReferralState.TAKEN, str(actor), now
        referral.save(update_fields=["state", "taken_by", "taken_at"])
        _record(referral, "taken", actor=actor, now=now)
    return referral


def close(
    *, referral_id: str, livemode: bool, outcome: ReferralOutcome, reason: str, actor: Actor, now: datetime
) -> Referral:
    """Say what came of it, once. Raises UnableToClose without a reason, or if the actor has not taken it."""
    if not reason.strip():
        raise UnableToClose("closing needs a reason")
    with transaction.atomic():
        referral = _locked(referral_id, livemode)
        if referral.state != ReferralState.TAKEN or referral.taken_by != str(actor):
            raise UnableToClose("only the officer who has taken a referral closes it")
        referral.state, referral.outcome, referral.closed_at = ReferralState.CLOSED, outcome, now
        referral.closing_reason = reason.strip()[:1000]
        referral.save(update_fields=["state", "outcome", "closing_reason", "closed_at"])
        _record(referral, "closed", actor=actor, now=now)
    return referral


def _only_open(candidate: Referral) -> Referral:
    """The one of the candidate's subject. Between meeting another and reading it, it may be closed: then once more."""
    while True:
        Referral.objects.bulk_create([candidate], ignore_conflicts=True)
        found = (
            Referral.objects.filter(
                livemode=candidate.livemode, subject_kind=candidate.subject_kind, subject_id=candidate.subject_id
            )
            .exclude(state=ReferralState.CLOSED)
            .first()
        )
        if found:
            return found


def _locked(referral_id: str, livemode: bool) -> Referral:
    referral = Referral.objects.select_for_update().filter(livemode=livemode, referral_id=referral_id).first()
    if referral is None:
        raise ReferralNotFound(f"no referral is named {referral_id}")
    return referral


def _record(referral: Referral, verb: str, *, actor: Actor, now: datetime) -> None:
    """Under the referral's own id and without a word about its content: auditors read the record too."""
    audit.record(
        actor=actor,
        action=f"compliance.referral.{verb}",
        subject=referral.referral_id,
        at=now,
        details={"livemode": referral.livemode},
    )
