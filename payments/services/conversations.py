"""Talking with the gateway about one payment. Always outside a transaction, always by our reference.

Each function returns the charge as the network now knows it, or None where the network does not say: then nothing
is certain and whoever comes later asks again.
"""

from core.money import Currency, Money
from core.vault.cards import CardData
from fraud.enums import Recommendation
from payments.enums import ChargeState, Operation, Step
from payments.gateways.lines import Line
from payments.gateways.port import Charge, GatewayError
from payments.models import Payment


def takes_money_at_once(payment: Payment) -> bool:
    """Only an approved payment is charged; anything else is authorised and waits for a person."""
    return payment.fraud_recommendation == Recommendation.APPROVE


def authorise(payment: Payment, card: CardData, line: Line) -> Charge | None:
    """Send the card. Where the answer is missing, find out what happened, without the card."""
    capture = takes_money_at_once(payment)
    try:
        return line.ask(
            Operation.CHARGE if capture else Operation.AUTHORISE,
            lambda timeout: line.gateway.authorise(
                reference=payment.public_id,
                money=money_of(payment),
                card=card,
                capture=capture,
                livemode=payment.livemode,
                timeout_seconds=timeout,
                now=line.now,
            ),
        )
    except GatewayError:
        return find_out(payment, line)


def find_out(payment: Payment, line: Line) -> Charge | None:
    """What became of an authorisation. A charge the network never heard of is voided, so that it can never land."""
    try:
        charge = line.ask(
            Operation.FIND,
            lambda timeout: line.gateway.find(reference=payment.public_id, timeout_seconds=timeout, now=line.now),
        )
        if charge is None:
            return _void(payment, line)
        if charge.state is ChargeState.AUTHORISED and takes_money_at_once(payment):
            return _capture(payment, line)
    except GatewayError:
        return None
    return charge


def capture(payment: Payment, line: Line) -> Charge | None:
    """Take what was authorised."""
    try:
        return _capture(payment, line)
    except GatewayError:
        return None


def void(payment: Payment, line: Line) -> Charge | None:
    """Give back what was authorised."""
    try:
        return _void(payment, line)
    except GatewayError:
        return None


def take_step(payment: Payment, line: Line) -> Charge | None:
    """Do what the payment's recovery point says, for whoever finds it: no card is at hand."""
    actions = {Step.AUTHORISE: find_out, Step.CAPTURE: capture, Step.VOID: void}
    return actions[Step(payment.step)](payment, line)


def money_of(payment: Payment) -> Money:
    return Money(payment.amount_minor, Currency[payment.currency])


def _capture(payment: Payment, line: Line) -> Charge:
    return line.ask(
        Operation.CAPTURE,
        lambda timeout: line.gateway.capture(reference=payment.public_id, timeout_seconds=timeout, now=line.now),
    )


def _void(payment: Payment, line: Line) -> Charge:
    return line.ask(
        Operation.VOID,
        lambda timeout: line.gateway.void(reference=payment.public_id, timeout_seconds=timeout, now=line.now),
    )
