"""What of transfers is signed: large ones, and accounts that are trusted on somebody else's word."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from core.money import Currency, Money
from payments.models import AccountVerification, Transfer
from payments.selectors import transfers as register
from payments.selectors import verifications
from payments.services import transfer_decisions, transfer_waits, trusted_accounts


class ReleaseTransfer(approvals.Action):
    """The subject is the transfer's id; given is `amountMinor`."""

    name: ClassVar[str] = transfer_waits.RELEASE
    title: ClassVar[str] = "Release an ACH transfer"
    ask_permission: ClassVar[str] = ""
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 72,
        "rules": [
            {
                "name": "large",
                "when": {"amountMinor": {"gte": 50_000_000}},
                "require": {"permission": "payments.approve_transfer", "count": 2},
            },
            {"name": "usual", "when": {}, "require": {"permission": "payments.approve_transfer", "count": 1}},
        ],
    }

    def hold(self, *, subject: str) -> None:
        list(Transfer.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises TransferNotFound, TransferStateForbids."""
        transfer = register.get(subject)
        transfer_decisions.require_waiting(transfer)
        amount = Money(transfer.amount_minor, Currency[transfer.currency])
        outside = transfer.to_account if transfer.type == "CREDIT" else transfer.from_account
        assert outside is not None, "a transfer has its account"
        way = "to" if transfer.type == "CREDIT" else "from"
        return Content(
            summary=f"{transfer.type} {amount} {way} {outside.holder_name}, {outside.masked}",
            version={
                "transfer": subject, "type": transfer.type, "amountMinor": transfer.amount_minor,
                "currency": transfer.currency, "account": outside.account_id, "numberEnds": outside.last4,
                "payer": transfer.payer.party_id, "payee": transfer.payee.party_id, "secCode": transfer.sec,
                "description": transfer.description,
            },
            evidence={
                "riskScore": transfer.risk_score, "complianceFlags": list(transfer.compliance_flags),
                "accountStatus": outside.state, "payerStatus": transfer.payer.status,
                "payeeStatus": transfer.payee.status,
            },
            facts={"amountMinor": transfer.amount_minor, "currency": transfer.currency, "livemode": transfer.livemode},
            parties=frozenset({transfer.payer.party_id, transfer.payee.party_id}),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        transfer_decisions.execute_signed(
            transfer_id=execution.subject,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class TrustAccount(approvals.Action):
    """The subject is the verification's id: somebody else vouches for the account, and two people believe it."""

    name: ClassVar[str] = trusted_accounts.TRUST
    title: ClassVar[str] = "Trust a bank account on another's word"
    ask_permission: ClassVar[str] = ""
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 168,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "compliance.approve_account", "count": 2}}],
    }

    def hold(self, *, subject: str) -> None:
        list(AccountVerification.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises VerificationNotFound, VerificationIsOver."""
        verification = verifications.get(subject)
        trusted_accounts.require_waiting(verification)
        account = verification.account
        return Content(
            summary=f"Trust {account.masked} of {account.party.party_id} on the word of {verification.source}",
            version={
                "verification": subject, "account": account.account_id, "party": account.party.party_id,
                "numberEnds": account.last4, "source": verification.source,
                "sourceReference": verification.source_reference, "askedBy": verification.created_by,
            },
            evidence={"accountStatus": account.state},
            facts={"livemode": verification.livemode},
            parties=frozenset({account.party.party_id}),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        trusted_accounts.execute_signed(
            verification_id=execution.subject,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


approvals.register(ReleaseTransfer())
approvals.register(TrustAccount())
