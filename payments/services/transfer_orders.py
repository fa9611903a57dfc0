"""What a client asks to be transferred, and what the rules have against it before anybody is asked. Nothing writes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ach import sec as classes
from ach.enums import Direction, Priority
from compliance.enums import PartyKind
from core.errors import FieldError
from payments.enums import PaymentMethod
from payments.services.orders import Client
from payments.transfer_parameters import number
from payments.transfer_refusals import NachaValidationFailed, ReturnNotAllowed, TransferAmountAboveLimit

CURRENCY = "USD"
RETURN = "RETURN"
LONGEST_DESCRIPTION, LONGEST_COMPANY_DESCRIPTION = 80, 10
COMPANY_DESCRIPTIONS = {Direction.CREDIT: "PAYMENT", Direction.DEBIT: "PAYMENT"}
_AUTHORIZED = {
    "PPD": classes.Authorization.WRITTEN,
    "WEB": classes.Authorization.INTERNET,
    "TEL": classes.Authorization.TELEPHONE,
}


@dataclass(frozen=True, slots=True)
class Customer:
    """The person a transfer is made for. Names are screened; nothing of the rest is kept but what the party has."""

    customer_id: str
    first_name: str = ""
    last_name: str = ""
    client: Client = field(default_factory=Client)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """One transfer as asked for. A side is a bank account's id, or the id of the party whose balance it is."""

    from_account: str
    to_account: str
    amount_minor: int
    currency: str
    type: str
    description: str
    customer: Customer | None = None
    priority: str = Priority.STANDARD
    sec: str = ""
    company_description: str = ""
    effective_on: date | None = None
    escrow_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    payment_method: str = PaymentMethod.ACH


@dataclass(frozen=True, slots=True)
class Classified:
    """The entry class that a transfer bears; `corrected` where the client's was another and might be."""

    sec: str
    corrected: bool = False


def require_acceptable(order: TransferOrder, *, now: datetime) -> None:
    """Raises NachaValidationFailed with every fault, ReturnNotAllowed, TransferAmountAboveLimit."""
    if order.type == RETURN:
        raise ReturnNotAllowed
    errors = [*_texts(order), *_form(order)]
    if errors:
        raise NachaValidationFailed("; ".join(f"{e.pointer[1:]} {e.reason}" for e in errors), errors=tuple(errors))
    if order.amount_minor > number("maximum_minor", now):
        raise TransferAmountAboveLimit(errors=(FieldError("/amount", "is above the limit of one transfer"),))


def classify(order: TransferOrder, *, receiver_kind: str, may_correct: bool) -> Classified:
    """Derived from direction, receiver and authorization; a wrong class is refused with the right one named.

    `may_correct` is for a receiver that nobody has entered: the client could not know what it is. Raises
    NachaValidationFailed.
    """
    direction = Direction(order.type)
    if not order.sec:
        if direction == Direction.DEBIT and receiver_kind != PartyKind.BUSINESS:
            raise _wrong("a person's debit says how it was authorized: WEB online, TEL by telephone, PPD in writing")
        return Classified(classes.derive(direction, receiver_kind))
    wrong = classes.check(order.sec, direction, receiver_kind)
    if wrong is None:
        return Classified(order.sec)
    right = classes.derive(direction, receiver_kind, _AUTHORIZED.get(order.sec, classes.Authorization.WRITTEN))
    if may_correct:
        return Classified(right, corrected=True)
    raise _wrong(wrong.reason)


def company_description(order: TransferOrder) -> str:
    return order.company_description or COMPANY_DESCRIPTIONS[Direction(order.type)]


def _wrong(reason: str) -> NachaValidationFailed:
    return NachaValidationFailed(reason, errors=(FieldError("/secCode", reason),))


def _texts(order: TransferOrder) -> list[FieldError]:
    errors = []
    for pointer, value, most in (
        ("/description", order.description, LONGEST_DESCRIPTION),
        ("/companyDescription", order.company_description, LONGEST_COMPANY_DESCRIPTION),
    ):
        if len(value) > most:
            errors.append(FieldError(pointer, f"has {len(value)} characters, the record {most}"))
        elif not (value.isascii() and (value.isprintable() or not value)):
            errors.append(FieldError(pointer, "holds signs that no record can carry: printable ASCII only"))
    return errors


def _form(order: TransferOrder) -> list[FieldError]:
    errors = []
    if order.currency != CURRENCY:
        errors.append(FieldError("/currency", f"must be {CURRENCY}"))
    if order.amount_minor < 1:
        errors.append(FieldError("/amount", "must be at least 1"))
    if order.from_account == order.to_account:
        errors.append(FieldError("/toAccountId", "is where the money comes from"))
    if order.escrow_id and order.type != Direction.DEBIT:
        errors.append(FieldError("/escrowId", "an escrow is funded by a DEBIT"))
    return errors
