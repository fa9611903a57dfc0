"""The ledger legs of payments: the table of the product's "The money", in code."""

from core.money import Money
from ledger import chart
from ledger.services.journal import Leg
from payments.models import Payment


def book(livemode: bool) -> str:
    return "live" if livemode else "test"


def beneficiary(payment: Payment) -> str:
    """Who the net is held for: the escrow of the booking, else the provider, else the customer.

    A payment that names no provider is a deposit: it stays the customer's until something is booked with it.
    """
    if payment.escrow_id:
        return chart.escrow_held(payment.escrow_id)
    if payment.provider is not None:
        return chart.provider_payable(payment.provider.party_id)
    return chart.customer_refundable(payment.customer.party_id)


def captured(payment: Payment, *, amount: Money, fee: Money) -> list[Leg]:
    """500.00 with fee 40.00: acquirer_receivable 500.00 to escrow_held 460.00 and fees:platform 40.00."""
    return [
        Leg.debit(chart.ACQUIRER_RECEIVABLE, amount),
        *credit(beneficiary(payment), amount - fee),
        *credit(chart.FEES_PLATFORM, fee),
    ]


def refund_reserved(payment: Payment, *, fee: Money, net: Money) -> list[Leg]:
    """Set aside for the customer, from wherever the money is held. The ledger refuses what is no longer there."""
    return [
        *debit(beneficiary(payment), net),
        *debit(chart.FEES_PLATFORM, fee),
        Leg.credit(chart.customer_refundable(payment.customer.party_id), fee + net),
    ]


def refund_paid(payment: Payment, *, amount: Money) -> list[Leg]:
    return [
        Leg.debit(chart.customer_refundable(payment.customer.party_id), amount),
        Leg.credit(chart.ACQUIRER_RECEIVABLE, amount),
    ]


def charge_settled(amount: Money) -> list[Leg]:
    return [Leg.debit(chart.BANK_TRUST, amount), Leg.credit(chart.ACQUIRER_RECEIVABLE, amount)]


def refund_settled(amount: Money) -> list[Leg]:
    """The acquirer keeps a refund back from what it pays."""
    return [Leg.debit(chart.ACQUIRER_RECEIVABLE, amount), Leg.credit(chart.BANK_TRUST, amount)]


def chargeback_settled(amount: Money) -> list[Leg]:
    """The acquirer keeps a chargeback back as it does a refund."""
    return refund_settled(amount)


def chargeback_returned(amount: Money) -> list[Leg]:
    """And pays a won one as it does a charge."""
    return charge_settled(amount)


def debit(account: str, amount: Money) -> list[Leg]:
    """Nothing where there is nothing: small payments have no fee, and the ledger takes no empty legs."""
    return [Leg.debit(account, amount)] if amount.minor else []


def credit(account: str, amount: Money) -> list[Leg]:
    return [Leg.credit(account, amount)] if amount.minor else []
