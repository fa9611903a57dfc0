"""Take bank statements in: stored as they came, read, and held against the days that are there already."""

import hashlib
from datetime import datetime
from typing import ClassVar

from django.db import IntegrityError, transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.outbox import services as outbox
from core.telemetry.redaction import redact
from core.vault import envelope
from core.vault.purposes import Purpose
from escrow import parameters_reconciliation as limits
from escrow.enums_reconciliation import FileState
from escrow.events import StatementImported
from escrow.models import BankStatement, StatementFile, StatementLine
from escrow.statements import reading
from escrow.statements.documents import MOST_BYTES, Document, Statement, UnreadableStatement
from ledger.enums import Book

CHUNK = 2_000


class StatementRefused(Refusal):
    """It is no file that could be kept: too long, of no book, or taken already for the other one."""

    code: ClassVar[str] = "STATEMENT_REFUSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The bank statement is not taken"


def import_file(*, name: str, content: bytes, book: str, actor: Actor, now: datetime) -> StatementFile:
    """Store, then read. The same content again answers the file there is; one that was never read is read now.

    A file that cannot be read is kept and says why (`problem`). Raises StatementRefused, VaultUnavailable.
    """
    if book not in Book.values:
        raise StatementRefused("the book is live or test")
    if len(content) > MOST_BYTES:
        raise StatementRefused(f"a file is at most {MOST_BYTES // 1024 // 1024} MB")
    file = _stored(name, content, book, actor=actor, now=now)
    if file.book != book:
        raise StatementRefused(f"this file was taken for the {file.book} book")
    if file.state == FileState.STORED:
        _read(file, content, actor=actor, now=now)
    return file


def content_of(file: StatementFile) -> bytes:
    """The bytes as they came. Raises UnableToOpen, VaultUnavailable."""
    return envelope.decrypt(purpose=Purpose.ESCROW, ciphertext=bytes(file.content), context=_context(file.public_id))


def _stored(name: str, content: bytes, book: str, *, actor: Actor, now: datetime) -> StatementFile:
    digest = hashlib.sha256(content).hexdigest()
    if found := StatementFile.objects.filter(sha256=digest).first():
        return found
    public_id = ids.prefixed("stf", now)
    sealed = envelope.encrypt(purpose=Purpose.ESCROW, plaintext=content, context=_context(public_id))
    file = StatementFile(
        public_id=public_id,
        book=book,
        name=redact(name.replace("\\", "/").rsplit("/", 1)[-1])[:120],
        sha256=digest,
        size=len(content),
        content=sealed,
        state=FileState.STORED,
        received_by=str(actor),
        received_at=now,
    )
    StatementFile.objects.bulk_create([file], ignore_conflicts=True)
    return StatementFile.objects.get(sha256=digest)


def _read(file: StatementFile, content: bytes, *, actor: Actor, now: datetime) -> None:
    """In one transaction: all statements of the file with their lines, or none and why."""
    try:
        document = reading.read(content)
        with transaction.atomic():
            _keep(file, document, now=now)
            _finish(file, FileState.READ, document.format, actor=actor, now=now, statements=len(document.statements))
    except UnreadableStatement as refused:
        problem = str(refused)[:200]
    except IntegrityError as error:
        if refusal_name(error) != "day_has_one_bank_statement":
            raise
        problem = "there is a statement of this day already"
    else:
        return
    with transaction.atomic():
        _finish(file, FileState.UNREADABLE, "", actor=actor, now=now, problem=problem)


def _keep(file: StatementFile, document: Document, *, now: datetime) -> None:
    # Of two importers at a time the second one sees the statements of the first.
    list(StatementFile.objects.select_for_update().filter(book=file.book).order_by("pk").values_list("pk")[:1])
    for statement in sorted(document.statements, key=lambda each: each.last_day):
        _require_ours(file.book, statement, now=now)
        _require_new_days(file.book, statement)
        kept = BankStatement.objects.create(
            public_id=ids.prefixed("stm", now),
            file=file,
            book=file.book,
            account_tail=_end(statement.account),
            currency=statement.currency,
            first_day=statement.first_day,
            last_day=statement.last_day,
            opening_minor=statement.opening_minor,
            closing_minor=statement.closing_minor,
            line_count=len(statement.lines),
            created_at=now,
        )
        lines = [
            StatementLine(
                statement=kept,
                number=line.number,
                day=line.day,
                amount_minor=line.amount_minor,
                reference=redact(line.reference)[:100],
                description=redact(line.description)[:500],
                code=line.code,
            )
            for line in statement.lines
        ]
        StatementLine.objects.bulk_create(lines, batch_size=CHUNK)


def _require_ours(book: str, statement: Statement, *, now: datetime) -> None:
    wanted = limits.account_end(book, at=now)
    if wanted and statement.account and _end(statement.account).upper() != wanted.upper():
        raise UnreadableStatement("a statement is of another account than the trust account")


def _require_new_days(book: str, statement: Statement) -> None:
    """Days do not overlap, and all statements of a book and currency are of one account."""
    others = BankStatement.objects.filter(book=book, currency=statement.currency)
    if others.filter(first_day__lte=statement.last_day, last_day__gte=statement.first_day).exists():
        raise UnreadableStatement(f"there is a statement of {statement.first_day} to {statement.last_day} already")
    end = _end(statement.account)
    if end and others.exclude(account_tail__in=["", end]).exists():
        raise UnreadableStatement("a statement is of another account than those before")


def _finish(
    file: StatementFile, state: FileState, format_: str, *, actor: Actor, now: datetime, statements: int = 0,
    problem: str = "",
) -> None:  # fmt: skip
    file.state, file.format, file.problem, file.read_at = state, format_, problem, now
    waiting = StatementFile.objects.filter(pk=file.pk, state=FileState.STORED)
    if not waiting.update(state=state, format=format_, problem=problem, read_at=now):
        file.refresh_from_db()
        return
    audit.record(
        actor=actor,
        action=f"escrow.statement.{'imported' if state == FileState.READ else 'refused'}",
        subject=file.public_id,
        at=now,
        details={"name": file.name, "book": file.book, "sha256": file.sha256, "statements": statements,
                 "problem": problem},
        result="SUCCESS" if state == FileState.READ else "FAILURE",
    )  # fmt: skip
    outbox.publish(StatementImported(file.public_id, file.book, str(state), statements, problem, now), now=now)


def _end(account: str) -> str:
    return "".join(character for character in account if character.isalnum())[-4:]


def _context(public_id: str) -> dict[str, str]:
    return {"party": "platform", "row": public_id}
