"""Accounts, statements and entries as staff see them. Every line leads to its entry, every entry to its accounts."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Table
from core.money import Currency
from ledger import adjustment_views, forms, sources
from ledger.chart import UnknownAccount
from ledger.enums import Phase
from ledger.models import Entry
from ledger.selectors import accounts, balances, entries, statements
from ledger.services.refusals import UnknownEntry

console.jump(prefix="ent_", label="Ledger entry", to="admin:entry")


@console.page(
    path="accounts/", name="accounts", title="Accounts", nav=("Money", 40), permission="ledger.view_account", key="a",
    filters=forms.AccountFilter,
)  # fmt: skip
def account_list(request: HttpRequest) -> HttpResponseBase:
    """Accounts by code with their balances; never more than a page is read."""
    form = forms.AccountFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    source = sources.Accounts(
        book=_book(request),
        kind=wanted.get("kind", ""),
        prefix=wanted.get("code", ""),
        owner=wanted.get("owner", ""),
        holding=wanted.get("holding", False),
    )
    columns = [
        Column("Account", "code", "code"),
        Column("Normal side", "side", hide_on_phone=True),
        Column("Posted", "posted", "money"),
        Column("Pending", "pending", "money", hide_on_phone=True),
        Column("Available", "available", "money", hide_on_phone=True),
    ]
    listing = console.Listing(
        "accounts", columns, source, "Accounts", draw=_account_rows, empty="No account fits", hint="Widen the filter."
    )
    return console.render_list(request, "ledger/accounts.html", listing, {"form": form})


@console.page(
    path="trial-balance/", name="trial_balance", title="Trial balance", nav=("Money", 45),
    permission="ledger.view_account",
)  # fmt: skip
def trial_balance(request: HttpRequest) -> HttpResponse:
    """All accounts by kind: debit and credit balances, and that they are equal."""
    book = _book(request)
    totals = accounts.list_totals(book=book)
    sheets = [
        (line, _totals_table([total for total in totals if total.posted.currency is line.currency]))
        for line in accounts.trial_of(totals, book=book)
    ]
    return console.render(request, "ledger/trial_balance.html", {"sheets": sheets, "read_at": clock.now()})


@console.page(
    path="accounts/<str:account>/", name="account", title="Account statement", permission="ledger.view_account"
)
def statement(request: HttpRequest, account: str) -> HttpResponseBase:
    """Opening balance, lines with the running balance, closing balance of any period."""
    now = clock.now()
    form = forms.StatementPeriod(request.GET)
    since, until = form.period(now)
    currency = _currency(request)
    try:
        found = statements.get(
            book=_book(request),
            account=account,
            currency=currency,
            since=since,
            until=until,
            after=sources.position(request),
            limit=sources.PAGE_SIZE,
        )
        balance = balances.get(_book(request), account, currency)
    except UnknownAccount as unknown:
        raise Http404 from unknown
    source = sources.StatementLines(_book(request), account, currency, since, until, found)
    listing = console.Listing(
        f"statement-{account.replace(':', '-')}", _statement_columns(), source, "Statement lines",
        draw=_statement_rows, empty="No movement in this period",
    )  # fmt: skip
    context = {"account": account, "form": form, "statement": found, "balance": balance}
    return console.render_list(request, "ledger/statement.html", listing, context)


@console.page(path="entries/<str:entry_id>/", name="entry", title="Ledger entry", permission="ledger.view_entry")
def entry(request: HttpRequest, entry_id: str) -> HttpResponse:
    """One balanced movement with its legs and the entries it is linked with."""
    try:
        found = entries.get(entry_id)
    except UnknownEntry as unknown:
        raise Http404 from unknown
    if found.book != _book(request):
        raise Http404
    facts = [
        Fact("Kind", found.kind),
        Fact("Phase", found.phase.value, "status"),
        Fact("Reference", found.reference, "id"),
        Fact("Takes effect", found.effective_at, "stamp"),
        Fact("Posted", found.posted_at, "stamp"),
        Fact("Expires", found.expires_at, "stamp"),
        Fact("Reverses", found.reverses, "id"),
        Fact("Reversed by", found.reversed_by, "id"),
        Fact("Settles", found.settles, "id"),
        Fact("Settled by", found.settled_by, "id"),
        Fact("Signed in", found.approval, "id"),
        Fact("Description", found.description),
    ]
    shown = [fact for fact in facts if fact.value]
    context = {
        "entry": found,
        "row": Entry.objects.get(public_id=entry_id),
        "facts": shown,
        "table": _legs_table(found),
        "total": sum((leg.amount.minor for leg in found.legs if leg.side == "DEBIT"), 0),
        "may_audit": request.user.has_perm("audit.view_auditentry"),
        "may_reverse": request.user.has_perm(adjustment_views.ASK)
        and found.phase is Phase.POSTED
        and not (found.reverses or found.reversed_by),
    }
    return console.render(request, "ledger/entry.html", context)


@console.finds("Ledger accounts", permission="ledger.view_account")
def find_accounts(request: HttpRequest, text: str) -> list[console.Hit]:
    """An account by its code, or every account of an owner."""
    lines = accounts.list_of_owner(book=_book(request), owner=text)
    why = "code of the account" if [line.code for line in lines] == [text] else "owner of the account"
    return [
        console.Hit(line.code, account_url(line.code, line.currency), str(line.posted), why, exact=line.code == text)
        for line in lines
    ]


def account_url(account: str, currency: Currency = Currency.USD) -> str:
    address = reverse("admin:account", args=[account])
    return address if currency is Currency.USD else f"{address}?currency={currency.code}"


def _book(request: HttpRequest) -> str:
    return "live" if console.is_live(request) else "test"


def _currency(request: HttpRequest) -> Currency:
    try:
        return Currency[request.GET.get("currency", "USD")]
    except KeyError as unknown:
        raise Http404 from unknown


def _account_rows(lines: Sequence[accounts.AccountLine]) -> list[dict[str, Any]]:
    return [
        {
            "url": account_url(line.code, line.currency),
            "code": line.code,
            "side": line.side.capitalize(),
            "posted": line.posted,
            "pending": line.pending,
            "available": line.available,
        }
        for line in lines
    ]


def _totals_table(totals: list[accounts.KindTotal]) -> Table:
    """A balance on the other side than its kind's stands in the other column."""
    columns = [
        Column("Kind", "kind", "code"),
        Column("Accounts with a balance", "accounts", "number"),
        Column("Debit", "debit", "money"),
        Column("Credit", "credit", "money"),
    ]
    rows = []
    for total in totals:
        debit, credit = (total.above, total.below) if total.side == "DEBIT" else (total.below, total.above)
        rows.append(
            {
                "url": f"{reverse('admin:accounts')}?kind={total.kind}",
                "kind": total.kind,
                "accounts": total.accounts,
                "debit": debit if debit.minor else None,
                "credit": credit if credit.minor else None,
            }
        )
    return Table(columns, rows, caption="Totals by kind", empty="Nothing has been posted yet")


def _statement_columns() -> list[Column]:
    return [
        Column("Time", "effective_at", "stamp"),
        Column("What", "kind"),
        Column("Reference", "reference", "id", hide_on_phone=True),
        Column("Debit", "debit", "money"),
        Column("Credit", "credit", "money"),
        Column("Balance", "balance", "money"),
    ]


def _statement_rows(lines: Sequence[statements.Line]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:entry", args=[line.entry_id]),
            "effective_at": line.effective_at,
            "kind": line.kind.replace("_", " ").replace(".", " "),
            "reference": line.reference,
            "debit": line.amount if line.side == "DEBIT" else None,
            "credit": line.amount if line.side == "CREDIT" else None,
            "balance": line.balance,
        }
        for line in lines
    ]


def _legs_table(found: entries.EntryView) -> Table:
    columns = [
        Column("Account", "account", "code"),
        Column("Debit", "debit", "money"),
        Column("Credit", "credit", "money"),
    ]
    rows = [
        {
            "url": account_url(leg.account, leg.amount.currency),
            "account": leg.account,
            "debit": leg.amount if leg.side == "DEBIT" else None,
            "credit": leg.amount if leg.side == "CREDIT" else None,
        }
        for leg in found.legs
    ]
    return Table(columns, rows, caption="Legs", empty="This entry only lets a reservation go")
