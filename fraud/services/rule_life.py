"""The life of a version of the rules: shadow, share, publication, the way back. Moves as `fraud.rules.states` says.

What gives a version more effect is done by a signature (`fraud.approvals.rules`); what takes it away by one person.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from core.actors import Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from fraud.enums import RuleSetMove, RuleSetState
from fraud.models import RuleSet, RuleSetStep
from fraud.models.rule_set import SHARES
from fraud.rules import states
from fraud.rules.states import IllegalMove
from fraud.selectors import forecast, rule_sets

LONGEST_REASON = 500
LIFE_LOCK = 0x46524432  # "FRD2": one move of any version at a time


class UnableToMove(Refusal):
    code = "RULE_SET_NOT_MOVABLE"
    status = 409
    title = "The version of the rules cannot do this now"


class ForecastMissing(Refusal):
    code = "RULE_SET_WITHOUT_FORECAST"
    status = 409
    title = "The version has no forecast"


def start_shadow(*, version: int, reason: str, actor: Actor, now: datetime) -> RuleSet:
    """Let a draft judge beside the version in force, without effect. Raises RuleSetNotFound, UnableToMove."""
    return _move(version, RuleSetMove.SHADOW, reason=reason, actor=actor, now=now)


def share_signed(*, version: int, share: int, approval_id: str, reason: str, actor: Actor, now: datetime) -> RuleSet:
    """Let the candidate judge `share` ten-thousandths of the customers. Raises RuleSetNotFound, UnableToMove."""
    require_share(share)
    return _move(version, RuleSetMove.SHARE, share=share, approval_id=approval_id, reason=reason, actor=actor, now=now)


def end_share(*, version: int, reason: str, actor: Actor, now: datetime) -> RuleSet:
    """Back to shadow: every customer is judged by the version in force again. Raises RuleSetNotFound, UnableToMove."""
    return _move(version, RuleSetMove.UNSHARE, reason=reason, actor=actor, now=now)


def withdraw(*, version: int, reason: str, actor: Actor, now: datetime) -> RuleSet:
    """Retire a draft or the candidate. Raises RuleSetNotFound, UnableToMove."""
    return _move(version, RuleSetMove.WITHDRAW, reason=reason, actor=actor, now=now)


def publish_signed(*, version: int, over: int, approval_id: str, reason: str, actor: Actor, now: datetime) -> RuleSet:
    """Put the candidate into force and retire the version that was.

    `over` is the version in force that the signers saw: what they signed is the difference to it. Raises
    RuleSetNotFound, UnableToMove, ForecastMissing.
    """
    found = require_forecast(version)
    with transaction.atomic():
        _one_at_a_time()
        if rule_sets.get_active().version != over:
            raise UnableToMove(f"version {over} is no longer in force")
        return _replace(
            version,
            RuleSetMove.PUBLISH,
            approval_id=approval_id,
            reference=found.reference,
            reason=reason,
            actor=actor,
            now=now,
        )


def roll_back(*, reason: str, actor: Actor, now: datetime) -> RuleSet:
    """Put the version back into force that the one in force replaced. One person, one step, once.

    Raises UnableToMove where the version in force replaced none, or came into force by rolling back itself.
    """
    with transaction.atomic():
        _one_at_a_time()
        previous = rule_sets.find_previous()
        if previous is None:
            raise UnableToMove("there is no version to go back to: the one in force was not published over another")
        return _replace(previous.version, RuleSetMove.ROLL_BACK, reason=reason, actor=actor, now=now)


def require_forecast(version: int) -> forecast.Forecast:
    """Raises ForecastMissing."""
    found = forecast.for_version(version)
    if found is not None:
        return found
    if forecast.is_empty(version):
        raise ForecastMissing(f"version {version} was backtested over days without a decision that could be judged")
    raise ForecastMissing(f"version {version} was not backtested to the end")


def require_share(share: object) -> int:
    """Raises UnableToMove."""
    if type(share) is not int or not SHARES[0] <= share <= SHARES[1]:
        raise UnableToMove("a share is from 0.01 % to 99.99 % of the customers, in hundredths of a percent")
    return share


def _replace(
    version: int, move: RuleSetMove, *, approval_id: str = "", reference: str = "", reason: str, actor: Actor,
    now: datetime,
) -> RuleSet:  # fmt: skip
    active, candidate = _locked(rule_sets.get_active().version), _locked(version)
    _require(candidate, move)
    _step(active, RuleSetMove.SUPERSEDE, reason=f"version {version} takes its place", actor=actor, now=now)
    _step(
        candidate,
        move,
        approval_id=approval_id,
        reference=reference,
        replaces=active.version,
        reason=reason,
        actor=actor,
        now=now,
    )
    _record(candidate, move, reason=reason, approval_id=approval_id, actor=actor, now=now, replaces=active.version)
    return candidate


def _move(
    version: int, move: RuleSetMove, *, share: int | None = None, approval_id: str = "", reason: str, actor: Actor,
    now: datetime,
) -> RuleSet:  # fmt: skip
    with transaction.atomic():
        _one_at_a_time()
        rule_set = _locked(version)
        _require(rule_set, move)
        _once(lambda: _step(
            rule_set, move, share=share, approval_id=approval_id, reason=reason, actor=actor, now=now
        ))  # fmt: skip
        _record(rule_set, move, reason=reason, approval_id=approval_id, actor=actor, now=now, share=share)
    return rule_set


def _one_at_a_time() -> None:
    """Until the transaction ends nobody else moves any version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIFE_LOCK])


def _locked(version: int) -> RuleSet:
    rule_set = RuleSet.objects.select_for_update().filter(version=version).first()
    if rule_set is None:
        raise rule_sets.RuleSetNotFound(f"there is no version {version}")
    return rule_set


def _require(rule_set: RuleSet, move: RuleSetMove) -> None:
    try:
        states.after(RuleSetState(rule_set.state), move)
    except IllegalMove:
        raise UnableToMove(f"{rule_set} is {rule_set.get_state_display().lower()}") from None


def _once(step: Callable[[], None]) -> None:
    try:
        with transaction.atomic():
            step()
    except IntegrityError as error:
        if refusal_name(error) != "one_rule_set_is_candidate":
            raise
        raise UnableToMove("another version is the candidate: withdraw it or publish it first") from None


def _step(
    rule_set: RuleSet,
    move: RuleSetMove,
    *,
    share: int | None = None,
    replaces: int | None = None,
    approval_id: str = "",
    reference: str = "",
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UnableToMove(f"give a reason of at most {LONGEST_REASON} characters")
    before, after = rule_set.state, states.after(RuleSetState(rule_set.state), move)
    RuleSetStep.objects.create(
        rule_set=rule_set,
        move=move,
        from_state=before,
        to_state=after,
        share=share,
        replaces=replaces,
        forecast=reference,
        approval_id=approval_id,
        reason=reason,
        actor=str(actor),
        at=now,
    )
    rule_set.state, rule_set.share = after, share
    rule_set.save(update_fields=["state", "share"])


def _record(
    rule_set: RuleSet, move: RuleSetMove, *, reason: str, approval_id: str, actor: Actor, now: datetime,
    **more: int | None,
) -> None:  # fmt: skip
    audit.record(
        actor=actor,
        action=f"fraud.rule_set.{_DONE[move]}",
        subject=rule_set.subject,
        at=now,
        details={
            "version": rule_set.version,
            "digest": rule_set.digest,
            "state": str(rule_set.state),
            "approval": approval_id or None,
            "reason": reason,
            **{name: value for name, value in more.items() if value is not None},
        },
    )


_DONE = {
    RuleSetMove.SHADOW: "shadowed",
    RuleSetMove.SHARE: "shared",
    RuleSetMove.UNSHARE: "unshared",
    RuleSetMove.PUBLISH: "published",
    RuleSetMove.WITHDRAW: "withdrawn",
    RuleSetMove.ROLL_BACK: "rolled_back",
}
