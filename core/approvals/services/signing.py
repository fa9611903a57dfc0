"""Signing, denying, and what follows: the quorum is counted anew and the effect happens with the last signature.

A code is used up before the transaction. Inside it the request is locked, the content read again and compared with what
the person saw, so of two last signatures at one moment the second finds the request executed.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from core.approvals.devices import UNKNOWN_HANDS, Hands
from core.approvals.digests import Change
from core.approvals.events import ApprovalSigned
from core.approvals.models import ApprovalRequest, Signature, Verdict
from core.approvals.refusals import ActionRefused, ApprovalClosed, ContentChanged, NotAllowedToSign
from core.approvals.selectors import quorum, requests
from core.approvals.services import contents, executing
from core.approvals.services.requests import close, held, locked, require_open, require_reason
from core.approvals.states import State, Transition
from core.audit import services as audit
from core.outbox import services as outbox
from core.staff.models import User
from core.staff.services import step_up


class _Stamp(NamedTuple):
    """What is kept with a signature beside the verdict."""

    seen: str
    reason: str
    device: str
    origin: str
    hands: Hands
    now: datetime


def sign(
    *, request_id: str, user: User, digest: str, code: str, reason: str, device: str, origin: str, now: datetime,
    hands: Hands = UNKNOWN_HANDS, present: datetime | None = None,
) -> ApprovalRequest:  # fmt: skip
    """Put a signature on what `digest` covers; with the last one needed, the act happens.

    `code` is a fresh one-time code, judged by the machine's time `present` (default: `now`); `hands` tell the browser,
    which signs for one person only. Raises ApprovalNotFound, ApprovalClosed, NotAllowedToSign, ContentChanged (earlier
    signatures are void then, and that is kept), NotAccepted, CodeTooSoon, VaultUnavailable. Where the effect refuses,
    the signature stays, the request is PENDING and `failure` says why.
    """
    remark = _remark(reason)
    request = requests.get(request_id)
    require_open(request, now=now)
    _require_no_objection(quorum.of(request, now=now, extra=[user]).objection_to(user, hands))
    _refuse_if_changed(request_id, digest, now)
    _confirm(user, code, request, "approvals.sign", origin, present or now)
    stamp = _Stamp(digest, remark, device, origin, hands, now)
    with transaction.atomic():
        request = held(request)
        require_open(request, now=now)
        difference = contents.compare(request, seen=digest, now=now)
        if difference is None and request.state == State.PENDING:
            signer = _fresh(user)
            _require_no_objection(quorum.of(request, now=now, extra=[signer]).objection_to(signer, hands))
            _put(request, signer, Verdict.SIGN, stamp)
            executing.execute_if_signed(request, now=now)
    _refuse_change(request, difference)
    return request


def deny(
    *, request_id: str, user: User, digest: str, code: str, reason: str, device: str, origin: str, now: datetime,
    hands: Hands = UNKNOWN_HANDS, present: datetime | None = None,
) -> ApprovalRequest:  # fmt: skip
    """Say no, for a reason: the request ends at once, whatever was signed and whatever has changed since.

    `digest` is what the person saw; the denial is of the request, so it need not be the present one. Raises as `sign`,
    and ReasonMissing.
    """
    why = require_reason(reason)
    request = requests.get(request_id)
    require_open(request, now=now)
    _require_no_objection(quorum.of(request, now=now, extra=[user]).objection_to_denial(user))
    _confirm(user, code, request, "approvals.deny", origin, present or now)
    with transaction.atomic():
        request = locked(request_id)
        require_open(request, now=now)
        signer = _fresh(user)
        _require_no_objection(quorum.of(request, now=now, extra=[signer]).objection_to_denial(signer))
        _put(request, signer, Verdict.DENY, _Stamp(digest[:64], why, device, origin, hands, now))
        close(request, Transition.DENY, actor=signer.actor(), reason=why, now=now)
    return request


def execute_again(*, request_id: str, user: User, now: datetime) -> ApprovalRequest:
    """Try the effect once more where it was refused and the signatures are still there; for asker and signers.

    Raises ApprovalNotFound, ApprovalClosed, NotAllowedToSign, ContentChanged, ActionRefused.
    """
    with transaction.atomic():
        request = held(requests.get(request_id))
        require_open(request, now=now)
        signed = request.signatures.filter(signer=user, revision=request.revision, verdict=Verdict.SIGN).exists()
        if not signed and user.email != request.asker_email:
            raise NotAllowedToSign("only whoever asked or signed tries again")
        difference = contents.compare(request, seen=request.digest, now=now)
        if difference is None and request.state == State.PENDING:
            executing.execute_if_signed(request, now=now)
    _refuse_change(request, difference)
    if request.state == State.PENDING:
        raise ActionRefused(request.failure or "signatures are missing")
    return request


def _confirm(user: User, code: str, request: ApprovalRequest, act: str, origin: str, present: datetime) -> None:
    step_up.confirm(user=user, code=code, act=act, subject=request.request_id, origin=origin, now=present)


def _refuse_if_changed(request_id: str, seen: str, now: datetime) -> None:
    """Before a code is used up for nothing; what is found out is kept."""
    with transaction.atomic():
        request = locked(request_id)
        difference = contents.compare(request, seen=seen, now=now)
    _refuse_change(request, difference)


def _fresh(user: User) -> User:
    """The person as they are now: roles and account may have changed since the page was loaded."""
    return User.objects.get(pk=user.pk)


def _put(request: ApprovalRequest, signer: User, verdict: Verdict, stamp: _Stamp) -> None:
    Signature.objects.create(
        request=request,
        revision=request.revision,
        digest=stamp.seen,
        verdict=verdict,
        signer=signer,
        signed_by=str(signer.actor()),
        roles=sorted(signer.roles),
        reason=stamp.reason,
        device=stamp.device[:200],
        origin=stamp.origin,
        session_digest=stamp.hands.session,
        browser_digest=stamp.hands.browser,
        signed_at=stamp.now,
    )
    if verdict == Verdict.DENY:
        return  # the end of the request is the record of it
    audit.record(
        actor=signer.actor(), action="approvals.request.signed", subject=request.request_id, at=stamp.now,
        origin=stamp.origin,
        details={"action": request.action, "digest": request.digest, "device": stamp.device[:200],
                 "reason": stamp.reason},
    )  # fmt: skip
    outbox.publish(
        ApprovalSigned(request.request_id, request.action, request.subject, str(signer.actor()), stamp.now),
        now=stamp.now,
    )


def _refuse_change(request: ApprovalRequest, difference: list[Change] | None) -> None:
    """After the commit: that signatures are void stays, also for whoever is refused."""
    if difference is not None:
        raise ContentChanged(difference)
    if request.state == State.VOIDED:
        raise ApprovalClosed(f"it makes no sense any more: {request.closed_reason}")


def _remark(reason: str) -> str:
    """What may be left out when signing."""
    return require_reason(reason) if reason.strip() else ""


def _require_no_objection(objection: str) -> None:
    if objection:
        raise NotAllowedToSign(objection)
