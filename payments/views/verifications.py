"""Verifications of bank accounts: the list, and one with its method, clock and what ended it. Never the amounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.models import Entry
from core import clock, console
from core.audit import selectors as audit
from core.console import jumps
from core.console.components import Column, Event, Fact, Next, Table
from payments.forms import VerificationFilter
from payments.models import AccountVerification
from payments.selectors import transfer_lists
from payments.transfer_enums import VerificationMethod, VerificationState

VIEW = "payments.view_accountverification"
_PREFIX = "payments.verification."
_TONES = {"verified": "good", "failed": "bad", "expired": "bad", "guessed": "careful", "taken_over": "good"}

console.jump(prefix="bav_", label="Account verification", to="admin:account_verification")

COLUMNS = [
    Column("Account", "account", "code", personal=True),
    Column("State", "state", "status"),
    Column("Method", "method"),
    Column("Party", "party", personal=True, hide_on_phone=True),
    Column("Why", "why", hide_on_phone=True),
    Column("Begun", "created_at", "time", hide_on_phone=True),
    Column("Ended", "ended_at", "time", hide_on_phone=True),
]


@console.page(
    path="account-verifications/", name="account_verifications", title="Account verifications", nav=("Compliance", 41),
    permission=VIEW, filters=VerificationFilter,
)  # fmt: skip
def verification_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = VerificationFilter(request.GET)
    found = transfer_lists.list_verifications(livemode=console.is_live(request), **form.wanted())
    listing = console.Listing(
        "account-verifications",
        COLUMNS,
        console.Keyset(found, by=("created_at", "id")),
        "Account verifications",
        draw=_drawn,
        empty="No verification fits",
        hint="A marketplace begins them through the API; live accounts are paid to once one has ended well.",
    )
    return console.render_list(request, "payments/verifications.html", listing, {"form": form})


@console.page(
    path="account-verifications/<str:verification_id>/", name="account_verification", title="Account verification",
    permission=VIEW, shows=console.Shows("account verification", "verification_id"),
)  # fmt: skip
def verification_page(request: HttpRequest, verification_id: str) -> HttpResponse:
    found = transfer_lists.list_verifications(livemode=console.is_live(request))
    verification = found.filter(public_id=verification_id).first()
    if verification is None:
        raise Http404
    context = {
        "verification": verification,
        "next": comes_next(verification, now=clock.now()),
        "facts": _facts(verification),
        "entries": _entries(verification),
        "events": _events(verification),
    }
    return console.render(request, "payments/verification.html", context)


def comes_next(verification: AccountVerification, *, now: datetime) -> Next:
    if verification.state == VerificationState.VERIFIED:
        return Next("Nothing: the account counts as verified until something comes back from it")
    if verification.state != VerificationState.PENDING:
        return Next("Nothing: another verification can be begun")
    if verification.method == VerificationMethod.TRUSTED_SOURCE:
        return Next("People sign it", None, "careful", jumps.address(verification.approval_id))
    if verification.method == VerificationMethod.PRENOTE:
        if verification.live_from is None:
            return Next("The prenote settles; from the third banking day after it the account is verified")
        return Next("It is verified, unless something comes back before", verification.live_from)
    if verification.settled_at is None:
        return Next("The micro-entries settle; then their amounts can be confirmed")
    late = verification.expires_at is not None and verification.expires_at <= now
    return Next("Its holder confirms the amounts; else it expires", verification.expires_at, "careful" if late else "")


def _facts(verification: AccountVerification) -> list[Fact]:
    account, micro = verification.account, verification.method == VerificationMethod.MICRO_ENTRIES
    shown = [
        Fact("Account", account.masked, "code", url=reverse("admin:bank_account", args=[account.account_id])),
        Fact("Party", account.party.party_id, "code"),
        Fact("Method", verification.get_method_display()),
        Fact("Why", verification.why),
        Fact("Tries left", verification.tries_left if micro else None, "number"),
        Fact("Source", verification.source, hint=verification.source_reference),
        Fact("Signatures", verification.approval_id, "id"),
        Fact("Begun", verification.created_at, "stamp"),
        Fact("By", verification.created_by.partition(":")[2]),
        Fact("Settled", verification.settled_at, "stamp"),
        Fact("Verified from", verification.live_from, "stamp"),
        Fact("To be confirmed by", verification.expires_at, "stamp"),
        Fact("Verified", verification.verified_at, "stamp"),
        Fact("Ended", verification.ended_at, "stamp"),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _entries(verification: AccountVerification) -> Table:
    """Of micro-entries how many and where they stand; what they come to is for the holder to say."""
    own = verification.public_id
    names = [own, *(f"{own}:{place}" for place in (1, 2, 3))]
    rows = [
        {"url": jumps.address(entry.public_id), "kind": entry.get_kind_display(), "state": entry.state,
         "direction": entry.direction.capitalize(), "trace": entry.trace, "settles": entry.settles_at}
        for entry in Entry.objects.filter(reference__in=names, kind__in=("PRENOTE", "MICRO")).order_by("id")
    ]  # fmt: skip
    columns = [
        Column("Entry", "kind"), Column("State", "state", "status"), Column("Direction", "direction"),
        Column("Trace", "trace", "code", hide_on_phone=True), Column("Settles", "settles", "stamp"),
    ]  # fmt: skip
    return Table(columns, rows, caption="Entries of the rail", empty="Nothing was sent")


def _events(verification: AccountVerification) -> list[Event]:
    return [
        Event(
            row.recorded_at,
            row.action.removeprefix(_PREFIX).replace("_", " ").capitalize(),
            "Verification",
            str(row.facts.get("why") or ""),
            row.actor_id,
            _TONES.get(row.action.removeprefix(_PREFIX), "neutral"),
        )
        for row in audit.list_for_subject(verification.public_id)
    ]


def _drawn(rows: Sequence[AccountVerification]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:account_verification", args=[each.public_id]),
            "account": each.account.masked,
            "state": each.state,
            "method": each.get_method_display(),
            "party": each.account.party.party_id,
            "why": each.why,
            "created_at": each.created_at,
            "ended_at": each.ended_at,
        }
        for each in rows
    ]
