"""Settlement as treasury sees it: what the acquirer says it paid against what we booked."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core import console
from core.console.components import Column, Table
from payments.models import SettlementFile, SettlementMatch

FILES_SHOWN = 20


@console.page(
    path="settlement/", name="settlement", title="Settlement", nav=("Money", 50),
    permission="payments.view_settlementmatch",
)  # fmt: skip
def settlement_page(request: HttpRequest) -> HttpResponse:
    """Files of the acquirer, and every line or payment that does not agree."""
    livemode = console.is_live(request)
    breaks = SettlementMatch.objects.filter(resolved_at__isnull=True, livemode=livemode).select_related(
        "payment", "file"
    )
    page = console.keyset(request, breaks)
    files = SettlementFile.objects.defer("content").order_by("-received_at")[:FILES_SHOWN]
    context = {"page": page, "table": _breaks_table(page.rows), "files": _files_table(list(files))}
    return console.render(request, "payments/settlement.html", context)


@console.finds("Settlement files", permission="payments.view_settlementfile")
def find_files(request: HttpRequest, text: str) -> list[console.Hit]:  # noqa: ARG001
    """By the name it came under, or by its SHA-256."""
    found = list(SettlementFile.objects.defer("content").filter(sha256=text.lower())[:1])
    found = found or list(SettlementFile.objects.defer("content").filter(name=text)[:FILES_SHOWN])
    return [
        console.Hit(
            file.name,
            reverse("admin:payments_settlementfile_change", args=[file.pk]),
            f"{file.lines:,} lines · {file.status.lower()}",
            "name or hash of the file",
            exact=len(found) == 1,
        )
        for file in found
    ]


def _breaks_table(rows: list[SettlementMatch]) -> Table:
    columns = [
        Column("Found", "created_at", "stamp"),
        Column("Outcome", "outcome", "status"),
        Column("Kind", "kind"),
        Column("Reference", "reference", "code"),
        Column("Ours", "expected_minor", "money"),
        Column("Theirs", "stated_minor", "money"),
        Column("File", "file", hide_on_phone=True),
    ]
    shown = [
        {
            "url": reverse("admin:payment", args=[row.payment.public_id]) if row.payment else "",
            "created_at": row.created_at,
            "outcome": row.outcome,
            "kind": row.get_kind_display(),
            "reference": row.reference,
            "expected_minor": row.expected_minor,
            "stated_minor": row.stated_minor,
            "currency": row.payment.currency if row.payment else "USD",
            "file": row.file.name if row.file else "in no file",
        }
        for row in rows
    ]
    return Table(columns, shown, caption="Breaks", empty="Everything agrees", hint="Files and books say the same.")


def _files_table(rows: list[SettlementFile]) -> Table:
    columns = [
        Column("Received", "received_at", "stamp"),
        Column("File", "name", "code"),
        Column("Status", "status", "status"),
        Column("Lines", "lines", "number"),
        Column("Net", "net_minor", "money"),
        Column("Problem", "problem", hide_on_phone=True),
    ]
    return Table(columns, rows, caption="Settlement files", empty="No file has come yet")
