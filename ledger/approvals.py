"""What of the ledger is signed: entries posted by hand, and the reversal of any entry by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from core.money import Currency, Money
from ledger.enums import Phase
from ledger.selectors import entries
from ledger.services import adjustments
from ledger.services.refusals import EntryAlreadyReversed, EntryNotReversible

# From 5,000.00 on a second department signs too.
POLICY: Mapping[str, JSON] = {
    "expiresHours": 72,
    "rules": [
        {
            "name": "large",
            "when": {"amountMinor": {"gte": 500_000}},
            "require": {
                "all": [
                    {"permission": "ledger.approve_adjustment", "count": 1},
                    {"role": "COMPLIANCE", "count": 1},
                ]
            },
        },
        {"name": "usual", "when": {}, "require": {"permission": "ledger.approve_adjustment", "count": 1}},
    ],
}


class Adjust(approvals.Action):
    """The subject is the reference of the entry. Balances are not covered: they move while people read."""

    name: ClassVar[str] = adjustments.ADJUST
    title: ClassVar[str] = "Adjust the ledger"
    ask_permission: ClassVar[str] = "ledger.ask_adjustment"
    policy: ClassVar[Mapping[str, JSON]] = POLICY

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        adjustments.require_well_formed(subject, given)
        legs = adjustments.legs_of(given)
        amount = Money(adjustments.debited(legs), Currency[str(given["currency"])])
        return Content(
            summary=f"Adjust {subject} by {amount} in the {given['book']} book",
            version={"kind": adjustments.KIND, "book": given["book"], "currency": given["currency"],
                     "legs": given["legs"]},
            facts={"amountMinor": amount.minor, "currency": amount.currency.code, "book": given["book"]},
            parties=adjustments.parties_of([leg.account for leg in legs]),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        adjustments.post(
            request_id=execution.request_id,
            reference=execution.subject,
            given=execution.given,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )

    def result_url(self, *, request_id: str, subject: str) -> str:
        return _entry_of(request_id)


class Reverse(approvals.Action):
    """The subject is the entry. Covered are its legs, and that nobody has reversed it yet."""

    name: ClassVar[str] = adjustments.REVERSE
    title: ClassVar[str] = "Reverse a ledger entry"
    ask_permission: ClassVar[str] = "ledger.ask_adjustment"
    policy: ClassVar[Mapping[str, JSON]] = POLICY

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises UnknownEntry, EntryNotReversible, EntryAlreadyReversed."""
        entry = entries.get(subject)
        if entry.phase is not Phase.POSTED or entry.reverses:
            raise EntryNotReversible
        if entry.reversed_by:
            raise EntryAlreadyReversed(f"{entry.reversed_by} has reversed it")
        currency = entry.legs[0].amount.currency
        moved = sum(leg.amount.minor for leg in entry.legs if leg.side == "DEBIT")
        return Content(
            summary=f"Reverse {entry.kind} of {Money(moved, currency)} for {entry.reference} in the {entry.book} book",
            version={
                "entry": entry.entry_id, "kind": entry.kind, "book": entry.book, "reversedBy": entry.reversed_by,
                "legs": [{"account": leg.account, "side": leg.side, "amountMinor": leg.amount.minor,
                          "currency": leg.amount.currency.code} for leg in entry.legs],
            },
            facts={"amountMinor": moved, "currency": currency.code, "book": entry.book},
            parties=adjustments.parties_of([leg.account for leg in entry.legs]),
            url=reverse("admin:entry", args=[entry.entry_id]),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        adjustments.reverse(
            request_id=execution.request_id,
            entry_id=execution.subject,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )

    def result_url(self, *, request_id: str, subject: str) -> str:
        return _entry_of(request_id)


def _entry_of(request_id: str) -> str:
    posted = entries.find_by_key(request_id, kind=adjustments.KIND)
    return reverse("admin:entry", args=[posted]) if posted else ""


approvals.register(Adjust())
approvals.register(Reverse())
