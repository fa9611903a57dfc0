"""What the page of one transfer says about it."""

from typing import Any

from django.urls import reverse

from ach.nacha.codes import SEC_CODES
from ach.nacha.reasons import REASONS
from compliance.models import BankAccount
from core.console import jumps
from core.console.components import Column, Fact, Table
from ledger import chart
from ledger.selectors.entries import EntryView
from payments.models import Booking, Transfer
from payments.selectors.transfer_lists import Story
from payments.transfer_enums import TransferType


def outside(transfer: Transfer) -> BankAccount:
    """The account that is not with us: where a credit goes, where a debit comes from."""
    found = transfer.to_account if transfer.type == TransferType.CREDIT else transfer.from_account
    assert found is not None, "the database asks for it"
    return found


def money(story: Story) -> list[Fact]:
    transfer, currency = story.transfer, story.transfer.currency
    late = sum(booking.late_minor for booking in story.bookings)
    owner = story.bookings[0].owner if story.bookings else ""
    entry = story.latest
    shown = [
        Fact("Amount", transfer.amount_minor, "money", currency),
        Fact("Which way", "to the account" if transfer.type == TransferType.CREDIT else "from the account"),
        Fact("Purpose", transfer.get_purpose_display(), url=_payout_url(story)),
        Fact("Class", transfer.sec, hint=_class(transfer)),
        Fact("Priority", transfer.get_priority_display(), hint=_priority(transfer)),
        Fact("Description", transfer.description),
        Fact("Asked to settle on", transfer.requested_on),
        Fact("Promised for", transfer.estimated_settlement, "stamp"),
        Fact("Settles", entry.settles_at if entry else None, "stamp"),
        Fact("Tracking id", f"TR{transfer.trace}" if transfer.trace else "", "code"),
        Fact("Returned", _reason(transfer.return_code), hint=transfer.return_code),
        Fact("Owed after a late return", late or None, "money", currency,
             url=_account(chart.returns_receivable(owner)) if late else ""),
    ]  # fmt: skip
    return _said(shown)


def sides(story: Story) -> list[Fact]:
    transfer, account = story.transfer, outside(story.transfer)
    shown = [
        _party("Payer", transfer.payer.party_id, "payer"),
        _party("Payee", transfer.payee.party_id, "payee"),
        _party("Made for", transfer.customer.party_id, "customer") if transfer.customer else Fact("", ""),
        Fact("Account", account.masked, "code", url=reverse("admin:bank_account", args=[account.account_id])),
        Fact("Bank of the account", account.routing_number, "code", hint="ABA routing number"),
        Fact("Balance it goes by", _ours(story), "code", url=_account(_ours(story)) if story.bookings else ""),
        Fact("Escrow", transfer.escrow_id, "id"),
        Fact("Payout", story.payout.public_id if story.payout else "", "id"),
        Fact("Asked by", transfer.created_by.partition(":")[2] or transfer.created_by),
        Fact("Asked for", transfer.created_at, "stamp"),
        Fact("Last changed", transfer.updated_at, "stamp"),
    ]
    return _said(shown)


def checks(story: Story) -> list[Fact]:
    transfer = story.transfer
    shown = [
        Fact("Fraud score", transfer.risk_score, "score"),
        Fact("Review", story.case.case_id if story.case else "", "id",
             hint=(story.case.decision or story.case.state).lower() if story.case else ""),
        Fact("Signatures", story.approval.request_id if story.approval else "", "id",
             hint=story.approval.state.lower() if story.approval else ""),
        Fact("Refused with", transfer.failure_code, "code"),
        Fact("Which says", transfer.decline_reason),
        *(Fact("Flag", flag.partition(":")[0], "code", hint=flag.partition(":")[2].replace(":", " "))
          for flag in transfer.compliance_flags),
    ]  # fmt: skip
    return _said(shown)


def entries(story: Story) -> Table:
    """Its own, and what followed: retries and reversals."""
    rows = [
        {
            "url": jumps.address(entry.public_id), "kind": entry.get_kind_display(), "state": entry.state,
            "amount": entry.amount_minor, "currency": entry.currency, "trace": entry.trace,
            "file": entry.file.name if entry.file else "", "due": entry.due_at, "settles": entry.settles_at,
            "code": entry.return_code,
        }
        for entry in story.entries
    ]  # fmt: skip
    columns = [
        Column("Entry", "kind"), Column("State", "state", "status"), Column("Amount", "amount", "money"),
        Column("Trace", "trace", "code", hide_on_phone=True), Column("File", "file", hide_on_phone=True),
        Column("Cutoff", "due", "stamp", hide_on_phone=True), Column("Settles", "settles", "stamp"),
        Column("Code", "code", "code", hide_on_phone=True),
    ]  # fmt: skip
    return Table(columns, rows, caption="Entries of the rail", empty="It never came to an entry")


def bookings(story: Story) -> Table:
    """What of each entry is in the books, by moment."""
    names = ("sent_at", "settled_at", "release_at", "released_at", "returned_at", "undone_at", "voided_at")
    rows: list[dict[str, Any]] = [
        {"kind": booking.entry.get_kind_display(), "url": jumps.address(booking.entry.public_id), **_moments(booking)}
        for booking in story.bookings
    ]
    titles = ("Sent", "Settled", "Held until", "Released", "Returned", "Return undone", "Given back")
    shown = [(title, name) for title, name in zip(titles, names, strict=True) if any(row[name] for row in rows)]
    columns = [Column("Entry", "kind"), *(Column(title, name, "stamp") for title, name in shown)]
    empty = "Nothing of it is in the books"
    return Table(columns, rows if shown else [], caption="In the books", empty=empty, hint="")


def posted(story: Story) -> Table:
    """A line a leg; each leads to its ledger entry."""
    rows = [
        {
            "url": reverse("admin:entry", args=[each.entry_id]), "what": _words(each), "account": leg.account,
            "side": leg.side.lower(), "amount": leg.amount.minor, "currency": leg.amount.currency.code,
            "at": each.posted_at,
        }
        for each in story.posted
        for leg in each.legs
    ]  # fmt: skip
    columns = [
        Column("Ledger entry", "what"), Column("Account", "account", "code", hide_on_phone=True),
        Column("Side", "side"),
        Column("Amount", "amount", "money"), Column("When", "at", "stamp", hide_on_phone=True),
    ]  # fmt: skip
    return Table(columns, rows, caption="Ledger", empty="No money has moved or is set aside")


def _words(entry: EntryView) -> str:
    verb = entry.kind.rpartition("_")[2] if entry.kind.startswith("payments.ach_") else entry.kind
    return f"{verb.replace('.', ' ').capitalize()}, {entry.phase.value.lower()}"


def _moments(booking: Booking) -> dict[str, Any]:
    names = ("sent_at", "settled_at", "release_at", "released_at", "returned_at", "undone_at", "voided_at")
    return {name: getattr(booking, name) for name in names}


def _ours(story: Story) -> str:
    return story.bookings[0].account if story.bookings else ""


def _account(code: str) -> str:
    return reverse("admin:account", args=[code])


def _party(role: str, party_id: str, field: str) -> Fact:
    """Leads to the party's transfers."""
    return Fact(role, party_id, url=f"{reverse('admin:transfers')}?{field}={party_id}")


def _payout_url(story: Story) -> str:
    return jumps.address(story.payout.public_id) if story.payout else ""


def _class(transfer: Transfer) -> str:
    meaning = SEC_CODES[transfer.sec].meaning if transfer.sec in SEC_CODES else ""
    asked = f"; asked for as {transfer.sec_asked}" if transfer.sec_asked not in ("", transfer.sec) else ""
    return f"{meaning}{asked}"


def _priority(transfer: Transfer) -> str:
    return "asked for as same day" if transfer.priority_asked != transfer.priority else ""


def _reason(code: str) -> str:
    return REASONS[code].meaning.capitalize() if code in REASONS else code


def _said(facts: list[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.value not in (None, "")]
