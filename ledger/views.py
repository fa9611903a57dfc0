"""Accounts, statements and entries as staff see them. Every line leads to its entry, every entry to its accounts."""

import base64
import binascii
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Table
from core.money import Currency
from ledger import adjustment_views, forms
from ledger.chart import UnknownAccount
from ledger.enums import Phase
from ledger.selectors import accounts, balances, entries, statements
from ledger.services.refusals import UnknownEntry

PAGE_SIZE = 100

console.jump(prefix="ent_", label="Ledger entry", to="admin:entry")


@console.page(
    path="accounts/", name="accounts", title="Accounts", nav=("Money", 40), permission="ledger.view_account", key="a"
)
def account_list(request: HttpRequest) -> HttpResponse:
    """Accounts by code with their balances, totals by kind, and the trial balance."""
    form = forms.AccountFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"kind": "", "code": ""}
    book = _book(request)
    code, _, currency = request.GET.get("after", "").partition("|")
    lines = accounts.list_by_code(
        book=book,
        kind=wanted["kind"],
        prefix=wanted["code"],
        after=(code, currency),
        limit=PAGE_SIZE + 1,
    )
    shown = lines[:PAGE_SIZE]
    older = request.GET.copy()
    if shown:
        older["after"] = f"{shown[-1].code}|{shown[-1].currency.code}"
    context = {
        "form": form,
        "trial": balances.list_trial(book),
        "totals": _totals_table(accounts.list_totals(book=book)),
        "table": _account_table(shown),
        "page": console.KeysetPage([], f"?{older.urlencode()}" if len(lines) > PAGE_SIZE else "", ""),
    }
    return console.render(request, "ledger/accounts.html", context)


@console.page(
    path="accounts/<str:account>/", name="account", title="Account statement", permission="ledger.view_account"
)
def statement(request: HttpRequest, account: str) -> HttpResponse:
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
            after=_position(request),
            limit=PAGE_SIZE,
        )
        balance = balances.get(_book(request), account, currency)
    except UnknownAccount as unknown:
        raise Http404 from unknown
    older = request.GET.copy()
    if found.next_page:
        older["after"] = _cursor(found.next_page)
    context = {
        "account": account,
        "form": form,
        "statement": found,
        "balance": balance,
        "table": _statement_table(found),
        "page": console.KeysetPage([], f"?{older.urlencode()}" if found.next_page else "", ""),
    }
    return console.render(request, "ledger/statement.html", context)


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
        "facts": shown,
        "table": _legs_table(found),
        "may_reverse": request.user.has_perm(adjustment_views.ASK)
        and found.phase is Phase.POSTED
        and not (found.reverses or found.reversed_by),
    }
    return console.render(request, "ledger/entry.html", context)


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


def _account_table(lines: list[accounts.AccountLine]) -> Table:
    columns = [
        Column("Account", "code", "code"),
        Column("Normal side", "side", hide_on_phone=True),
        Column("Posted", "posted", "money", currency="currency"),
        Column("Available", "available", "money", currency="currency", hide_on_phone=True),
    ]
    rows = [
        {
            "url": account_url(line.code, line.currency),
            "code": line.code,
            "side": line.side.capitalize(),
            "posted": line.posted,
            "available": line.available,
            "currency": line.currency.code,
        }
        for line in lines
    ]
    return Table(columns, rows, caption="Accounts", empty="No account fits", hint="Widen the filter.")


def _totals_table(totals: list[accounts.KindTotal]) -> Table:
    columns = [
        Column("Kind", "kind", "code"),
        Column("Normal side", "side"),
        Column("Accounts", "accounts", "number"),
        Column("Posted", "posted", "money"),
    ]
    rows = [
        {
            "url": f"?kind={total.kind}",
            "kind": total.kind,
            "side": total.side.capitalize(),
            "accounts": total.accounts,
            "posted": total.posted,
        }
        for total in totals
    ]
    return Table(columns, rows, caption="Totals by kind", empty="Nothing has been posted yet")


def _statement_table(found: statements.Statement) -> Table:
    columns = [
        Column("Time", "effective_at", "stamp"),
        Column("What", "kind"),
        Column("Reference", "reference", "id", hide_on_phone=True),
        Column("Debit", "debit", "money"),
        Column("Credit", "credit", "money"),
        Column("Balance", "balance", "money"),
    ]
    rows = [
        {
            "url": reverse("admin:entry", args=[line.entry_id]),
            "effective_at": line.effective_at,
            "kind": line.kind.replace("_", " ").replace(".", " "),
            "reference": line.reference,
            "debit": line.amount if line.side == "DEBIT" else None,
            "credit": line.amount if line.side == "CREDIT" else None,
            "balance": line.balance,
        }
        for line in found.lines
    ]
    return Table(columns, rows, caption="Statement lines", empty="No movement in this period")


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


def _cursor(position: statements.Position) -> str:
    text = f"{position.effective_at.isoformat()}|{position.posting_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(request: HttpRequest) -> statements.Position | None:
    """Where the page before ended. Raises Http404 for a cursor nobody was given."""
    cursor = request.GET.get("after", "")
    if not cursor:
        return None
    try:
        at, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise Http404
        return statements.Position(moment, int(number))
    except (ValueError, binascii.Error, UnicodeDecodeError) as error:
        raise Http404 from error
