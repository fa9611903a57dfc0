"""Where a party is paid is signed. What compliance knows of relations counts wherever something is signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from compliance import relations as relations
from compliance.enums import BankAccountState
from compliance.models import BankAccount
from compliance.selectors import bank_accounts as register
from compliance.services import bank_accounts
from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON

MOST_NAMED = 50


class ChangePayoutAccount(approvals.Action):
    """The subject is the account. An API key has no eyes: two people look at every account, also at the first."""

    name: ClassVar[str] = bank_accounts.CHANGE
    title: ClassVar[str] = "Change where a party is paid"
    ask_permission: ClassVar[str] = ""
    ask_scope: ClassVar[str] = "bank-accounts:write"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 72,
        "rules": [
            {"name": "always", "when": {}, "require": {"permission": "compliance.approve_account", "count": 2}},
        ],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Covered is what is paid to, what that replaces, and who else is paid there.

        Raises BankAccountNotFound, BankAccountIsOver.
        """
        account = BankAccount.objects.filter(account_id=subject).select_related("party").defer("sealed").first()
        if account is None:
            raise register.BankAccountNotFound(f"no bank account is named {subject}")
        if account.state != BankAccountState.PENDING or account.active_from is not None:
            raise bank_accounts.BankAccountIsOver
        party, current = account.party, register.find_active(account.party)
        sharing = sorted({each.party.party_id for each in register.others_sharing(account)})
        also_of: list[JSON] = [*sharing[:MOST_NAMED]]
        return Content(
            summary=f"Pay {party.party_id} to {account.holder_name}, {account.masked} at {account.routing_number}",
            version={
                "account": account.account_id, "mode": "live" if account.livemode else "test",
                "party": party.party_id, "holderName": account.holder_name, "accountType": account.account_type,
                "routingNumber": account.routing_number, "numberEnds": account.last4,
                "enteredBy": account.requested_by, "replaces": current.account_id if current else None,
            },
            evidence={"partyName": party.name, "partyStatus": party.status, "alsoOf": also_of},
            facts={"changed": register.had_any(party), "livemode": account.livemode, "alsoOf": len(sharing)},
            parties=frozenset({party.party_id, *sharing}),
            url=reverse("admin:bank_account", args=[account.account_id]),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        replaces = execution.version["replaces"]
        bank_accounts.accept_signed(
            account_id=execution.subject,
            approval_id=execution.request_id,
            replaces=str(replaces) if replaces else None,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


approvals.register(ChangePayoutAccount())
