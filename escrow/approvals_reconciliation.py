"""What of reconciliation is signed: that a break stays as it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from core.money import Currency, Money
from escrow.break_kinds import BreakKind
from escrow.selectors import reconciliation as selectors
from escrow.services import breaks

# From 5,000.00 on a second department signs too.
POLICY: Mapping[str, JSON] = {
    "expiresHours": 72,
    "rules": [
        {
            "name": "large",
            "when": {"amountMinor": {"gte": 500_000}},
            "require": {
                "all": [
                    {"permission": "escrow.approve_write_off", "count": 1},
                    {"role": "COMPLIANCE", "count": 1},
                ]
            },
        },
        {"name": "usual", "when": {}, "require": {"permission": "escrow.approve_write_off", "count": 1}},
    ],
}


class WriteOff(approvals.Action):
    """The subject is the break. Covered are its amounts: when a run finds other ones, signatures are void."""

    name: ClassVar[str] = breaks.ACTION
    title: ClassVar[str] = "Write a break off"
    ask_permission: ClassVar[str] = "escrow.ask_write_off"
    policy: ClassVar[Mapping[str, JSON]] = POLICY

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises BreakNotFound, UnableToWriteOff."""
        row, against = selectors.get_break(subject), str(given.get("against", ""))
        breaks.require_writable(row, against)
        difference = abs(row.difference_minor or 0)
        moved = f" {Money(difference, Currency[row.currency])} against {against}" if breaks.moves_account(row) else ""
        return Content(
            summary=f"Write off{moved}: {BreakKind(row.kind).label.lower()}, {row.subject} in the {row.book} book",
            version=breaks.covered(row),
            facts={"amountMinor": difference, "kind": row.kind, "book": row.book},
            url=reverse("admin:escrow_break", args=[row.public_id]),
        )

    def effect(self, execution: Execution) -> None:
        breaks.write_off(
            request_id=execution.request_id,
            break_id=execution.subject,
            given=execution.given,
            version=execution.version,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


approvals.register(WriteOff())
