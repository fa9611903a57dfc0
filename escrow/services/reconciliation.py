"""Reconcile a book: one run at a time, in a snapshot, by set. What concerns money halts its scope at once.

A run is a row before it begins, so that it is seen while it runs and nobody starts a second one. It owns its
transactions: matching, comparing and recording are three.
"""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import structlog
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.outbox import services as outbox
from core.staff import roles
from core.vault import envelope
from core.work import services as work
from escrow import parameters_reconciliation as limits
from escrow.enums_reconciliation import UNFINISHED, RunOrigin, RunState
from escrow.events import ReconciliationFinished
from escrow.models import ReconciliationRun, StateExport
from escrow.selectors import reconciliation as selectors
from escrow.services import breaks, certificates, comparing, funding, halts, matching
from escrow.services.comparing import Compared
from ledger.enums import Book

WORK = "escrow.reconcile"
PERMISSION = "escrow.reconcile_escrow"

log = structlog.get_logger("holdfast.escrow")


class ReconciliationUnderWay(Refusal):
    code: ClassVar[str] = "RECONCILIATION_UNDER_WAY"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The book is being reconciled already"


class NotAllowedToReconcile(Refusal):
    code: ClassVar[str] = "NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Reconciling escrow is not yours to do"


def request(*, book: str, is_full: bool, origin: RunOrigin, actor: Actor, now: datetime) -> ReconciliationRun:
    """Ask for a run; a worker makes it. Raises ReconciliationUnderWay, NotAllowedToReconcile."""
    if actor.kind == "STAFF" and not roles.grants(actor.roles, PERMISSION):
        raise NotAllowedToReconcile
    with transaction.atomic():
        run = _create(book, is_full, origin, actor, now)
        work.enqueue(kind=WORK, key=run.public_id, payload={}, due_at=now, now=now)
    return run


def run_now(*, book: str, is_full: bool, origin: RunOrigin, actor: Actor, now: datetime) -> ReconciliationRun:
    """Reconcile in this process. Raises ReconciliationUnderWay."""
    with transaction.atomic():
        run = _create(book, is_full, origin, actor, now)
    return perform(run_id=run.public_id, now=now)


def run_nightly(*, now: datetime) -> list[ReconciliationRun]:
    """Once a night and book, from the hour of `escrow.reconcile_hour` on; and the certificates that are still owed."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight + timedelta(hours=limits.read("reconcile_hour", at=now))
    if now < since:
        return []
    made = []
    for book in Book.values:
        tonight = ReconciliationRun.objects.filter(book=book, origin=RunOrigin.NIGHTLY, requested_at__gte=since)
        if not tonight.exclude(state=RunState.FAILED).exists() and tonight.count() < 3:
            try:
                made.append(run_now(book=book, is_full=False, origin=RunOrigin.NIGHTLY, actor=SYSTEM, now=now))
            except ReconciliationUnderWay:
                log.info("nightly reconciliation waits", book=book)
        for owed in tonight.filter(state__in=[RunState.CLEAN, RunState.BROKEN], certificate=None):
            _certify(owed, now)
    return made


def perform(*, run_id: str, now: datetime) -> ReconciliationRun:
    """Make a run that was asked for. One that is finished stays as it is; one left by its process is made again."""
    run = selectors.get_run(run_id)
    started = ReconciliationRun.objects.filter(pk=run.pk, state__in=UNFINISHED)
    if not started.update(state=RunState.RUNNING, started_at=now):
        return run
    run.refresh_from_db()
    begun = time.monotonic()
    try:
        # The escrow of a captured payment follows by an event, which may be waiting: that is no break.
        while funding.sweep(now=now):
            continue
        matching.match(book=run.book, now=now)
        compared = comparing.compare(book=run.book, is_full=run.is_full, now=now)
        _record(run, compared, begun, now)
    except (DatabaseError, OSError) as error:
        # No answer is an answer of its own: the row says so, and the log why.
        log.error("escrow could not be reconciled", run=run.public_id, error=type(error).__name__, exc_info=True)
        _give_up(run, type(error).__name__, now)
    if run.state in (RunState.CLEAN, RunState.BROKEN) and (run.is_full or run.origin == RunOrigin.NIGHTLY):
        _certify(run, now)
    return run


def _create(book: str, is_full: bool, origin: RunOrigin, actor: Actor, now: datetime) -> ReconciliationRun:
    _end_stale(book, now)
    run = ReconciliationRun(
        public_id=ids.prefixed("rec", now),
        book=book,
        origin=origin,
        is_full=is_full,
        state=RunState.WAITING,
        requested_by=str(actor),
        requested_at=now,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        if refusal_name(error) == "book_is_reconciled_once_at_a_time":
            found = selectors.find_unfinished(book)
            raise ReconciliationUnderWay(f"{found.public_id if found else 'another run'} is not finished") from None
        raise
    audit.record(
        actor=actor, action="escrow.reconciliation.requested", subject=run.public_id, at=now,
        details={"book": book, "is_full": is_full, "origin": str(origin)},
    )  # fmt: skip
    return run


def _end_stale(book: str, now: datetime) -> None:
    """A run whose process died must not keep every other from running."""
    before = now - timedelta(minutes=limits.read("run_stale_minutes", at=now))
    for run in ReconciliationRun.objects.filter(book=book, state__in=UNFINISHED, requested_at__lt=before):
        _give_up(run, "its process did not finish it", now)


def _record(run: ReconciliationRun, compared: Compared, begun: float, now: datetime) -> None:
    with transaction.atomic():
        fresh, cleared = breaks.note(run=run, findings=compared.findings, uncertain=compared.cut, now=now)
        exports = _keep_exports(run, compared, now)
        halts.raise_for(run=run, fresh=fresh, broken=compared.findings, exports=exports, now=now)
        run.state = RunState.BROKEN if compared.found else RunState.CLEAN
        run.finished_at, run.checks, run.totals = max(now, run.requested_at), compared.checks, compared.totals
        run.found, run.fresh, run.cleared = compared.found, len(fresh), cleared
        run.milliseconds = round((time.monotonic() - begun) * 1000)
        run.save()
        _tell(run, now)


def _keep_exports(run: ReconciliationRun, compared: Compared, now: datetime) -> dict[str, StateExport]:
    """The state of each scope that is not halted yet; of one that is, the export of its first run stays the one."""
    made = [
        StateExport(
            public_id=ids.prefixed("exp", now),
            run=run,
            scope=scope,
            content=content,
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            made_at=now,
        )
        for scope, content in compared.exports.items()
        if not halts.is_halted(scope, now=now)
    ]
    StateExport.objects.bulk_create(made)
    return {export.scope: export for export in made}


def _give_up(run: ReconciliationRun, problem: str, now: datetime) -> None:
    with transaction.atomic():
        run.state, run.finished_at, run.problem = RunState.FAILED, now, problem[:200]
        ReconciliationRun.objects.filter(pk=run.pk, state__in=UNFINISHED).update(
            state=run.state, finished_at=now, problem=run.problem
        )
        _tell(run, now)


def _tell(run: ReconciliationRun, now: datetime) -> None:
    details: dict[str, JSON] = {"book": run.book, "state": str(run.state), "found": run.found, "fresh": run.fresh,
               "cleared": run.cleared, "problem": run.problem}  # fmt: skip
    audit.record(
        actor=SYSTEM, action="escrow.reconciliation.finished", subject=run.public_id, at=now, details=details,
        result="SUCCESS" if run.state == RunState.CLEAN else "FAILURE",
    )  # fmt: skip
    outbox.publish(
        ReconciliationFinished(run.public_id, run.book, str(run.state), run.found, run.fresh, run.cleared, now), now=now
    )


def _certify(run: ReconciliationRun, now: datetime) -> None:
    try:
        certificates.sign(run=run, now=now)
    except envelope.VaultUnavailable:
        log.error("certificate waits for the key service", run=run.public_id)
