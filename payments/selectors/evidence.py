"""What our books say against a chargeback: a draft for whoever answers it. Ids, amounts and moments."""

from datetime import UTC, datetime

from core.money import Currency, Money
from payments.enums import ChargebackKind, RefundStatus
from payments.models import Chargeback, Payment, Refund

COUNTED = 100


def draft(chargeback: Chargeback) -> str:
    """A line for the sale, one for how it was paid, one for each refund that went back."""
    payment = chargeback.payment
    lines = [
        f"Payment {payment.public_id} of {_money(payment.amount_minor, payment)}, captured on"
        f" {_moment(payment.captured_at)}, known to the network as {payment.network_id}.",
        f"Paid with a {payment.card_brand} card ending {payment.card_last4}.",
    ]
    if payment.booking_id:
        lines.append(
            f"Booking {payment.booking_id} with {payment.provider.party_id if payment.provider else 'nobody'}."
        )
    if chargeback.kind == ChargebackKind.FRAUD:
        lines.append(_buyers_past(payment))
    refunds = Refund.objects.filter(payment=payment, status=RefundStatus.COMPLETED).order_by("id")
    lines += [
        f"Refunded {_money(refund.amount_minor, payment)} on {_moment(refund.completed_at)}, refund {refund.public_id},"
        f" known to the network as {refund.network_id}."
        for refund in refunds
    ]
    if chargeback.beyond_minor:
        lines.append(f"{_money(chargeback.beyond_minor, payment)} of what is disputed had gone back before.")
    return "\n".join(lines)


def _buyers_past(payment: Payment) -> str:
    earlier = Payment.objects.filter(
        customer=payment.customer, captured_at__lt=payment.captured_at, card_last4=payment.card_last4, disputed_minor=0
    )
    number = earlier.order_by("-created_at", "-id")[:COUNTED].count()
    words = f"{number}{' or more' if number == COUNTED else ''}"
    return f"Earlier payments of the same customer with a card of this ending, never disputed: {words}."


def _money(minor: int, payment: Payment) -> str:
    return str(Money(minor, Currency[payment.currency]))


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "at an unknown moment"
