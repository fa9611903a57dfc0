"""Putting a question, taking it back, and letting it run out."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.approvals import digests, policy, policy_documents, registry, states
from core.approvals.actions import Action, Content
from core.approvals.events import ApprovalAsked, ApprovalEnded
from core.approvals.models import ApprovalRequest
from core.approvals.policy import Rule
from core.approvals.refusals import ApprovalClosed, AskedAlready, NobodyCanSign, NotAllowedToAsk, ReasonMissing
from core.approvals.selectors import policies, signers
from core.approvals.selectors.requests import ApprovalNotFound, find_open
from core.approvals.states import State, Transition
from core.approvals.words import seat_title
from core.audit import services as audit
from core.audit.chain import JSON
from core.database.refusals import refusal_name
from core.outbox import services as outbox
from core.staff import roles
from core.telemetry.redaction import redact

LONGEST_REASON = 500
NOBODY_ACTED = "nobody acted in time"


def ask(
    *, action: str, subject: str, given: Mapping[str, JSON], reason: str, actor: Actor, now: datetime,
    expires_at: datetime | None = None,
) -> ApprovalRequest:  # fmt: skip
    """Put the question to whoever the policy names, until the policy's end or `expires_at`, whichever is first.

    `given` is what the effect will be told. Raises NotAllowedToAsk, ReasonMissing, AskedAlready, ApprovalClosed (it
    would have expired already), NobodyCanSign (no rule fits, or those who could sign are too few), and whatever the
    action's content refuses.
    """
    declared = registry.get(action)
    _require_permission(declared, actor)
    why = require_reason(reason)
    with transaction.atomic():
        if found := find_open(action=action, subject=subject):
            raise AskedAlready(found.request_id)
        content = declared.content(subject=subject, given=given, now=now)
        version = policies.in_force(action, at=now)
        parsed = policy_documents.parse(version.document)
        rule = _rule(parsed, content)
        request = ApprovalRequest(
            request_id=ids.prefixed("apr", now),
            action=action,
            subject=subject,
            given=dict(given),
            reason=why,
            asked_by=str(actor),
            asked_at=now,
            expires_at=_end(parsed, now, expires_at),
            policy=version,
            needed=policy.fewest(rule.require),
            state=State.PENDING,
        )
        cover(request, content)
        _require_signers(request, rule, now)
        _insert(request)
        audit.record(
            actor=actor, action="approvals.request.asked", subject=request.request_id, at=now,
            details={"action": action, "subject": subject, "digest": request.digest, "reason": why, "rule": rule.name},
        )  # fmt: skip
        outbox.publish(ApprovalAsked(request.request_id, action, subject, str(actor), request.expires_at, now), now=now)
    return request


def withdraw(*, request_id: str, actor: Actor, reason: str, now: datetime) -> ApprovalRequest:
    """Whoever asked takes it back. Raises NotAllowedToAsk for anybody else, ReasonMissing, ApprovalClosed."""
    why = require_reason(reason)
    with transaction.atomic():
        request = locked(request_id)
        if str(actor) != request.asked_by:
            raise NotAllowedToAsk("only whoever asked takes it back")
        close(request, Transition.WITHDRAW, actor=actor, reason=why, now=now)
    return request


def void(request_id: str, *, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """The program ends a question whose object moved on. Raises ReasonMissing, ApprovalNotFound, ApprovalClosed.

    In a transaction that has locked the object, the action must lock it too, by `Action.hold`.
    """
    why = require_reason(reason)
    with transaction.atomic():
        request = locked(request_id)
        close(request, Transition.VOID, actor=actor, reason=why, now=now)
    return request


def expire_due(*, now: datetime, limit: int = 200) -> int:
    """Close what nobody acted upon in time. Returns how many."""
    due = ApprovalRequest.objects.filter(state=State.PENDING, expires_at__lte=now).order_by("expires_at")
    ended = 0
    for request_id in list(due.values_list("request_id", flat=True)[:limit]):
        with transaction.atomic():
            request = ApprovalRequest.objects.select_for_update().get(request_id=request_id)
            if request.state == State.PENDING:
                close(request, Transition.EXPIRE, actor=SYSTEM, reason=NOBODY_ACTED, now=now)
                ended += 1
    return ended


def locked(request_id: str) -> ApprovalRequest:
    """An open request, held until the transaction ends. Raises ApprovalNotFound, ApprovalClosed."""
    request = ApprovalRequest.objects.select_for_update().filter(request_id=request_id).first()
    if request is None:
        raise ApprovalNotFound(f"no approval is named {request_id}")
    require_open(request)
    return request


def held(request: ApprovalRequest) -> ApprovalRequest:
    """`locked`, after what the effect will lock."""
    if action := registry.find(request.action):
        action.hold(subject=request.subject)
    return locked(request.request_id)


def require_open(request: ApprovalRequest, *, now: datetime | None = None) -> None:
    """With `now` also what has run out and was not closed yet is refused."""
    if request.state != State.PENDING:
        raise ApprovalClosed(f"it is {request.state.lower()}")
    if now is not None and now >= request.expires_at:
        raise ApprovalClosed("it has expired")


def close(request: ApprovalRequest, step: Transition, *, actor: Actor, reason: str, now: datetime) -> None:
    """End without effect, with its audit row and event; in the caller's transaction."""
    request.state = states.next_state(request.state, step)
    request.closed_by, request.closed_at, request.closed_reason = str(actor), now, reason[:LONGEST_REASON]
    request.save(update_fields=["state", "closed_by", "closed_at", "closed_reason"])
    audit.record(
        actor=actor, action=f"approvals.request.{request.state.lower()}", subject=request.request_id, at=now,
        details={"action": request.action, "subject": request.subject, "reason": request.closed_reason},
    )  # fmt: skip
    outbox.publish(
        ApprovalEnded(
            request.request_id, request.action, request.subject, request.state, str(actor), request.closed_reason, now
        ),
        now=now,
    )


def require_reason(reason: str) -> str:
    """Without blanks around it and without card numbers in it: what is signed can never be taken out again."""
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON:
        raise ReasonMissing(f"give a reason of at most {LONGEST_REASON} characters")
    return redact(text)[:LONGEST_REASON]


def _require_permission(action: Action, actor: Actor) -> None:
    if actor.kind == SYSTEM.kind:
        return
    if actor.kind == "API_KEY" and action.ask_scope and action.ask_scope in actor.roles:
        return
    if actor.kind != "STAFF" or not action.ask_permission or not roles.grants(actor.roles, action.ask_permission):
        raise NotAllowedToAsk(f"{action.title} is not yours to ask for")


def cover(request: ApprovalRequest, content: Content) -> None:
    """Put what is signed, its digest and the object's page onto the request."""
    request.covered = covered_by(request, content)
    request.digest, request.url = digests.digest(request.covered), content.url


def covered_by(request: ApprovalRequest, content: Content) -> str:
    return digests.covered(
        action=request.action,
        subject=request.subject,
        given=request.given,
        asked_by=request.asked_by,
        reason=request.reason,
        content=content,
    )


def _end(parsed: policy.Policy, now: datetime, wished: datetime | None) -> datetime:
    latest = now + parsed.expires_after
    if wished is not None and wished <= now:
        raise ApprovalClosed("it would have expired already")
    return latest if wished is None else min(wished, latest)


def _rule(parsed: policy.Policy, content: Content) -> Rule:
    rule = parsed.rule_for(content.facts)
    if rule is None:
        raise NobodyCanSign("no rule of the policy fits")
    return rule


def _require_signers(request: ApprovalRequest, rule: Rule, now: datetime) -> None:
    seating = signers.best_seating(request, rule, now=now)
    if not seating.is_complete:
        missing = policy_documents.missing_in_words(seating.missing, seat_title)
        raise NobodyCanSign(f"too few people could sign: {missing} missing")


def _insert(request: ApprovalRequest) -> None:
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        if refusal_name(error) != "approval_is_asked_once_at_a_time":
            raise
        first = find_open(action=request.action, subject=request.subject)
        raise AskedAlready(first.request_id if first else "another request") from None
