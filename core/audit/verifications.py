"""Proofs of the record that people ask for: a row says who asked, how far it is, and what came out."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import structlog
from django.db import IntegrityError, connections, transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit import verification
from core.audit.chain import JSON
from core.audit.findings import Verification
from core.audit.models import UNFINISHED, AuditVerification, VerificationScope, VerificationState
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.work import services as work

KIND = "audit.verify"

log = structlog.get_logger("holdfast.audit")


class UnableToVerify(Refusal):
    code = "VERIFICATION_UNDER_WAY"
    status = 409
    title = "The record is being verified already"


class VerificationNotFound(Refusal):
    code = "VERIFICATION_NOT_FOUND"
    status = 404
    title = "No such verification"


def request(*, scope: VerificationScope, actor: Actor, now: datetime) -> AuditVerification:
    """Ask for a proof; a worker makes it. Raises UnableToVerify while another one waits or runs."""
    try:
        with transaction.atomic():
            row = AuditVerification.objects.create(
                public_id=ids.prefixed("ver", now),
                scope=scope,
                state=VerificationState.WAITING,
                requested_by=str(actor),
                requested_at=now,
            )
            audit.record(
                actor=actor,
                action="audit.verification.requested",
                subject=row.public_id,
                at=now,
                details={"scope": scope.value},
            )
            work.enqueue(kind=KIND, key=row.public_id, payload={}, due_at=now, now=now)
    except IntegrityError as error:
        if refusal_name(error) == "audit_is_verified_once_at_a_time":
            raise UnableToVerify from None
        raise
    return row


def run(*, verification_id: str, now: datetime) -> None:
    """Make the proof that was asked for. A finished one stays as it is, so a second run changes nothing."""
    started = AuditVerification.objects.filter(public_id=verification_id, state__in=UNFINISHED)
    if not started.update(state=VerificationState.RUNNING, started_at=now, progress=0):
        return
    row = get(verification_id)
    try:
        with _Progress(verification_id) as progress:
            result = verification.verify(since_anchor=row.scope == VerificationScope.QUICK, progress=progress.reached)
        verification.confirm(result, now=now)
    except OSError as error:
        # The anchors cannot be read or written: that is no answer, and trying again would not change it.
        log.error("audit record could not be verified", verification=verification_id, error=type(error).__name__)
        _give_up(row, now)
    else:
        _finish(row, result, now)


def get(verification_id: str) -> AuditVerification:
    """Raises VerificationNotFound."""
    row = AuditVerification.objects.filter(public_id=verification_id).first()
    if row is None:
        raise VerificationNotFound
    return row


def _finish(row: AuditVerification, result: Verification, now: datetime) -> None:
    state = VerificationState.CLEAN if result.is_clean else VerificationState.BROKEN
    with transaction.atomic():
        AuditVerification.objects.filter(pk=row.pk, state=VerificationState.RUNNING).update(
            state=state,
            finished_at=now,
            progress=result.links,
            from_seq=result.from_seq,
            to_seq=result.head_seq,
            links=result.links,
            pending=result.pending,
            anchors=result.anchors,
            findings=[asdict(finding) for finding in result.findings],
            unlisted=result.unlisted,
        )
        details: dict[str, JSON] = {
            "state": state.value,
            "links": result.links,
            "from": result.from_seq,
            "to": result.head_seq,
        }
        _record(row.public_id, "SUCCESS" if result.is_clean else "FAILURE", details, now)


def _give_up(row: AuditVerification, now: datetime) -> None:
    with transaction.atomic():
        open_row = AuditVerification.objects.filter(pk=row.pk, state__in=UNFINISHED)
        open_row.update(state=VerificationState.FAILED, finished_at=now)
        _record(row.public_id, "FAILURE", {"state": VerificationState.FAILED.value}, now)


def _record(verification_id: str, result: str, details: Mapping[str, JSON], now: datetime) -> None:
    audit.record(
        actor=SYSTEM,
        action="audit.verification.finished",
        subject=verification_id,
        at=now,
        result=result,
        details=details,
    )


class _Progress:
    """How far the proof is, told over a connection of its own: the proof reads one moment and writes nothing."""

    def __init__(self, verification_id: str) -> None:
        self.verification_id = verification_id
        self.connection = connections.create_connection("default")

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def reached(self, links: int) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE audit_verification SET progress = %s WHERE public_id = %s AND state = 'RUNNING'",
                [links, self.verification_id],
            )
