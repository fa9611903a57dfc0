"""Money held for a payee until terms are met: agreed, funded, met, released or given back."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import EscrowFilter, EscrowOrder, EscrowTerms, body
from holdfast.resource import Resource
from holdfast.transport import Operation
from holdfast.types import Dispute, DisputeList, Escrow, EscrowRow, TermsAnswer, TermsList

ONE = "/v1/escrows/{escrowId}"
CONDITION = f"{ONE}/conditions/{{conditionId}}"
AMENDMENT = f"{ONE}/amendments/{{version}}"


class Escrows(Resource):
    def create(self, *, idempotency_key: str | None = None, **order: Unpack[EscrowOrder]) -> Answer[Escrow]:
        """The terms are four objects in wire names. With `payment_id` they are those of the escrow of that payment."""
        return self._post(Operation("createEscrow", "POST", "/v1/escrows"), body(**order), idempotency_key)

    def get(self, escrow_id: str) -> Answer[Escrow]:
        return self._get(Operation("getEscrow", "GET", ONE), escrowId=escrow_id)

    def list(self, *, at_most: int | None = None, **filters: Unpack[EscrowFilter]) -> Listing[EscrowRow]:
        return self._list(Operation("listEscrows", "GET", "/v1/escrows"), filters, at_most=at_most)

    def fund(
        self,
        escrow_id: str,
        *,
        source: str,
        reference: str,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Answer[Escrow]:
        """`source` is BANK_TRANSFER, `reference` the bank's own. Needs the scope `escrows:fund`."""
        return self._post(
            Operation("fundEscrow", "POST", f"{ONE}/fund"),
            body(source=source, reference=reference),
            idempotency_key,
            if_match=if_match,
            escrowId=escrow_id,
        )

    def satisfy(
        self,
        escrow_id: str,
        condition_id: str,
        *,
        by: str | None = None,
        evidence: Sequence[Mapping[str, Any]] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Answer[Escrow]:
        """`evidence`: documents as `{"name", "sha256", "note"}`; they stay with you."""
        return self._post(
            Operation("satisfyCondition", "POST", f"{CONDITION}/satisfy"),
            body(by=by, evidence=evidence),
            idempotency_key,
            if_match=if_match,
            escrowId=escrow_id,
            conditionId=condition_id,
        )

    def accept(
        self,
        escrow_id: str,
        condition_id: str,
        *,
        by: str | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Answer[Escrow]:
        """The payer ends an inspection early."""
        return self._post(
            Operation("acceptCondition", "POST", f"{CONDITION}/accept"),
            body(by=by),
            idempotency_key,
            if_match=if_match,
            escrowId=escrow_id,
            conditionId=condition_id,
        )

    def release(
        self,
        escrow_id: str,
        *,
        amount: int | None = None,
        condition_id: str | None = None,
        reason: str | None = None,
        payer_id: str | None = None,
        payee_id: str | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Answer[Escrow]:
        """Raises a problem with the code MULTI_SIG_APPROVAL_REQUIRED where people have to sign first."""
        return self._post(
            Operation("releaseEscrow", "POST", f"{ONE}/release"),
            body(
                amount=amount,
                condition_id=condition_id,
                reason=reason,
                escrow_id=escrow_id,
                payer_id=payer_id,
                payee_id=payee_id,
            ),
            idempotency_key,
            if_match=if_match,
            escrowId=escrow_id,
        )

    def refund(
        self,
        escrow_id: str,
        *,
        reason: str,
        amount: int | None = None,
        payee_agrees: bool | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Answer[Escrow]:
        return self._post(
            Operation("refundEscrow", "POST", f"{ONE}/refund"),
            body(reason=reason, amount=amount, payee_agrees=payee_agrees),
            idempotency_key,
            if_match=if_match,
            escrowId=escrow_id,
        )

    def terms(self, escrow_id: str) -> Answer[TermsList]:
        return self._get(Operation("listTerms", "GET", f"{ONE}/terms"), escrowId=escrow_id)

    def agree(
        self, escrow_id: str, *, side: str | None = None, idempotency_key: str | None = None
    ) -> Answer[TermsAnswer]:
        """`side` is PAYER or PAYEE, for whom you vouch."""
        return self._post(
            Operation("agreeToTerms", "POST", f"{ONE}/terms/agree"),
            body(side=side),
            idempotency_key,
            escrowId=escrow_id,
        )

    def amend(
        self, escrow_id: str, *, idempotency_key: str | None = None, **terms: Unpack[EscrowTerms]
    ) -> Answer[TermsAnswer]:
        """New terms, whole; they hold once both sides have agreed."""
        return self._post(
            Operation("proposeAmendment", "POST", f"{ONE}/amendments"),
            body(**terms),
            idempotency_key,
            escrowId=escrow_id,
        )

    def agree_to_amendment(
        self, escrow_id: str, version: int, *, side: str | None = None, idempotency_key: str | None = None
    ) -> Answer[TermsAnswer]:
        return self._post(
            Operation("agreeToAmendment", "POST", f"{AMENDMENT}/agree"),
            body(side=side),
            idempotency_key,
            escrowId=escrow_id,
            version=str(version),
        )

    def reject_amendment(
        self, escrow_id: str, version: int, *, reason: str | None = None, idempotency_key: str | None = None
    ) -> Answer[TermsAnswer]:
        return self._post(
            Operation("rejectAmendment", "POST", f"{AMENDMENT}/reject"),
            body(reason=reason),
            idempotency_key,
            escrowId=escrow_id,
            version=str(version),
        )

    def dispute(
        self,
        escrow_id: str,
        *,
        reason: str,
        description: str,
        by: str | None = None,
        amount: int | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Dispute]:
        """`by` is PAYER or PAYEE. Nothing of the escrow moves until the dispute has ended."""
        return self._post(
            Operation("raiseDispute", "POST", f"{ONE}/dispute"),
            body(by=by, reason=reason, description=description, amount=amount),
            idempotency_key,
            escrowId=escrow_id,
        )

    def withdraw_dispute(
        self, escrow_id: str, *, by: str | None = None, idempotency_key: str | None = None
    ) -> Answer[Dispute]:
        return self._post(
            Operation("withdrawDispute", "POST", f"{ONE}/dispute/withdraw"),
            body(by=by),
            idempotency_key,
            escrowId=escrow_id,
        )

    def add_evidence(
        self,
        escrow_id: str,
        *,
        by: str | None = None,
        statement: str | None = None,
        documents: Sequence[Mapping[str, Any]] | None = None,
        submit: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Dispute]:
        """`documents` as `{"name", "sha256", "mediaType", "size", "note"}` stay with you. `submit` once a side."""
        return self._post(
            Operation("addEvidence", "POST", f"{ONE}/evidence"),
            body(by=by, statement=statement, documents=documents, submit=submit),
            idempotency_key,
            escrowId=escrow_id,
        )

    def disputes(self, escrow_id: str) -> Answer[DisputeList]:
        """Newest first."""
        return self._get(Operation("listDisputes", "GET", f"{ONE}/disputes"), escrowId=escrow_id)
