"""What of late losses is signed: giving up what a party still owes."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from core.money import Currency, Money
from escrow.models import Receivable
from escrow.selectors import receivables as register
from escrow.services import receivables


class WriteOffReceivable(approvals.Action):
    """The subject is the receivable's id; given is `amountMinor`, all that is outstanding."""

    name: ClassVar[str] = receivables.WRITE_OFF
    title: ClassVar[str] = "Write a receivable off"
    ask_permission: ClassVar[str] = "escrow.ask_write_off"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 168,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "escrow.approve_write_off", "count": 1}}],
    }

    def hold(self, *, subject: str) -> None:
        list(Receivable.objects.select_for_update(of=("self",)).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises ReceivableNotFound, ReceivableClosed; what comes back meanwhile voids what was signed."""
        debt = register.get(subject)
        receivables.require_open(debt, given)
        amount = Money(debt.outstanding_minor, Currency[debt.currency])
        return Content(
            summary=f"Write off {amount} that {debt.party.name or debt.party.party_id} owes",
            version={
                "owedMinor": debt.amount_minor,
                "recoveredMinor": debt.recovered_minor,
                "outstandingMinor": debt.outstanding_minor,
                "cause": debt.cause,
            },
            facts={"amountMinor": amount.minor, "currency": debt.currency, "livemode": debt.livemode},
            parties=frozenset({debt.party.party_id}),
            url=reverse("admin:receivable", args=[debt.public_id]),
        )

    def effect(self, execution: Execution) -> None:
        receivables.write_off_signed(
            receivable_id=execution.subject,
            given=execution.given,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            reason=execution.reason,
            now=execution.now,
        )


approvals.register(WriteOffReceivable())
