"""How a transfer fails, in the words of the API."""

from datetime import timedelta
from typing import Any, ClassVar

from core.errors import FieldError, Refusal


class NachaValidationFailed(Refusal):
    """`errors` names each field and what the rules have against it."""

    code: ClassVar[str] = "NACHA_VALIDATION_FAILED"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Transfer violates NACHA operating rules"


class ReturnNotAllowed(NachaValidationFailed):
    """A return is what a bank makes of an entry; a client reverses its own transfer, or sends a new one."""

    title: ClassVar[str] = "RETURN is not for clients: returns come from the bank"

    def __init__(self) -> None:
        super().__init__(
            "RETURN_NOT_ALLOWED: returns come from the receiving bank. To take a transfer back, cancel or reverse it.",
            errors=(FieldError("/transferType", "RETURN comes from the bank; use /cancel or /reverse"),),
        )


class SanctionsMatch(Refusal):
    code: ClassVar[str] = "OFAC_SANCTIONS_MATCH"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Transaction blocked due to sanctions screening"


class HighFraudRisk(Refusal):
    code: ClassVar[str] = "HIGH_FRAUD_RISK"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Transaction blocked due to fraud assessment"


class AccountVerificationFailed(Refusal):
    code: ClassVar[str] = "ACCOUNT_VERIFICATION_FAILED"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Bank account not verified or invalid"


class ProcessingFailed(Refusal):
    """It could not be handed to the bank, by no fault of the request. Nothing was kept: retry with the same key."""

    code: ClassVar[str] = "ACH_PROCESSING_FAILED"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "Bank processing error"


class TransferAmountAboveLimit(Refusal):
    code: ClassVar[str] = "AMOUNT_ABOVE_LIMIT"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The amount is above the limit of one transfer"


class VelocityLimitExceeded(Refusal):
    """More transfers than the caller's limit of an hour or a day; `Retry-After` says when there is room."""

    code: ClassVar[str] = "VELOCITY_LIMIT_EXCEEDED"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Transfer limits exceeded"

    def __init__(self, detail: str, *, wait: timedelta, limit: str) -> None:
        seconds = max(1, -int(-wait.total_seconds() // 1))
        self.headers: dict[str, Any] = {"Retry-After": str(seconds)}
        super().__init__(detail, fields={"retry_after_seconds": seconds, "violated_policies": [limit]})


class TransferDeclined(Refusal):
    """A person judged it, or nobody did in time."""

    code: ClassVar[str] = "TRANSFER_DECLINED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The transfer was declined"


KEPT: dict[str, type[Refusal]] = {each.code: each for each in (SanctionsMatch, HighFraudRisk, TransferDeclined)}
"""Refusals that leave a FAILED transfer behind."""
