"""How a payment fails, in the words of the API. The code is kept on the payment; the refusal is made from it again."""

from core.errors import Refusal
from payments.enums import ChargeState
from payments.gateways.port import Charge


class PaymentBlocked(Refusal):
    code = "FRAUD_DETECTION_BLOCK"
    status = 403
    title = "Payment blocked due to fraud detection"


class InsufficientFunds(Refusal):
    code = "INSUFFICIENT_FUNDS"
    status = 402
    title = "Insufficient account balance"


class CardDeclined(Refusal):
    code = "CARD_DECLINED"
    status = 402
    title = "The card was declined"


class CardAuthenticationRequired(Refusal):
    code = "CARD_AUTHENTICATION_REQUIRED"
    status = 402
    title = "The card holder has to authenticate with the bank (3-D Secure)"


class DuplicateTransaction(Refusal):
    code = "DUPLICATE_TRANSACTION"
    status = 409
    title = "The card network has just taken the same payment"


class GatewayTimeout(Refusal):
    """Given only when the network has confirmed that nothing was taken."""

    code = "GATEWAY_TIMEOUT"
    status = 504
    title = "The card network did not answer in time; the card was not charged"


class GatewayFailed(Refusal):
    code = "GATEWAY_UNAVAILABLE"
    status = 503
    title = "The card network is not available; the card was not charged"


class CaptureFailed(Refusal):
    code = "CAPTURE_FAILED"
    status = 402
    title = "The authorised amount could not be captured"


FAILURES: dict[str, type[Refusal]] = {
    refusal.code: refusal
    for refusal in (
        PaymentBlocked,
        InsufficientFunds,
        CardDeclined,
        CardAuthenticationRequired,
        DuplicateTransaction,
        GatewayTimeout,
        GatewayFailed,
        CaptureFailed,
    )
}

_DECLINES: dict[str, type[Refusal]] = {
    "insufficient_funds": InsufficientFunds,
    "authentication_required": CardAuthenticationRequired,
    "duplicate_transaction": DuplicateTransaction,
}


def code_for(charge: Charge) -> str:
    """The failure code of a charge that took no money."""
    if charge.state is ChargeState.VOIDED:
        return GatewayTimeout.code
    return _DECLINES.get(charge.code, CardDeclined).code
