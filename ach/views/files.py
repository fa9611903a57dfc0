"""Files: the list, and one with its totals, batches, signatures, delivery, hash and what was built in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.enums import Carries, FileState
from ach.forms import ConfirmForm, FileFilter, WhyForm
from ach.models import Batch, File
from ach.models.file import AT_HOME
from ach.selectors import files as register
from ach.selectors import registers
from ach.services import rebuilding
from ach.services.withdrawing import may_have_left
from ach.views import replies as reply_views
from ach.views.acting import who
from ach.views.entry_timeline import of_record
from core import console
from core.approvals.models import ApprovalRequest
from core.approvals.selectors.requests import find_open
from core.audit import selectors as audit
from core.console.components import Column, Fact, Table

VIEW, REBUILD, EXPORT, CONFIRM = "ach.view_file", "ach.rebuild_file", "ach.export_file", "ach.confirm_file"
MOST_BATCHES = MOST_REPLIES = 500

console.jump(prefix="file_", label="ACH file", to="admin:ach_file")
console.colour(
    PLANNED="quiet", BUILT="busy", UNSIGNED="careful", READY="busy", DELIVERED="busy", WITHDRAWN="quiet", REJECTED="bad"
)

COLUMNS = [
    Column("Name", "name"),
    Column("State", "state", "status"),
    Column("Entries", "entry_count", "number"),
    Column("Debits", "debit_minor", "money"),
    Column("Credits", "credit_minor", "money"),
    Column("Batches", "batches", "number", hide_on_phone=True),
    Column("Originator", "originator", hide_on_phone=True),
    Column("Cutoff", "cutoff", "stamp", hide_on_phone=True),
    Column("Delivered", "delivered_at", "time", hide_on_phone=True),
    Column("Tries", "tries", "number", hide_on_phone=True),
]


@dataclass(frozen=True, slots=True)
class Offers:
    """What the person may do with the file as it stands; None for what not."""

    withdraw: WhyForm | None = None
    rebuild: WhyForm | None = None
    rebuild_is_signed: bool = False
    rebuild_asked: ApprovalRequest | None = None
    export: bool = False
    confirm: ConfirmForm | None = None

    @property
    def is_empty(self) -> bool:
        return not any((self.withdraw, self.rebuild, self.rebuild_asked, self.export, self.confirm))


@console.page(
    path="ach/files/", name="ach_files", title="Files", nav=("ACH", 63), permission=VIEW, filters=FileFilter
)  # fmt: skip
def file_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = FileFilter(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    listing = console.Listing(
        "ach-files",
        COLUMNS,
        console.Keyset(register.list_newest(livemode=console.is_live(request), state=state), by=("created_at", "id")),
        "Files",
        draw=drawn,
        empty="No file fits",
        hint="Files are made at the cutoffs, for entries that wait.",
    )
    return console.render_list(request, "ach/files.html", listing, {"form": form})


@console.page(path="ach/files/<str:file_id>/", name="ach_file", title="File", permission=VIEW)
def file_page(request: HttpRequest, file_id: str) -> HttpResponse:
    return page(request, find(request, file_id))


def find(request: HttpRequest, file_id: str) -> File:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return registers.get_file(file_id, livemode=console.is_live(request))
    except registers.NotFound as unknown:
        raise Http404 from unknown


def page(request: HttpRequest, file: File, offers: Offers | None = None, status: int = 200) -> HttpResponse:
    batches = list(Batch.objects.filter(file=file).order_by("number")[: MOST_BATCHES + 1])
    answers = list(registers.list_replies(file)[:MOST_REPLIES]) if file.carries == Carries.REPLIES else []
    context = {
        "file": file,
        "replies": reply_views.table(answers) if answers else None,
        "facts": _facts(file),
        "delivery": _delivery(file),
        "batches": _batches(batches[:MOST_BATCHES], file),
        "is_cut": len(batches) > MOST_BATCHES,
        "events": of_record(audit.list_for_subject(file.public_id)),
        "is_written": bool(file.sha256),
        "offers": offers or offered(request, file),
    }
    return console.render(request, "ach/file.html", context, status=status)


def offered(request: HttpRequest, file: File) -> Offers:
    rebuilds, left = request.user.has_perm(REBUILD), may_have_left(file)
    replaceable = file.state in rebuilding.REBUILDABLE and getattr(file, "replaced_by", None) is None
    asked = find_open(action=rebuilding.ACTION, subject=file.public_id) if replaceable and left else None
    free = file.state == FileState.READY and not (file.stage and not file.state_why)
    confirms = file.state == FileState.READY and file.by_hand and file.by_hand != str(console.actor(request))
    return Offers(
        withdraw=WhyForm(auto_id="withdraw_%s") if rebuilds and file.state in AT_HOME and not left else None,
        rebuild=WhyForm(auto_id="rebuild_%s") if rebuilds and replaceable and asked is None else None,
        rebuild_is_signed=left,
        rebuild_asked=asked,
        export=free and request.user.has_perm(EXPORT),
        confirm=ConfirmForm() if confirms and request.user.has_perm(CONFIRM) else None,
    )


def url_of(file_id: str) -> str:
    return reverse("admin:ach_file", args=[file_id])


def drawn(files: Sequence[File]) -> list[dict[str, Any]]:
    return [
        {
            "url": url_of(file.public_id),
            "name": file.name,
            "state": file.state,
            "entry_count": file.entry_count,
            "debit_minor": file.debit_minor,
            "credit_minor": file.credit_minor,
            "currency": "USD",
            "batches": file.batches,
            "originator": file.originator.name,
            "cutoff": file.cutoff.at,
            "delivered_at": file.delivered_at,
            "tries": file.tries,
        }
        for file in files
    ]


def _facts(file: File) -> list[Fact]:
    replies = file.carries == Carries.REPLIES
    entries = "#replies" if replies else f"{reverse('admin:ach_entries')}?file={file.public_id}"
    shown = [
        Fact("Carries", file.get_carries_display()),
        Fact("Entries", file.entry_count, "number", url=entries),
        Fact("Addenda", file.addenda_count, "number"),
        Fact("Debits", file.debit_minor, "money", url=entries if replies else f"{entries}&direction=DEBIT"),
        Fact("Credits", file.credit_minor, "money", url=entries if replies else f"{entries}&direction=CREDIT"),
        Fact("Entry hash", file.entry_hash, "code"),
        Fact("Lines", file.lines, "number", hint=f"{file.size:,} bytes" if file.size else ""),
        Fact("SHA-256", file.sha256, "code"),
        Fact("Header", f"{file.created_on:%y%m%d} {file.created_time} {file.modifier}", "code",
             hint="day, time and modifier that the bank knows duplicates by"),
        Fact("Originator", file.originator.name, hint=file.originator.company_id,
             url=reverse("admin:ach_originator", args=[file.originator.public_id])),
        Fact("Cutoff", file.cutoff.at, "stamp", hint=file.cutoff.note,
             url=reverse("admin:ach_cutoff", args=[file.cutoff.public_id])),
        Fact("In place of", *_other(file.replaces)),
        Fact("Replaced by", *_other(getattr(file, "replaced_by", None))),
    ]  # fmt: skip
    return [fact for fact in shown if fact.value not in (None, "")]


def _delivery(file: File) -> list[Fact]:
    signed = reverse("admin:approval", args=[file.approval_id]) if file.approval_id else ""
    shown = [
        Fact("Built", file.built_at, "stamp"),
        Fact("Signatures", file.approval_id or "none needed", "code" if file.approval_id else "text", url=signed),
        Fact("By", file.originator.get_transport_display()),
        Fact("Tries", file.tries, "number"),
        Fact("Try under way", file.get_stage_display() if file.stage else ""),
        Fact("Next try", file.next_try_at if file.state == FileState.READY else None, "stamp"),
        Fact("Carried by", who(file.by_hand)),
        Fact("Confirmed by", who(file.confirmed_by)),
        Fact("Delivered", file.delivered_at, "stamp"),
        Fact("Name at the bank", file.remote_name, "code"),
        Fact("Acknowledged", file.acknowledged_at, "stamp"),
        Fact("Why", file.state_why),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _other(file: File | None) -> tuple[str, str, str, str]:
    return (file.name, "text", "USD", url_of(file.public_id)) if file else ("", "text", "USD", "")


def _batches(batches: Sequence[Batch], file: File) -> Table:
    records = reverse("admin:ach_file_records", args=[file.public_id])
    return Table(
        [Column("Batch", "number", "number"), Column("Class", "sec"), Column("Description", "description"),
         Column("Effective", "effective_on", hide_on_phone=True),
         Column("Service class", "service_class", "code", hide_on_phone=True),
         Column("Entries", "entry_count", "number"), Column("Debits", "debit_minor", "money"),
         Column("Credits", "credit_minor", "money"), Column("Line", "first_line", "number", hide_on_phone=True)],
        [
            {name: getattr(row, name) for name in _SHOWN}
            | {"currency": "USD", "url": f"{records}?line={row.first_line}#L{row.first_line}" if row.first_line else ""}
            for row in batches
        ],
        caption="Batches",
        empty="No entry is assigned yet",
    )  # fmt: skip


_SHOWN = (
    "number", "sec", "description", "effective_on", "service_class", "entry_count", "debit_minor", "credit_minor",
    "first_line",
)  # fmt: skip
