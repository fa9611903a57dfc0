"""If nobody acts: what happens to an escrow, when, and why that is safe."""

from datetime import datetime

from escrow.terms import forecasts
from escrow.terms.forecasts import NEVER, Forecast
from escrow.terms.situations import ApprovalNow, DisputeNow, NextAction, Situation
from escrow.terms.words import Act, Outcome, State

HOLDS = frozenset({"COMPLIANCE", "FRAUD", "RECONCILIATION"})
"""Locks that only a person lifts. Which one it is, the sentence keeps to itself: the parties may read it."""
_NOTHING_OWED = "without them the payee is owed nothing"
_ENDED = ("RELEASED", "REFUNDED")


def next_action(situation: Situation, now: datetime) -> NextAction:
    """What is overdue is said to happen now."""
    if situation.status in _ENDED:
        return NextAction(Act.NONE, None, "The escrow has ended; nothing is held, and nothing moves any more.")
    if situation.funded_at is None or situation.status == "CREATED":
        return NextAction(Act.FUND, None, "Nothing happens until the payer funds it; no money is held yet.")
    if situation.dispute or situation.status == "DISPUTED":
        return _dispute(situation.dispute, now)
    if HOLDS & situation.locks:
        why = "Held for checks: no timer moves the money until a person lifts the hold."
        return NextAction(Act.ESCALATE, None, why)
    if "TIME_LOCK" in situation.locks and situation.available_at is None:
        return NextAction(Act.ESCALATE, None, "The time lock has no end: the money stays held until a person lifts it.")
    return _by_the_terms(situation, forecasts.idle(situation, situation.funded_at), now)


def _by_the_terms(situation: Situation, forecast: Forecast, now: datetime) -> NextAction:
    approval = situation.approval
    if approval and approval.expires_at > now and not _refunds_first(forecast, approval):
        return _signatures(approval, now)
    if forecast.refunds:
        at, when = _moment(forecast.refund_at, now)
        owed = "what milestones have freed must be released before" if _has_freed(situation) else _NOTHING_OWED
        why = f"the conditions are not met by then, and {owed}"
        return NextAction(Act.REFUND, at, f"What is still held goes back to the payer {when}: {why}.")
    if forecast.release_at == NEVER:
        why = "Nothing in the terms ends this escrow: the money stays held, and a person has to decide."
        return NextAction(Act.ESCALATE, None, why)
    at, when = _moment(forecast.release_at, now)
    if forecast.release_hour == NEVER:
        why = "These terms release nothing by themselves: the money stays held until somebody asks for it, possible"
        return NextAction(Act.ESCALATE, at, f"{why} {when}.")
    reason = _because(situation, forecast)
    if needed := situation.signatures_needed:
        asked = f"{needed} signature{'s are' if needed > 1 else ' is'} asked for {when}"
        return NextAction(Act.ASK_SIGNATURES, at, f"{asked}, {reason}; unsigned, no money moves.")
    return NextAction(Act.RELEASE, at, f"The money goes to the payee {when}, {reason}.")


def _refunds_first(forecast: Forecast, approval: ApprovalNow) -> bool:
    return forecast.refunds and forecast.refund_at <= approval.expires_at


def _has_freed(situation: Situation) -> bool:
    """A milestone with a share of its own is met, so a refund of everything would not be just."""
    sharing = [each.condition_id for each in situation.agreed.conditions if each.has_share]
    return any(situation.conditions[name].state == State.MET for name in sharing if name in situation.conditions)


def _signatures(approval: ApprovalNow, now: datetime) -> NextAction:
    signed = f"{approval.given} of {approval.needed} have signed"
    if approval.given >= approval.needed:
        return NextAction(Act.RELEASE, now, f"The money goes to the payee at once: {signed}, and that is enough.")
    at, when = _moment(approval.expires_at, now)
    return NextAction(
        Act.WAIT_FOR_SIGNATURES, at, f"{signed}; the question lapses {when}, and unsigned the money stays held."
    )


def _dispute(dispute: DisputeNow | None, now: datetime) -> NextAction:
    if dispute is None or dispute.auto_resolution_at is None:
        why = "A mediator has to decide the dispute; until then no timer moves the money."
        return NextAction(Act.RESOLVE_DISPUTE, None, why)
    at, when = _moment(dispute.auto_resolution_at, now)
    end = "a refund to the payer" if dispute.outcome == Outcome.REFUND else "a release to the payee"
    return NextAction(
        Act.RESOLVE_DISPUTE, at, f"Undecided, the dispute ends {when} with {end}, as agreed; until then nothing moves."
    )


def _because(situation: Situation, forecast: Forecast) -> str:
    """What the release waits for last: that is why it is safe."""
    if forecast.release_at == forecast.release_hour:
        objected = ", and the payer has had the time to object" if situation.agreed.disputes.allow_disputes else ""
        return f"the agreed hour: the conditions are met by then{objected}"
    if forecast.release_at == situation.available_at:
        return "when the conditions are met and the payment can no longer be called back"
    if forecast.inspected_at > forecast.met_at:
        return "when the conditions are met and the payer has had the agreed time to inspect"
    return "when the conditions are met"


def _moment(at: datetime, now: datetime) -> tuple[datetime, str]:
    if at <= now:
        return now, "at once"
    return at, f"on {at.day} {at:%B %Y at %H:%M} UTC"
