"""Where customers and providers are paid."""

from collections.abc import Sequence
from typing import Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import BankAccountFilter, Place, body
from holdfast.resource import Resource
from holdfast.transport import Operation
from holdfast.types import BankAccount, BankAccountAnswer, Verification, VerificationRow


class BankAccounts(Resource):
    def create(
        self,
        *,
        party_id: str,
        account_holder_name: str,
        routing_number: str,
        account_number: str,
        account_type: str,
        idempotency_key: str | None = None,
    ) -> Answer[BankAccountAnswer]:
        """People sign it before the party is paid to it. `account_type` is CHECKING or SAVINGS; the number never comes
        back.
        """
        return self._post(
            Operation("createBankAccount", "POST", "/v1/bank-accounts"),
            body(
                party_id=party_id,
                account_holder_name=account_holder_name,
                routing_number=routing_number,
                account_number=account_number,
                account_type=account_type,
            ),
            idempotency_key,
        )

    def get(self, account_id: str) -> Answer[BankAccountAnswer]:
        return self._get(Operation("getBankAccount", "GET", "/v1/bank-accounts/{accountId}"), accountId=account_id)

    def list(self, *, at_most: int | None = None, **filters: Unpack[BankAccountFilter]) -> Listing[BankAccount]:
        """Newest first."""
        return self._list(Operation("listBankAccounts", "GET", "/v1/bank-accounts"), filters, at_most=at_most)

    def retire(self, account_id: str, *, idempotency_key: str | None = None) -> Answer[BankAccountAnswer]:
        """The party is not paid to it any more, or will not be."""
        return self._post(
            Operation("retireBankAccount", "POST", "/v1/bank-accounts/{accountId}/retire"),
            {},
            idempotency_key,
            accountId=account_id,
        )

    def verify(
        self,
        account_id: str,
        *,
        method: str,
        trusted_source: str | None = None,
        source_reference: str | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Verification]:
        """By PRENOTE, MICRO_ENTRIES or TRUSTED_SOURCE, which names who vouches."""
        return self._post(
            Operation("verifyBankAccount", "POST", "/v1/bank-accounts/{accountId}/verifications"),
            body(method=method, trusted_source=trusted_source, source_reference=source_reference),
            idempotency_key,
            accountId=account_id,
        )

    def verifications(
        self, account_id: str, *, at_most: int | None = None, **place: Unpack[Place]
    ) -> Listing[VerificationRow]:
        """Newest first."""
        operation = Operation("listAccountVerifications", "GET", "/v1/bank-accounts/{accountId}/verifications")
        return self._list(operation, place, at_most=at_most, accountId=account_id)

    def confirm(
        self, account_id: str, verification_id: str, *, amounts: Sequence[int], idempotency_key: str | None = None
    ) -> Answer[Verification]:
        """The two amounts of the micro-entries, in cents. A wrong guess counts."""
        path = "/v1/bank-accounts/{accountId}/verifications/{verificationId}/confirm"
        return self._post(
            Operation("confirmAccountVerification", "POST", path),
            body(amounts=[*amounts]),
            idempotency_key,
            accountId=account_id,
            verificationId=verification_id,
        )
