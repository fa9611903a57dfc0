"""Reads of runs, breaks, statements and certificates, for pages and the API."""

from typing import ClassVar

from django.db.models import Count, QuerySet

from core.errors import Refusal
from escrow.enums_reconciliation import UNFINISHED, BreakState
from escrow.models import BankStatement, Break, Certificate, ReconciliationRun, StateExport, StatementFile


class RunNotFound(Refusal):
    code: ClassVar[str] = "RECONCILIATION_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such reconciliation"


class BreakNotFound(Refusal):
    code: ClassVar[str] = "BREAK_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such break"


class StatementNotFound(Refusal):
    code: ClassVar[str] = "STATEMENT_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such bank statement"


class CertificateNotFound(Refusal):
    code: ClassVar[str] = "CERTIFICATE_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such certificate"


class ExportNotFound(Refusal):
    code: ClassVar[str] = "EXPORT_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such export"


def get_run(run_id: str, *, book: str = "") -> ReconciliationRun:
    """Raises RunNotFound, also for a run of the other book where one is given."""
    found = ReconciliationRun.objects.filter(public_id=run_id)
    row = (found.filter(book=book) if book else found).first()
    if row is None:
        raise RunNotFound
    return row


def find_unfinished(book: str) -> ReconciliationRun | None:
    return ReconciliationRun.objects.filter(book=book, state__in=UNFINISHED).first()


def list_runs(book: str) -> QuerySet[ReconciliationRun]:
    return ReconciliationRun.objects.filter(book=book).defer("totals")


def list_breaks(book: str, *, state: str = "", kind: str = "") -> QuerySet[Break]:
    rows = Break.objects.filter(book=book)
    if state:
        rows = rows.filter(state=state)
    return rows.filter(kind=kind) if kind else rows


def count_open(book: str) -> dict[str, int]:
    """Open breaks by kind."""
    rows = Break.objects.filter(book=book, state=BreakState.OPEN).values_list("kind").annotate(number=Count("id"))
    return dict(rows.order_by("kind"))


def get_break(break_id: str, *, for_update: bool = False) -> Break:
    """Raises BreakNotFound."""
    rows = Break.objects.select_for_update(of=("self",)) if for_update else Break.objects.all()
    row = rows.select_related("first_run", "last_run").filter(public_id=break_id).first()
    if row is None:
        raise BreakNotFound(f"no break is named {break_id}")
    return row


def list_files(book: str) -> QuerySet[StatementFile]:
    """Without their content."""
    return StatementFile.objects.filter(book=book).defer("content").prefetch_related("statements")


def get_statement(statement_id: str) -> BankStatement:
    """With its file. Raises StatementNotFound."""
    rows = BankStatement.objects.select_related("file").defer("file__content")
    row = rows.filter(public_id=statement_id).first()
    if row is None:
        raise StatementNotFound
    return row


def list_certificates(book: str) -> QuerySet[Certificate]:
    return Certificate.objects.filter(book=book).select_related("run").defer("document", "run__totals", "run__checks")


def get_certificate(certificate_id: str) -> Certificate:
    """Raises CertificateNotFound."""
    row = Certificate.objects.select_related("run").filter(public_id=certificate_id).first()
    if row is None:
        raise CertificateNotFound(f"no certificate is named {certificate_id}")
    return row


def get_export(export_id: str) -> StateExport:
    """Raises ExportNotFound."""
    row = StateExport.objects.select_related("run").filter(public_id=export_id).first()
    if row is None:
        raise ExportNotFound
    return row
