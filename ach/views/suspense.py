"""What came back and is nobody's yet, beside the entries that it may be about; and one item of whatever state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.enums import DishonorState, ItemKind, ItemState
from ach.forms import DishonorForm, ResolveForm, WhyForm
from ach.models import Entry, InboundItem
from ach.selectors import registers, whole_lives
from ach.services import dishonors, suspense
from ach.views import replies as reply_views
from ach.views.acting import WORK_RETURN, ask, done, who
from ach.views.entry_shown import code_in_words, item_url
from ach.views.inbound import drawn_items
from ach.views.inbound import url_of as file_url
from core import console
from core.approvals.models import ApprovalRequest
from core.approvals.selectors.requests import find_open
from core.console.components import Column, Fact

VIEW = "ach.view_inbounditem"

console.jump(prefix="item_", label="Inbound ACH item", to="admin:ach_item")


@dataclass(frozen=True, slots=True)
class Compared:
    """One property of the item beside that of each candidate: text, whether it differs, address."""

    label: str
    item: str
    values: Sequence[tuple[str, bool, str]]


@dataclass(frozen=True, slots=True)
class Offers:
    resolve: ResolveForm | None = None
    resolve_asked: ApprovalRequest | None = None
    dishonor: DishonorForm | None = None
    dishonor_asked: ApprovalRequest | None = None
    withdraw: WhyForm | None = None


@console.page(path="ach/suspense/", name="ach_suspense", title="Suspense", nav=("ACH", 65), permission=VIEW)
def suspense_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    listing = console.Listing(
        "ach-suspense",
        [
            Column("Amount", "amount_minor", "money"),
            Column("Code", "code"),
            Column("Why", "state_why"),
            Column("Original trace", "original_trace", "code", hide_on_phone=True),
            Column("Bank", "original_rdfi", "code", hide_on_phone=True),
            Column("File", "file", hide_on_phone=True),
            Column("Received", "received_at", "time"),
        ],
        console.Keyset(registers.list_suspense(livemode=console.is_live(request)), by=("id",)),
        "Suspense",
        draw=drawn_items,
        empty="Everything that came back has its entry",
        hint="What matches no entry, or more than one, waits here for two people.",
    )
    return console.render_list(request, "ach/suspense.html", listing, {})


@console.page(path="ach/items/<str:item_id>/", name="ach_item", title="Inbound item", permission=VIEW)
def item_page(request: HttpRequest, item_id: str) -> HttpResponse:
    """What the bank said, and where it belongs."""
    return page(request, find(request, item_id))


@console.page(
    path="ach/items/<str:item_id>/resolve/", name="ach_item_resolve", title="Resolve item", permission=WORK_RETURN,
    methods=("POST",),
)  # fmt: skip
def item_resolve(request: HttpRequest, item_id: str) -> HttpResponse:
    """A question to whoever may sign it."""
    item, form = find(request, item_id), ResolveForm(request.POST, auto_id="resolve_%s")
    if not form.is_valid():
        return page(request, item, replace(offered(request, item), resolve=form), status=400)
    said = form.cleaned_data
    return ask(
        request, item_url(item), action=suspense.RESOLVE, subject=item_id, reason=said["reason"],
        entryId=said["entry"],
    )  # fmt: skip


@console.page(
    path="ach/items/<str:item_id>/dishonor/", name="ach_item_dishonor", title="Dishonor return",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def item_dishonor(request: HttpRequest, item_id: str) -> HttpResponse:
    """A question to whoever may sign that the return goes back."""
    item, form = find(request, item_id), DishonorForm(request.POST, auto_id="dishonor_%s")
    if not form.is_valid():
        return page(request, item, replace(offered(request, item), dishonor=form), status=400)
    said = form.cleaned_data
    return ask(
        request, item_url(item), action=dishonors.DISHONOR, subject=item_id, reason=said["reason"], code=said["code"]
    )


@console.page(
    path="ach/items/<str:item_id>/keep/", name="ach_item_keep", title="Withdraw dishonored return",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def item_keep(request: HttpRequest, item_id: str) -> HttpResponse:
    """The return is not sent back after all; only as long as no file has it."""
    item, form = find(request, item_id), WhyForm(request.POST, auto_id="keep_%s")
    if not form.is_valid():
        return page(request, item, replace(offered(request, item), withdraw=form), status=400)
    made = registers.find_dishonor(item)
    return done(
        request, item_url(item), dishonors.withdraw, "Withdrawn: nothing is sent back.",
        dishonor_id=made.public_id if made else "", reason=form.cleaned_data["why"],
    )  # fmt: skip


def find(request: HttpRequest, item_id: str) -> InboundItem:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return registers.get_item(item_id, livemode=console.is_live(request))
    except registers.NotFound as unknown:
        raise Http404 from unknown


def page(request: HttpRequest, item: InboundItem, offers: Offers | None = None, status: int = 200) -> HttpResponse:
    candidates = whole_lives.candidates(item) if item.state == ItemState.SUSPENSE else []
    reply = registers.find_reply(item)
    context = {
        "item": item,
        "title": code_in_words(item),
        "facts": _facts(item),
        "candidates": candidates,
        "compared": compared(item, candidates),
        "change": getattr(item, "change", None),
        "dishonor": registers.find_dishonor(item),
        "reply": reply,
        "reply_facts": reply_views.facts(reply),
        "offers": offers or offered(request, item),
    }
    return console.render(request, "ach/item.html", context, status=status)


def offered(request: HttpRequest, item: InboundItem) -> Offers:
    works, waits = request.user.has_perm(WORK_RETURN), item.state == ItemState.SUSPENSE
    returned = item.kind == ItemKind.RETURN and item.state in (ItemState.APPLIED, ItemState.SUSPENSE)
    made = registers.find_dishonor(item) if returned else None
    returned = returned and (made is None or made.state == DishonorState.WITHDRAWN)
    reply = registers.find_reply(item) if made is not None and made.state == DishonorState.OPEN else None
    resolving = find_open(action=suspense.RESOLVE, subject=item.public_id) if waits else None
    dishonoring = find_open(action=dishonors.DISHONOR, subject=item.public_id) if returned else None
    return Offers(
        resolve=ResolveForm(auto_id="resolve_%s") if works and waits and resolving is None else None,
        resolve_asked=resolving,
        dishonor=DishonorForm(auto_id="dishonor_%s") if works and returned and dishonoring is None else None,
        dishonor_asked=dishonoring,
        withdraw=WhyForm(auto_id="keep_%s") if works and reply and reply.state in reply_views.TO_BE_SENT else None,
    )


def compared(item: InboundItem, candidates: Sequence[Entry]) -> list[Compared]:
    """Row by row what the bank says and what each entry says."""
    direction = suspense.direction_of(item)

    def row(label: str, said: str, *values: str, urls: Sequence[str] = ()) -> Compared:
        links = urls or [""] * len(values)
        return Compared(label, said, [(value, bool(said) and value != said, url)
                                      for value, url in zip(values, links, strict=True)])  # fmt: skip

    return [
        row("Trace", item.original_trace, *(entry.trace for entry in candidates),
            urls=[reverse("admin:ach_entry", args=[entry.public_id]) for entry in candidates]),
        row("Bank", item.original_rdfi, *(entry.account.routing_number[:8] for entry in candidates)),
        row("Amount", _amount(item.amount_minor), *(_amount(entry.amount_minor) for entry in candidates)),
        row("Direction", direction.capitalize(), *(entry.direction.capitalize() for entry in candidates)),
        row("Company", item.company_id, *(entry.originator.company_id.strip() for entry in candidates)),
        row("State", "", *(str(entry.get_state_display()) for entry in candidates)),
        row("Party", "", *(entry.party.party_id for entry in candidates)),
        row("Sent", "", *(f"{entry.sent_at:%Y-%m-%d}" if entry.sent_at else "" for entry in candidates)),
        row("Id", "", *(entry.public_id for entry in candidates)),
    ]  # fmt: skip


def _amount(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"


def _facts(item: InboundItem) -> list[Fact]:
    entry = item.entry
    shown: list[Any] = [
        Fact("What it is", item.get_kind_display()),
        Fact("Amount", item.amount_minor, "money"),
        Fact("Entry", entry.public_id if entry else "", "code",
             url=reverse("admin:ach_entry", args=[entry.public_id]) if entry else ""),
        Fact("Matched by", who(item.matched_by)),
        Fact("Applied", item.applied_at, "stamp"),
        Fact("Why", item.state_why),
        Fact("Original trace", item.original_trace, "code"),
        Fact("Bank of the original", item.original_rdfi, "code"),
        Fact("Company", item.company_id, "code"),
        Fact("Trace of the answer", item.trace, "code"),
        Fact("Entry class", item.sec),
        Fact("Transaction code", item.transaction_code, "code"),
        Fact("Settles on", item.settles_on),
        Fact("Date of death", item.date_of_death),
        Fact("The bank adds", item.detail),
        Fact("File", item.file.name, url=file_url(item.file.public_id), hint=f"line {item.line}"),
        Fact("Received", item.file.received_at, "stamp"),
    ]  # fmt: skip
    return [fact for fact in shown if fact.value not in (None, "")]
