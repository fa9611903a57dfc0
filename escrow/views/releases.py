"""Releases that wait for signatures: what is signed beside what is there now. Signing itself is `core.approvals`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core import clock, console
from core.approvals import devices, digests, presentation
from core.approvals.models import ApprovalRequest
from core.approvals.selectors.quorum import Quorum
from core.approvals.services import contents
from core.console.components import Column, Table
from core.errors import Refusal
from core.money import Currency, Money
from escrow.selectors import pages

SIDES = {"me": "Waiting for me", "others": "Waiting for others"}


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """A question as a line of the inbox; it opens beside the list."""

    counted: Quorum
    show: str
    why_not: str

    @property
    def url(self) -> str:
        return f"{reverse('admin:escrow_releases')}?show={self.show}&open={self.counted.request.request_id}"

    @property
    def missing(self) -> str:
        return presentation.missing_in_words(self.counted)

    @property
    def asker(self) -> str:
        return self.counted.request.asker.id

    @property
    def amount_minor(self) -> int:
        return int(self.counted.request.given["amountMinor"])

    @property
    def currency(self) -> str:
        return str(self.counted.request.content["facts"].get("currency", "USD"))


@console.page(
    path="escrow-releases/", name="escrow_releases", title="Releases to sign", nav=("Escrow", 12),
    permission="escrow.view_escrow",
)  # fmt: skip
def release_inbox(request: HttpRequest) -> HttpResponse:
    """Those that expire first come first."""
    user, now = console.person(request), clock.now()
    waiting = pages.questions(livemode=console.is_live(request), user=user, now=now)
    hands = devices.hands(request)
    lines = [ReleaseLine(counted, "", counted.objection_to(user, hands)) for counted in waiting]
    sorted_ = {
        "me": [ReleaseLine(line.counted, "me", "") for line in lines if not line.why_not],
        "others": [ReleaseLine(line.counted, "others", line.why_not) for line in lines if line.why_not],
    }
    show = request.GET.get("show", "")
    show = show if show in SIDES else ("me" if sorted_["me"] else "others")
    opened = _opened(sorted_[show], request.GET.get("open", ""))
    context: dict[str, Any] = {
        "show": show,
        "title": SIDES[show],
        "counts": {name: len(found) for name, found in sorted_.items()},
        "table": _table(sorted_[show], show),
        "opened": opened,
        "sides": _side_by_side(opened.counted.request, now) if opened else None,
        "limit": pages.MOST if len(waiting) == pages.MOST else None,
    }
    return console.render(request, "escrow/releases.html", context)


def _opened(lines: list[ReleaseLine], wanted: str) -> ReleaseLine | None:
    named = [line for line in lines if line.counted.request.request_id == wanted]
    return next(iter(named or lines), None)


def _table(lines: list[ReleaseLine], show: str) -> Table:
    last = Column("Why not you", "why_not") if show == "others" else Column("Missing", "missing")
    columns = [
        Column("Escrow", "counted.request.subject", "id"),
        Column("Amount", "amount_minor", "money", currency="currency"),
        last,
        Column("Asked by", "asker", hide_on_phone=True),
        Column("Expires", "counted.request.expires_at", "time"),
    ]
    return Table(
        columns, lines, caption=SIDES[show], empty="Nothing waits here",
        hint="A release that takes signatures appears as soon as it is asked for.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SideBySide:
    """`rows`: what, as covered, as it is now, and whether they differ. `nonsense` says why there is no now."""

    rows: list[tuple[str, str, str, bool]]
    changed: int
    nonsense: str = ""


def _side_by_side(asked: ApprovalRequest, moment: datetime) -> SideBySide:
    covered = _leaves(asked.content)
    try:
        _, text = contents.read(asked, now=moment)
    except Refusal as refused:
        return SideBySide([(name, value, "", False) for name, value in covered.items()], 0, refused.detail)
    now = _leaves(ApprovalRequest(covered=text).content)
    rows = [
        (name, covered.get(name, "none"), now.get(name, "none"), covered.get(name) != now.get(name))
        for name in dict.fromkeys([*covered, *now])
    ]
    return SideBySide(rows, sum(differs for *_, differs in rows))


def _leaves(content: dict[str, Any]) -> dict[str, str]:
    """`Parts released 1 amount` → `1,500.00 USD`."""
    currency = Currency[str(content["facts"].get("currency", "USD"))]
    signed = {name: content[name] for name in ("given", "version", "evidence", "facts")}
    found: dict[str, str] = {}
    for path, value in digests.leaves(signed):
        is_money = path.endswith("Minor") and type(value) is int
        text = str(Money(value, currency)) if is_money and isinstance(value, int) else str(value)
        found.setdefault(presentation.label(path), text)
    return found
