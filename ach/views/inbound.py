"""What the bank sent: files as they came, with what had to be forgiven, and each of their lines."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from ach.forms import InboundFilter
from ach.models import InboundFile, InboundItem
from ach.selectors import registers
from ach.views.acting import who
from ach.views.entry_shown import code_in_words, item_url
from core import console
from core.console.components import Column, Fact, Table

VIEW = "ach.view_inboundfile"

console.jump(prefix="inb_", label="Inbound ACH file", to="admin:ach_inbound_file")
console.colour(STORED="busy", READ="busy", DONE="good", UNREADABLE="bad", DUPLICATE="quiet")
console.colour(APPLIED="good", SUSPENSE="careful", RESOLVED="quiet")

ITEM_COLUMNS = [
    Column("Line", "line", "number"),
    Column("Code", "code"),
    Column("State", "state", "status"),
    Column("Amount", "amount_minor", "money"),
    Column("Entry", "entry", "code", hide_on_phone=True),
    Column("Original trace", "original_trace", "code", hide_on_phone=True),
    Column("Bank", "original_rdfi", "code", hide_on_phone=True),
    Column("Why", "state_why", hide_on_phone=True),
]


@console.page(
    path="ach/inbound/", name="ach_inbound", title="Inbound", nav=("ACH", 64), permission=VIEW, filters=InboundFilter
)  # fmt: skip
def inbound_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; one that could not be read says why."""
    form = InboundFilter(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    listing = console.Listing(
        "ach-inbound",
        [
            Column("Received", "received_at", "stamp"),
            Column("Name", "name"),
            Column("State", "state", "status"),
            Column("Items", "item_count", "number"),
            Column("Debits", "debit_minor", "money", hide_on_phone=True),
            Column("Credits", "credit_minor", "money", hide_on_phone=True),
            Column("Forgiven", "forgiven", "number", hide_on_phone=True),
            Column("What it is", "kind", hide_on_phone=True),
            Column("Problem", "problem", hide_on_phone=True),
        ],
        console.Keyset(
            registers.list_inbound(livemode=console.is_live(request), state=state), by=("received_at", "id")
        ),
        "Inbound files",
        draw=_drawn,
        empty="Nothing has come",
        hint="Returns, corrections and acknowledgements are fetched from the bank.",
    )
    return console.render_list(request, "ach/inbound.html", listing, {"form": form})


@console.page(path="ach/inbound/<str:inbound_id>/", name="ach_inbound_file", title="Inbound file", permission=VIEW)
def inbound_page(request: HttpRequest, inbound_id: str) -> HttpResponseBase:
    """Its lines, last first, with what each came to."""
    try:
        file = registers.get_inbound(inbound_id, livemode=console.is_live(request))
    except registers.NotFound as unknown:
        raise Http404 from unknown
    listing = console.Listing(
        "ach-inbound-items",
        ITEM_COLUMNS,
        console.Keyset(registers.list_items(file), by=("line",)),
        "Items",
        draw=drawn_items,
        empty="It has no items",
    )
    context = {"file": file, "facts": _facts(file), "warnings": _warnings(file)}
    return console.render_list(request, "ach/inbound_file.html", listing, context)


def drawn_items(items: Sequence[InboundItem]) -> list[dict[str, Any]]:
    return [
        {
            "url": item_url(item),
            "line": item.line,
            "code": code_in_words(item),
            "state": item.state,
            "amount_minor": item.amount_minor,
            "currency": "USD",
            "entry": item.entry.public_id if item.entry else "",
            "original_trace": item.original_trace,
            "original_rdfi": item.original_rdfi,
            "state_why": item.state_why,
            "file": item.file.name,
            "received_at": item.file.received_at,
        }
        for item in items
    ]


def url_of(inbound_id: str) -> str:
    return reverse("admin:ach_inbound_file", args=[inbound_id])


def _drawn(files: Sequence[InboundFile]) -> list[dict[str, Any]]:
    return [
        {
            "url": url_of(file.public_id),
            "received_at": file.received_at,
            "name": file.name,
            "state": file.state,
            "item_count": file.item_count,
            "debit_minor": file.debit_minor,
            "credit_minor": file.credit_minor,
            "currency": "USD",
            "forgiven": len(file.warnings),
            "kind": file.get_kind_display(),
            "problem": file.problem,
        }
        for file in files
    ]


def _facts(file: InboundFile) -> list[Fact]:
    first = file.first
    shown = [
        Fact("What it is", file.get_kind_display()),
        Fact("Items", file.item_count, "number"),
        Fact("Debits", file.debit_minor, "money"),
        Fact("Credits", file.credit_minor, "money"),
        Fact("Originator", file.originator.name, hint=file.originator.company_id),
        Fact("Received", file.received_at, "stamp"),
        Fact("By", who(file.received_by)),
        Fact("Read", file.read_at, "stamp"),
        Fact("SHA-256", file.sha256, "code", hint=f"{file.size:,} bytes"),
        Fact("Same as", first.name if first else "", url=url_of(first.public_id) if first else ""),
        Fact("Problem", file.problem),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _warnings(file: InboundFile) -> Table:
    return Table(
        [Column("Line", "line", "number"), Column("Record", "record"), Column("Field", "field", hide_on_phone=True),
         Column("Code", "code", "code"), Column("What was forgiven", "message")],
        file.warnings,
        caption="What was forgiven",
    )  # fmt: skip
