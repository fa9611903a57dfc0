"""What a client asks to be paid, and whether it can be asked at all. Nothing here writes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import FieldError, Refusal
from core.money import Currency, Money
from core.parameters import services as parameters
from core.vault import cards
from core.vault.cards import CardData
from payments import fees
from payments.enums import PaymentMethod


class InvalidPayment(Refusal):
    """A field is understood and not acceptable; `errors` points at each."""

    code = "INVALID_REQUEST"
    status = 400
    title = "The payment cannot be made as asked"


class PaymentMethodNotSupported(Refusal):
    code = "PAYMENT_METHOD_NOT_SUPPORTED"
    status = 422
    title = "Only cards are taken here"


class CurrencyNotSupported(Refusal):
    code = "CURRENCY_NOT_SUPPORTED"
    status = 422
    title = "Payments in this currency are not taken"


class AmountAboveLimit(Refusal):
    code = "AMOUNT_ABOVE_LIMIT"
    status = 422
    title = "The amount is above the limit of one payment"


@dataclass(frozen=True, slots=True)
class Client:
    """What the marketplace knows of the device and the person behind the payment. Everything may be unknown."""

    ip_address: str | None = None
    device_fingerprint: str | None = None
    email: str | None = None
    billing_country: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One payment as asked for. Exactly one of `card` and `card_token` is set."""

    amount_minor: int
    currency: str
    customer_id: str
    card: CardData | None = None
    card_token: str | None = None
    provider_id: str | None = None
    booking_id: str = ""
    service_id: str = ""
    payment_method: str = PaymentMethod.CARD
    metadata: dict[str, Any] = field(default_factory=dict)
    client: Client = field(default_factory=Client)


def require_acceptable(order: PaymentOrder, *, now: datetime) -> Money:
    """The amount, where the order could be carried out. Raises the refusals of this module and InvalidCardData."""
    if order.payment_method != PaymentMethod.CARD:
        raise PaymentMethodNotSupported(f"{order.payment_method} payments are not taken")
    if order.currency not in parameters.read("payments.currencies", at=now):
        raise CurrencyNotSupported(errors=(FieldError("/currency", "is not switched on"),))
    if order.amount_minor < 1:
        raise InvalidPayment(errors=(FieldError("/amount", "must be at least 1"),))
    if order.amount_minor > parameters.read("payments.maximum_amount_minor", at=now):
        raise AmountAboveLimit(errors=(FieldError("/amount", "is above the limit of one payment"),))
    if (order.card is None) == (order.card_token is None):
        raise InvalidPayment(errors=(FieldError("/cardNumber", "give a card number or a card token, not both"),))
    if order.card is not None:
        cards.validate(order.card, now)
    return Money(order.amount_minor, Currency[order.currency])


def validate(order: PaymentOrder, *, now: datetime) -> fees.Split:
    """What the payment would cost, if it could be made. No side effects. Raises as `require_acceptable`."""
    return fees.split_at(require_acceptable(order, now=now), at=now)
