"""Bank statements: files that came, what they say, and which entry each of their lines is."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact
from core.errors import Refusal
from escrow.enums_reconciliation import FileState
from escrow.forms.reconciliation import StatementForm
from escrow.models import BankStatement, LineMatch, StatementFile, StatementLine
from escrow.selectors import reconciliation as selectors
from escrow.services import bank_statements
from escrow.statements import bai2_codes

VIEW, IMPORT = "escrow.view_bankstatement", "escrow.reconcile_escrow"

console.jump(prefix="stm_", label="Bank statement", to="admin:bank_statement")
console.colour(READ="good", STORED="busy", UNREADABLE="bad", UNMATCHED="careful")


@console.page(
    path="escrow/statements/", name="bank_statements", title="Bank statements", nav=("Escrow", 29), permission=VIEW,
)  # fmt: skip
def file_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; a file that could not be read says why."""
    return _list(request, StatementForm())


@console.page(
    path="escrow/statements/import/", name="bank_statement_import", title="Import a statement", methods=("POST",),
    permission=IMPORT,
)  # fmt: skip
def file_import(request: HttpRequest) -> HttpResponseBase:
    """Stored as it came, then read."""
    form, book = StatementForm(request.POST, request.FILES), _book(request)
    if not form.is_valid():
        return _list(request, form)
    upload = form.cleaned_data["file"]
    try:
        file = bank_statements.import_file(
            name=upload.name, content=upload.read(), book=book, actor=console.actor(request), now=clock.now()
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.title}: {refused.detail}.")
        return _list(request, form)
    if file.state == FileState.UNREADABLE:
        messages.error(request, f"{file.name} is kept, and cannot be read: {file.problem}.")
    else:
        messages.success(request, f"{file.name} is in. The next run compares it with the ledger.")
    return HttpResponseRedirect(reverse("admin:bank_statements"))


@console.page(
    path="escrow/statements/<str:statement_id>/", name="bank_statement", title="Bank statement", permission=VIEW
)
def statement_page(request: HttpRequest, statement_id: str) -> HttpResponseBase:
    """Its lines, each with the entry it is; one without is a break after some days."""
    try:
        statement = selectors.get_statement(statement_id)
    except selectors.StatementNotFound:
        raise Http404 from None
    matches = Prefetch("matches", LineMatch.objects.select_related("entry").order_by("id"))
    columns = [
        Column("Day", "day", "code"),
        Column("Amount", "amount_minor", "money"),
        Column("Reference", "reference"),
        Column("Text", "description", hide_on_phone=True, personal=True),
        Column("Code", "code", hide_on_phone=True),
        Column("Entry", "entry", "id"),
        Column("Found by", "rule", "status"),
    ]
    listing = console.Listing(
        "statement-lines",
        columns,
        console.Keyset(StatementLine.objects.filter(statement=statement).prefetch_related(matches), by=("number",)),
        "Lines",
        draw=lambda rows: [_line(row, statement) for row in rows],
        empty="The account did not move",
    )
    return console.render_list(
        request, "escrow/bank_statement.html", listing, {"statement": statement, "facts": _facts(statement)}
    )


def _list(request: HttpRequest, form: StatementForm) -> HttpResponseBase:
    columns = [
        Column("Received", "received_at", "stamp"),
        Column("Name", "name"),
        Column("State", "state", "status"),
        Column("From", "first_day", "code", hide_on_phone=True),
        Column("Until", "last_day", "code"),
        Column("Closing balance", "closing_minor", "money"),
        Column("Format", "format", hide_on_phone=True),
        Column("By", "by", hide_on_phone=True),
        Column("Problem", "problem", hide_on_phone=True),
    ]
    listing = console.Listing(
        "bank-statements",
        columns,
        console.Keyset(selectors.list_files(_book(request)), by=("id",)),
        "Files",
        draw=_drawn,
        empty="No bank statement has come",
        hint="Until the first one, the trust account is not compared with the bank.",
    )
    context = {"form": form, "may_import": request.user.has_perm(IMPORT)}
    response = console.render_list(request, "escrow/bank_statements.html", listing, context)
    if form.errors:
        response.status_code = 400
    return response


def _drawn(files: Sequence[StatementFile]) -> list[dict[str, Any]]:
    """A line for each file; one of several accounts or days leads to its last statement."""
    lines = []
    for file in files:
        statements = sorted(file.statements.all(), key=lambda each: each.last_day)
        last = statements[-1] if statements else None
        lines.append(
            {
                "url": reverse("admin:bank_statement", args=[last.public_id]) if last else "",
                "received_at": file.received_at,
                "name": file.name,
                "state": file.state,
                "first_day": statements[0].first_day.isoformat() if last else "",
                "last_day": last.last_day.isoformat() if last else "",
                "closing_minor": last.closing_minor if last else None,
                "currency": last.currency if last else "USD",
                "format": file.format,
                "by": file.received_by.partition(":")[2],
                "problem": file.problem,
            }
        )
    return lines


def _line(row: StatementLine, statement: BankStatement) -> dict[str, Any]:
    matches = list(row.matches.all())
    first = matches[0] if matches else None
    return {
        "day": row.day.isoformat(),
        "amount_minor": row.amount_minor,
        "currency": statement.currency,
        "reference": row.reference,
        "description": row.description,
        "code": f"{row.code} {bai2_codes.name(row.code)}" if row.code else "",
        "entry": first.entry.public_id if first else "",
        "rule": first.rule if first else "UNMATCHED",
        "url": reverse("admin:entry", args=[first.entry.public_id]) if first else "",
    }


def _facts(statement: BankStatement) -> list[Fact]:
    currency, end = statement.currency, statement.account_tail
    return [
        Fact("Account", f"…{end}" if end else "", hint="" if end else "the format names none"),
        Fact("First day", statement.first_day.isoformat()),
        Fact("Last day", statement.last_day.isoformat()),
        Fact("Opening balance", statement.opening_minor, "money", currency=currency),
        Fact("Closing balance", statement.closing_minor, "money", currency=currency),
        Fact("Lines", statement.line_count, "number"),
        Fact("File", statement.file.name, hint=f"SHA-256 {statement.file.sha256[:16]}…"),
        Fact("Received", statement.file.received_at, "stamp"),
    ]


def _book(request: HttpRequest) -> str:
    return "live" if console.is_live(request) else "test"
