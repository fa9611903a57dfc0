"""Reading again what a request covers. A change voids the signatures on it; what makes no sense ends the request."""

from datetime import datetime

from core.actors import SYSTEM
from core.approvals import digests, policy, policy_documents, registry
from core.approvals.actions import Content
from core.approvals.digests import Change
from core.approvals.events import ApprovalChanged
from core.approvals.models import ApprovalRequest, ContentChange, Verdict
from core.approvals.selectors import policies
from core.approvals.services.requests import close, cover, covered_by
from core.approvals.states import Transition
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox

MOST_CHANGES_TOLD = 50


def read(request: ApprovalRequest, *, now: datetime) -> tuple[Content, str]:
    """The content at this moment and its canonical text. Raises what the action's content refuses."""
    content = registry.get(request.action).content(subject=request.subject, given=request.given, now=now)
    return content, covered_by(request, content)


def compare(request: ApprovalRequest, *, seen: str, now: datetime) -> list[Change] | None:
    """None where `seen` is the digest of what is there now; otherwise how it differs from what was covered before.

    The request is locked. A change is kept with what it voids; a content that is refused closes the request VOIDED.
    """
    try:
        content, text = read(request, now=now)
    except Refusal as refused:
        if isinstance(refused, registry.UnknownAction):
            raise
        close(request, Transition.VOID, actor=SYSTEM, reason=refused.detail, now=now)
        return None
    found = digests.digest(text)
    if found != request.digest:
        _change(request, content, now)
    if seen == found:
        return None
    return _since(request, seen)


def _change(request: ApprovalRequest, content: Content, now: datetime) -> None:
    before_digest, before = request.digest, request.content
    voided = request.signatures.filter(revision=request.revision, verdict=Verdict.SIGN).count()
    cover(request, content)
    request.revision += 1
    request.failure = ""
    del request.content  # read anew from `covered`
    request.needed = _needed(request, now)
    request.save(update_fields=["covered", "digest", "url", "revision", "failure", "needed"])
    changes = digests.difference(before, request.content)
    ContentChange.objects.create(
        request=request,
        revision=request.revision,
        before_digest=before_digest,
        after_digest=request.digest,
        difference=[list(change) for change in changes],
        voided=voided,
        noticed_at=now,
    )
    told: list[JSON] = [change.path for change in changes[:MOST_CHANGES_TOLD]]
    audit.record(
        actor=SYSTEM, action="approvals.request.changed", subject=request.request_id, at=now,
        details={"action": request.action, "before": before_digest, "after": request.digest, "changed": told,
                 "voided": voided},
    )  # fmt: skip
    outbox.publish(ApprovalChanged(request.request_id, request.action, request.subject, voided, now), now=now)


def _needed(request: ApprovalRequest, now: datetime) -> int:
    """Other facts may fall under another rule. Where none fits, what was needed stays and nobody can execute."""
    rule = policy_documents.parse(policies.in_force(request.action, at=now).document).rule_for(request.content["facts"])
    return policy.fewest(rule.require) if rule else request.needed


def _since(request: ApprovalRequest, seen: str) -> list[Change]:
    """What the person who saw `seen` has not seen yet: every change since then, or the last one."""
    changes = list(request.changes.order_by("revision"))
    start = next((at for at, change in enumerate(changes) if change.before_digest == seen), len(changes) - 1)
    told = {
        path: Change(path, before, after)
        for change in changes[max(start, 0) :]
        for path, before, after in change.difference
    }
    return list(told.values())
