"""Both sides tell their story: staged as often as they like, submitted once, before the deadline.

Documents stay with whoever has them. Kept are name, kind, SHA-256, size and a note: what is shown later can be proved
to be what was meant.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.errors import FieldError, Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.staff import roles
from core.telemetry.redaction import redact
from escrow.dispute_enums import DisputeSide, EvidenceKind
from escrow.dispute_events import DisputeEvidenceSubmitted
from escrow.enums import TimerKind
from escrow.models import Dispute, Evidence, Submission
from escrow.selectors import disputes as register
from escrow.selectors.disputes import DisputeNotFound, Story
from escrow.services import cases, escrows, timers

PERMISSION = "escrow.enter_evidence"
LONGEST_STATEMENT = 4000


class EvidenceTooLate(Refusal):
    code: ClassVar[str] = "EVIDENCE_TOO_LATE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The time for evidence is over"


class EvidenceAlreadySubmitted(Refusal):
    """A side submits once; what it staged before that counts."""

    code: ClassVar[str] = "EVIDENCE_ALREADY_SUBMITTED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This side has submitted its evidence already"


class NotAllowedToSpeak(Refusal):
    """Of the staff who may enter evidence for a side, nobody who mediates the dispute."""

    code: ClassVar[str] = "NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Entering evidence in this dispute is not yours to do"


class EvidenceNotAccepted(Refusal):
    """Nothing was given, or more documents than a side may name."""

    code: ClassVar[str] = "INVALID_EVIDENCE"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The evidence cannot be taken"


@dataclass(frozen=True, slots=True)
class Document:
    """`sha256` is 64 lower-case hex digits."""

    name: str
    sha256: str
    media_type: str = ""
    size_bytes: int | None = None
    note: str = ""


def add(
    *,
    escrow_id: str,
    livemode: bool,
    side: DisputeSide,
    actor: Actor,
    now: datetime,
    statement: str = "",
    documents: Sequence[Document] = (),
    submit: bool = False,
) -> Dispute:
    """Stage what is given for the open dispute of an escrow; `submit` closes the side.

    Raises EscrowNotFound, DisputeNotFound, EvidenceTooLate, EvidenceAlreadySubmitted, EvidenceNotAccepted,
    NotAllowedToSpeak.
    """
    with transaction.atomic():
        dispute = cases.lock_open(escrows.lock(escrow_id, livemode=livemode))
        if dispute is None:
            raise DisputeNotFound("no dispute about this escrow is open")
        _require_allowed(dispute, actor)
        story = _require_may_speak(dispute, side, now)
        _stage(dispute, side, statement.strip(), documents, story, actor=actor, now=now)
        if submit:
            _submit(dispute, side, actor=actor, now=now)
    return dispute


def close(dispute: Dispute, *, now: datetime) -> list[str]:
    """The deadline: what a side has staged counts as submitted. Returns the sides that had. The caller holds it."""
    told = register.stories(dispute)
    late = [side for side, story in told.items() if story.submission is None and not story.is_empty]
    for side in late:
        _submit(dispute, side, actor=SYSTEM, now=now)
    return [str(side) for side in late]


def digest(story: Story) -> str:
    """`sha256:…` over a side's statement and documents, whatever their order."""
    documents = sorted((each.name, each.sha256, each.text) for each in story.documents)
    canonical = json.dumps([story.side, story.statement, documents], ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _require_allowed(dispute: Dispute, actor: Actor) -> None:
    """Staff write down what a side has told them; who judges between the sides does not."""
    if actor.kind != "STAFF":
        return
    if not roles.grants(actor.roles, PERMISSION):
        raise NotAllowedToSpeak
    if dispute.mediator == actor.id:
        raise NotAllowedToSpeak("whoever mediates a dispute speaks for neither side")


def _require_may_speak(dispute: Dispute, side: DisputeSide, now: datetime) -> Story:
    story = register.stories(dispute)[side]
    if story.submission is not None:
        raise EvidenceAlreadySubmitted(f"submitted at {story.submission.at:%Y-%m-%d %H:%M} UTC")
    if now >= dispute.evidence_due_at:
        raise EvidenceTooLate(f"it was due by {dispute.evidence_due_at:%Y-%m-%d %H:%M} UTC")
    return story


def _stage(
    dispute: Dispute, side: DisputeSide, statement: str, documents: Sequence[Document], story: Story, *, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    names = {document.name for document in documents} | {known.name for known in story.documents}
    _require_within_limits(statement, len(names), now)
    common = {"dispute": dispute, "side": side, "by": str(actor), "at": now}
    rows = [
        Evidence(
            **common, kind=EvidenceKind.DOCUMENT, name=redact(each.name)[:200], sha256=each.sha256,
            media_type=each.media_type, size_bytes=each.size_bytes, text=redact(each.note),
        )
        for each in documents
    ]  # fmt: skip
    if statement:
        rows.append(Evidence(**common, kind=EvidenceKind.STATEMENT, text=redact(statement)))
    if not rows:
        return
    Evidence.objects.bulk_create(rows)
    escrows.record(
        dispute.escrow, "evidence_staged", actor=actor, now=now, dispute_id=dispute.public_id, side=side,
        documents=[{"name": row.name, "sha256": row.sha256} for row in rows if row.name], statement=bool(statement),
    )  # fmt: skip


def _require_within_limits(statement: str, documents: int, now: datetime) -> None:
    most = parameters.read("escrow.evidence_documents", at=now)
    if documents > most:
        raise EvidenceNotAccepted(errors=(FieldError("/documents", f"are at most {most} of a side"),))
    if len(statement) > LONGEST_STATEMENT:
        raise EvidenceNotAccepted(errors=(FieldError("/statement", f"has at most {LONGEST_STATEMENT} characters"),))


def _submit(dispute: Dispute, side: DisputeSide, *, actor: Actor, now: datetime) -> None:
    told = register.stories(dispute)
    story = told[side]
    if story.is_empty:
        raise EvidenceNotAccepted("there is nothing to submit", errors=(FieldError("/statement", "is missing"),))
    made = Submission.objects.create(
        dispute=dispute, side=side, digest=digest(story), documents=len(story.documents), by=str(actor), at=now
    )
    if all(each.submission for other, each in told.items() if other != side):
        timers.stop(dispute.escrow, TimerKind.EVIDENCE_DUE, now=now, why="both sides have submitted")
    escrows.record(
        dispute.escrow, "evidence_submitted", actor=actor, now=now, dispute_id=dispute.public_id, side=side,
        digest=made.digest,
    )  # fmt: skip
    outbox.publish(
        DisputeEvidenceSubmitted(dispute.public_id, dispute.escrow.public_id, side, dispute.livemode, now), now=now
    )
