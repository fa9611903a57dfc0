"""Payout accounts: which there are, and of one what it is, whose else it is, what happened and what happens next."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from compliance.enums import BankAccountState
from compliance.forms import BankAccountFilter
from compliance.models import BankAccount
from compliance.selectors import bank_accounts as register
from compliance.selectors.bank_accounts import BankAccountNotFound
from core import console
from core.approvals.models import ApprovalRequest
from core.audit import selectors as audit
from core.console import records
from core.console.components import Column, Event, Fact, Table

VIEW = "compliance.view_bankaccount"
MOST_SHARING = 20
TITLES = {
    "compliance.bank_account.requested": ("Entered", "busy"),
    "compliance.bank_account.accepted": ("Signed, cools off", "careful"),
    "compliance.bank_account.activated": ("Paid to from here on", "good"),
    "compliance.bank_account.retired": ("Retired", "quiet"),
    "compliance.bank_account.rejected": ("Rejected", "bad"),
}

console.jump(prefix="ba_", label="Bank account", to="admin:bank_account")
console.colour(REJECTED="bad", RETIRED="quiet")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as a line of a list."""

    account: BankAccount

    @property
    def url(self) -> str:
        return reverse("admin:bank_account", args=[self.account.account_id])


@console.page(
    path="bank-accounts/",
    name="bank_accounts",
    title="Bank accounts",
    nav=("Compliance", 40),
    permission=VIEW,
    filters=BankAccountFilter,
)
def bank_account_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first, whatever became of them."""
    state, party_id = (form := BankAccountFilter(request.GET)).wanted()
    found = register.list_newest(livemode=console.is_live(request), state=state, party_id=party_id)
    listing = console.Listing(
        "bank-accounts",
        [
            Column("Account", "account.account_id", "id"),
            Column("Party", "account.party.party_id"),
            Column("Status", "account.state", "status"),
            Column("Number", "account.masked", hide_on_phone=True, personal=True),
            Column("Holder", "account.holder_name", hide_on_phone=True, personal=True),
            Column("Paid to from", "account.active_from", "stamp", hide_on_phone=True),
            Column("Entered", "account.created_at", "time", hide_on_phone=True),
        ],
        console.Keyset(found, by=("created_at", "id")),
        "Bank accounts",
        draw=lambda rows: [AccountRow(account) for account in rows],
        empty="No bank account fits",
        hint="A marketplace enters them through the API; nobody types them in here.",
    )
    return console.render_list(request, "compliance/bank_accounts.html", listing, {"form": form})


@console.page(
    path="bank-accounts/<str:account_id>/",
    name="bank_account",
    title="Bank account",
    permission=VIEW,
    shows=console.Shows("bank account", "account_id"),
)
def bank_account_page(request: HttpRequest, account_id: str) -> HttpResponse:
    """The number is shown by its end, here as everywhere."""
    try:
        account = register.get(account_id=account_id, livemode=console.is_live(request))
    except BankAccountNotFound as unknown:
        raise Http404 from unknown
    sharing = register.others_sharing(account)
    is_waiting = account.state == BankAccountState.PENDING
    context = {
        "account": account,
        "facts": _facts(request, account),
        "sharing": sharing,
        "sharing_table": _sharing_table(sharing),
        "unnamed": max(len(sharing) - MOST_SHARING, 0),
        "replaces": register.find_active(account.party) if is_waiting else None,
        "question": ApprovalRequest.objects.filter(request_id=account.approval_id).first() if is_waiting else None,
        "events": _events(account),
    }
    return console.render(request, "compliance/bank_account.html", context)


def _facts(request: HttpRequest, account: BankAccount) -> list[Fact]:
    facts = [
        Fact("Party", account.party.party_id, "code", url=records.row_url(request, account.party)),
        Fact("Known as", account.party.name),
        Fact("Holder", account.holder_name),
        Fact("Number", account.masked, "code"),
        Fact("Bank", account.routing_number, "code", hint="ABA routing number"),
        Fact("Type", account.get_account_type_display()),
        Fact("Version", account.version, "number"),
        Fact("Signatures", account.approval_id, "id"),
        Fact("Entered", account.created_at, "stamp"),
        Fact("By", account.requested_by.partition(":")[2]),
        Fact("Paid to from", account.active_from, "stamp"),
        Fact("Active since", account.activated_at, "stamp"),
        Fact("Ended", account.ended_at, "stamp"),
        Fact("Ended because", account.ended_reason),
    ]
    return [fact for fact in facts if fact.value]


def _sharing_table(sharing: list[BankAccount]) -> Table:
    return Table(
        [
            Column("Party", "account.party.party_id", "code"),
            Column("Status", "account.state", "status"),
            Column("Holder", "account.holder_name", hide_on_phone=True),
            Column("Entered", "account.created_at", "time", hide_on_phone=True),
        ],
        [AccountRow(account) for account in sharing[:MOST_SHARING]],
        caption="Other parties with this account",
    )


def _events(account: BankAccount) -> list[Event]:
    """What the record says, with the other account where one took the other's place."""
    return [
        Event(
            entry.recorded_at,
            TITLES[entry.action][0],
            "Audit",
            _detail(entry.facts),
            entry.actor_id,
            TITLES[entry.action][1],
        )
        for entry in audit.list_for_subject(account.account_id)
        if entry.action in TITLES
    ]


def _detail(facts: dict[str, object]) -> str:
    if facts.get("replaces"):
        return f"in the place of {facts['replaces']}"
    if facts.get("replaced_by"):
        return f"{facts['replaced_by']} took its place"
    return str(facts.get("reason") or "")
