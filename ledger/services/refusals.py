"""What the posting function refuses, one class per named constraint.

The function raises SQLSTATE HF1nn and names what must be true; nothing else of the database's message leaves here.
Inside a transaction a refusal ends it: let it pass, or post inside a nested `transaction.atomic()`.
"""

from typing import Any, ClassVar

from django.db import Error as DatabaseError

from core.database.refusals import refusal_name
from core.errors import Refusal
from ledger.chart import UnknownAccount as UnknownAccount


class UnbalancedEntry(Refusal):
    code: ClassVar[str] = "UNBALANCED_ENTRY"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Debits and credits differ in a currency"


class MalformedEntry(Refusal):
    """Too few legs, a zero or oversized amount, a text beyond its length."""

    code: ClassVar[str] = "MALFORMED_ENTRY"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The entry has not the form of its phase"


class AccountOverdrawn(Refusal):
    """`account` names the account that lacks the money, for the caller's own use."""

    code: ClassVar[str] = "INSUFFICIENT_BALANCE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The available balance is too small"

    def __init__(self, detail: str = "", *, account: str = "", **rest: Any) -> None:
        super().__init__(detail, **rest)
        self.account = account


class CurrencyMismatch(Refusal):
    code: ClassVar[str] = "CURRENCY_MISMATCH"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The account is kept in another currency"


class BalanceOutOfRange(Refusal):
    code: ClassVar[str] = "BALANCE_OUT_OF_RANGE"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The balance would leave its limits"


class KeyReused(Refusal):
    code: ClassVar[str] = "IDEMPOTENCY_KEY_REUSED"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The key belongs to another entry"


class UnknownEntry(Refusal):
    code: ClassVar[str] = "ENTRY_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such ledger entry"


class EntryAlreadyReversed(Refusal):
    code: ClassVar[str] = "ENTRY_ALREADY_REVERSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The entry was reversed before"


class EntryNotReversible(Refusal):
    """Only a posted entry is reversed, and a reversal is final."""

    code: ClassVar[str] = "ENTRY_NOT_REVERSIBLE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The entry cannot be reversed"


class ReservationSettled(Refusal):
    """Captured, voided or expired before."""

    code: ClassVar[str] = "RESERVATION_SETTLED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The reservation has ended"


class ReservationExpired(Refusal):
    code: ClassVar[str] = "RESERVATION_EXPIRED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The reservation has expired"


class NotAReservation(Refusal):
    code: ClassVar[str] = "NOT_A_RESERVATION"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Only a reservation is captured or voided"


class CaptureExceedsReservation(Refusal):
    code: ClassVar[str] = "CAPTURE_EXCEEDS_RESERVATION"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The capture is more than was reserved"


class EntryIsImmutable(Refusal):
    code: ClassVar[str] = "ENTRY_IS_IMMUTABLE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Entries are never changed; reverse the entry"


BY_CONSTRAINT: dict[str, type[Refusal]] = {
    "entry_balances_per_currency": UnbalancedEntry,
    "entry_has_the_legs_of_its_phase": MalformedEntry,
    "leg_amount_is_within_limits": MalformedEntry,
    "entry_texts_are_within_limits": MalformedEntry,
    "account_is_in_the_chart": UnknownAccount,
    "account_keeps_its_currency": CurrencyMismatch,
    "account_is_not_overdrawn": AccountOverdrawn,
    "balance_is_within_limits": BalanceOutOfRange,
    "idempotency_key_has_one_request": KeyReused,
    "entry_exists": UnknownEntry,
    "entry_is_reversed_once": EntryAlreadyReversed,
    "entry_is_reversible": EntryNotReversible,
    "reservation_is_settled_once": ReservationSettled,
    "reservation_has_not_expired": ReservationExpired,
    "only_a_reservation_is_settled": NotAReservation,
    "capture_is_within_the_reservation": CaptureExceedsReservation,
    "ledger_entry_is_append_only": EntryIsImmutable,
    "ledger_posting_is_append_only": EntryIsImmutable,
}


def named(error: DatabaseError) -> Refusal | None:
    """The refusal a database error stands for, or None where the error is no refusal of the ledger's."""
    kind = BY_CONSTRAINT.get(refusal_name(error) or "")
    if kind is AccountOverdrawn:
        return AccountOverdrawn(account=getattr(getattr(error.__cause__, "diag", None), "message_detail", None) or "")
    return kind() if kind else None
