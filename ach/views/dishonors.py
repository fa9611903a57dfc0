"""Returns that were sent back: the list, and one with both clocks, what its bank said and what comes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.enums import DishonorState
from ach.forms import DishonorFilter
from ach.models import Dishonor, Reply
from ach.nacha.reasons import REASONS
from ach.selectors import registers
from ach.views import replies
from ach.views.acting import who
from ach.views.entry_shown import code_in_words, item_url
from ach.views.entry_timeline import of_record
from core import clock, console
from core.audit import selectors as audit
from core.console.components import Column, Fact, Next

VIEW = "ach.view_dishonor"

console.jump(prefix="dis_", label="Dishonored return", to="admin:ach_dishonor")
console.colour(TO_BE_CONTESTED="careful", CONTESTED="bad", UNDONE="good")

COLUMNS = [
    Column("Code", "code"),
    Column("State", "state", "status"),
    Column("Amount", "amount_minor", "money"),
    Column("Of the return", "returned_as", hide_on_phone=True),
    Column("Party", "party", personal=True, hide_on_phone=True),
    Column("Contestable until", "contestable_until", "stamp"),
    Column("Sent", "sent_at", "time", hide_on_phone=True),
    Column("Asked for", "requested_at", "time", hide_on_phone=True),
]


@console.page(
    path="ach/dishonors/", name="ach_dishonors", title="Dishonored returns", nav=("ACH", 67), permission=VIEW,
    filters=DishonorFilter,
)  # fmt: skip
def dishonor_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = DishonorFilter(request.GET)
    listing = console.Listing(
        "ach-dishonors",
        COLUMNS,
        console.Keyset(
            registers.list_dishonors(livemode=console.is_live(request), state=form.wanted()), by=("requested_at", "id")
        ),
        "Dishonored returns",
        draw=_drawn,
        empty="No return was sent back",
        hint="A return that is late, wrong or came twice is sent back from its own page, with a signature.",
    )
    return console.render_list(request, "ach/dishonors.html", listing, {"form": form})


@console.page(
    path="ach/dishonors/<str:dishonor_id>/", name="ach_dishonor", title="Dishonored return", permission=VIEW
)  # fmt: skip
def dishonor_page(request: HttpRequest, dishonor_id: str) -> HttpResponse:
    try:
        made = registers.get_dishonor(dishonor_id, livemode=console.is_live(request))
    except registers.NotFound as unknown:
        raise Http404 from unknown
    reply = registers.find_reply(made.item)
    context = {
        "dishonor": made,
        "title": _code(made),
        "state": _word(made),
        "next": comes_next(made, reply, now=clock.now()),
        "facts": _facts(made),
        "reply_facts": replies.facts(reply),
        "events": of_record(audit.list_for_subject([made.public_id, made.item.public_id])),
    }
    return console.render(request, "ach/dishonor.html", context)


def comes_next(made: Dishonor, reply: Reply | None, *, now: datetime) -> Next:
    if made.state == DishonorState.WITHDRAWN:
        return Next("Nothing: it was withdrawn, and the bank was never told")
    if made.state == DishonorState.UNDONE:
        return Next("Nothing: the return is undone, and its money is where it was before it came")
    if made.state == DishonorState.CONTESTED:
        contest = made.contest
        return Next("Its bank insists: the return stands", None, "bad", item_url(contest) if contest else "")
    if made.sent_at is None:
        return Next("It leaves with the file of its cutoff", reply.due_at if reply else None, "careful")
    if made.contestable_until <= now:
        return Next("Nobody has contested it: the return is undone by the next run")
    return Next("If its bank does not contest it, the return is undone", made.contestable_until, "careful")


def _facts(made: Dishonor) -> list[Fact]:
    item, entry = made.item, made.item.entry
    shown = [
        Fact("Amount", item.amount_minor, "money", url=item_url(item)),
        Fact("The return", code_in_words(item), url=item_url(item)),
        Fact("Entry", entry.public_id if entry else "", "id"),
        Fact("Party", entry.party.party_id if entry else "", "code"),
        Fact("Bank of the return", item.original_rdfi, "code"),
        Fact("Settles on", made.settles_on),
        Fact("Sent", made.sent_at, "stamp"),
        Fact("Contestable until", made.contestable_until, "stamp"),
        Fact("Contested by", code_in_words(made.contest) if made.contest else "",
             url=item_url(made.contest) if made.contest else ""),
        Fact("Ended", made.ended_at, "stamp"),
        Fact("Asked by", who(made.requested_by)),
        Fact("Asked for", made.requested_at, "stamp"),
        Fact("Signatures", made.approval_id, "id"),
    ]  # fmt: skip
    return [fact for fact in shown if fact.value not in (None, "")]


def _code(made: Dishonor) -> str:
    return f"{made.code} {REASONS[made.code].meaning}"


def _word(made: Dishonor) -> str:
    """In the colours of the console OPEN is good; here it is a clock that runs."""
    return "TO_BE_CONTESTED" if made.state == DishonorState.OPEN else made.state


def _drawn(rows: Sequence[Dishonor]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:ach_dishonor", args=[made.public_id]),
            "code": _code(made),
            "state": _word(made),
            "amount_minor": made.item.amount_minor,
            "currency": "USD",
            "returned_as": code_in_words(made.item),
            "party": made.item.entry.party.party_id if made.item.entry else "",
            "contestable_until": made.contestable_until,
            "sent_at": made.sent_at,
            "requested_at": made.requested_at,
        }
        for made in rows
    ]
