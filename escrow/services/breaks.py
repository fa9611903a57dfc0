"""Breaks: noted by runs, cleared by runs that no longer find them, written off by two people."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from core import ids
from core.actors import Actor
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox
from escrow.break_kinds import TERMS, BreakKind
from escrow.comparisons.comparison import Finding
from escrow.enums_reconciliation import BreakState, MatchRule
from escrow.events import BreakWrittenOff
from escrow.models import Break, LineMatch, ReconciliationRun, StatementLine
from escrow.selectors import reconciliation as selectors
from ledger import chart
from ledger.models import Entry
from ledger.services import journal
from ledger.services.journal import Leg

ACTION = "escrow.write_off"
KIND = "escrow.written_off"
AGAINST = (chart.SUSPENSE, chart.costs("writeoff"))
CHUNK = 1_000
NOT_FOUND_ANY_MORE = "a later run did not find it any more"


class UnableToWriteOff(Refusal):
    """It is closed already, of a kind that cannot be written off, or would move money nowhere."""

    code: ClassVar[str] = "BREAK_NOT_WRITTEN_OFF"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The break cannot be written off"


def note(
    *, run: ReconciliationRun, findings: Iterable[Finding], uncertain: Iterable[BreakKind], now: datetime
) -> tuple[list[Break], int]:
    """Open what is new, renew what is known, clear what is gone; in the caller's transaction.

    Returns the new ones and how many were cleared. Kinds that are `uncertain` clear nothing: not all was named.
    """
    known = {
        (row.kind, row.subject, row.currency): row
        for row in Break.objects.select_for_update().filter(book=run.book, state=BreakState.OPEN)
    }
    fresh, again = [], []
    for found in {(each.kind, each.subject, each.currency): each for each in findings}.values():
        row = known.pop((str(found.kind), found.subject, found.currency), None)
        if row is None:
            fresh.append(_opened(found, run, now))
            continue
        row.expected_minor, row.actual_minor, row.detail = found.expected_minor, found.actual_minor, found.detail
        row.last_run, row.last_seen_at = run, max(now, row.first_seen_at)
        again.append(row)
    Break.objects.bulk_create(fresh, batch_size=CHUNK)
    Break.objects.bulk_update(
        again, ["expected_minor", "actual_minor", "detail", "last_run", "last_seen_at"], batch_size=CHUNK
    )
    gone = [row.pk for row in known.values() if row.kind not in set(uncertain)]
    cleared = Break.objects.filter(pk__in=gone).update(
        state=BreakState.CLEARED, closed_at=now, closed_why=NOT_FOUND_ANY_MORE
    )
    return fresh, cleared


def ask_write_off(*, break_id: str, against: str, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Ask that a break stays as it is. `against` is the account that takes the difference, empty where none moves.

    Raises BreakNotFound, UnableToWriteOff, and what `core.approvals` refuses.
    """
    return approvals.ask(
        action=ACTION, subject=break_id, given={"against": against}, reason=reason, actor=actor, now=now
    )


def require_writable(row: Break, against: str) -> None:
    """Raises UnableToWriteOff."""
    if row.state != BreakState.OPEN:
        raise UnableToWriteOff(f"it is {row.get_state_display().lower()}")
    if not TERMS[BreakKind(row.kind)].writable:
        raise UnableToWriteOff("this kind goes away only when what is wrong is put right")
    if moves_account(row) and against not in AGAINST:
        raise UnableToWriteOff(f"the difference goes to {' or '.join(AGAINST)}")
    if not moves_account(row) and against:
        raise UnableToWriteOff("a break of this kind moves no account")


def moves_account(row: Break) -> bool:
    """Whether writing it off posts the difference to its account."""
    return TERMS[BreakKind(row.kind)].posts and bool(row.account) and bool(row.difference_minor)


def legs_of(row: Break, against: str) -> list[Leg]:
    """What brings the account to what is expected of it, against the other one."""
    side = chart.kind_of(row.account).sign
    change = -(row.difference_minor or 0) * side
    return [Leg(row.account, change, row.currency), Leg(against, -change, row.currency)]


def write_off(
    *, request_id: str, break_id: str, given: Mapping[str, JSON], version: Mapping[str, JSON], reason: str,
    actor: Actor, now: datetime,
) -> Break:  # fmt: skip
    """What was signed, in the transaction of the last signature. Raises UnableToWriteOff, and what `journal` does."""
    row = selectors.get_break(break_id, for_update=True)
    against = str(given["against"])
    require_writable(row, against)
    if covered(row) != dict(version):
        raise UnableToWriteOff("its amounts have changed since it was signed")
    if moves_account(row):
        row.entry_id = _post(row, against, request_id, reason, now)
    row.state, row.closed_at, row.closed_why, row.approval_id = BreakState.WRITTEN_OFF, now, reason[:500], request_id
    row.save(update_fields=["state", "closed_at", "closed_why", "approval_id", "entry_id"])
    audit.record(
        actor=actor, action="escrow.break.written_off", subject=row.public_id, at=now,
        details={"kind": row.kind, "of": row.subject, "expected_minor": row.expected_minor,
                 "actual_minor": row.actual_minor, "currency": row.currency, "entry": row.entry_id,
                 "approval": request_id, "reason": row.closed_why},
    )  # fmt: skip
    outbox.publish(BreakWrittenOff(row.public_id, row.book, row.kind, request_id, row.entry_id, now), now=now)
    return row


def covered(row: Break) -> dict[str, JSON]:
    """What a signature covers: the break with its amounts as they are now."""
    return {
        "kind": row.kind,
        "subject": row.subject,
        "book": row.book,
        "account": row.account,
        "currency": row.currency,
        "expectedMinor": row.expected_minor,
        "actualMinor": row.actual_minor,
    }


def _post(row: Break, against: str, request_id: str, reason: str, now: datetime) -> str:
    posted = journal.post(
        book=row.book,
        kind=KIND,
        legs=legs_of(row, against),
        reference=row.public_id,
        idempotency_key=request_id,
        effective_at=now,
        now=now,
        description=reason[:255],
    )
    if row.kind == BreakKind.BANK_LINE_UNMATCHED:
        statement, _, number = row.subject.partition("/")
        LineMatch.objects.create(
            line=StatementLine.objects.get(statement__public_id=statement, number=number),
            entry=Entry.objects.get(public_id=posted.entry_id),
            amount_minor=-(row.difference_minor or 0),
            rule=MatchRule.WRITE_OFF,
            matched_at=now,
        )
    return posted.entry_id


def _opened(found: Finding, run: ReconciliationRun, now: datetime) -> Break:
    return Break(
        public_id=ids.prefixed("brk", now),
        book=run.book,
        kind=found.kind,
        subject=found.subject,
        scope=found.scope,
        account=found.account,
        currency=found.currency,
        expected_minor=found.expected_minor,
        actual_minor=found.actual_minor,
        detail=found.detail,
        state=BreakState.OPEN,
        first_run=run,
        first_seen_at=now,
        last_run=run,
        last_seen_at=now,
    )
