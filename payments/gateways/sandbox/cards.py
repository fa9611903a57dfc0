"""The documented magic cards of the sandbox (docs/payments.md). Any other valid number is approved."""

from enum import Enum


class Behaviour(Enum):
    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    EXPIRED_CARD = "EXPIRED_CARD"
    INCORRECT_CVC = "INCORRECT_CVC"
    AUTHENTICATION_REQUIRED = "AUTHENTICATION_REQUIRED"
    TIMEOUT_BEFORE_CHARGE = "TIMEOUT_BEFORE_CHARGE"
    TIMEOUT_AFTER_CHARGE = "TIMEOUT_AFTER_CHARGE"
    SILENT_AFTER_CHARGE = "SILENT_AFTER_CHARGE"
    DUPLICATE = "DUPLICATE"
    CAPTURE_FAILS_ONCE = "CAPTURE_FAILS_ONCE"
    SETTLES_LATE = "SETTLES_LATE"
    NEVER_SETTLES = "NEVER_SETTLES"
    SETTLES_SHORT = "SETTLES_SHORT"
    REFUND_REFUSED = "REFUND_REFUSED"
    REFUND_REFUSED_ONCE = "REFUND_REFUSED_ONCE"
    CHARGED_BACK_FRAUD = "CHARGED_BACK_FRAUD"
    CHARGED_BACK_SERVICE = "CHARGED_BACK_SERVICE"


MAGIC_CARDS: dict[str, Behaviour] = {
    "4000000000000002": Behaviour.DECLINE,
    "4000000000009995": Behaviour.INSUFFICIENT_FUNDS,
    "4000000000000069": Behaviour.EXPIRED_CARD,
    "4000000000000127": Behaviour.INCORRECT_CVC,
    "4000000000003220": Behaviour.AUTHENTICATION_REQUIRED,
    "4000000000006017": Behaviour.TIMEOUT_BEFORE_CHARGE,
    "4000000000006025": Behaviour.TIMEOUT_AFTER_CHARGE,
    "4000000000006033": Behaviour.SILENT_AFTER_CHARGE,
    "4000000000006041": Behaviour.DUPLICATE,
    "4000000000006058": Behaviour.CAPTURE_FAILS_ONCE,
    "4000000000006066": Behaviour.SETTLES_LATE,
    "4000000000006074": Behaviour.NEVER_SETTLES,
    "4000000000006082": Behaviour.SETTLES_SHORT,
    "4000000000006090": Behaviour.REFUND_REFUSED,
    "4000000000006108": Behaviour.CHARGED_BACK_FRAUD,
    "4000000000006116": Behaviour.CHARGED_BACK_SERVICE,
    "4000000000006124": Behaviour.REFUND_REFUSED_ONCE,
}

# Approved like any other number, and printed in the documentation, so that every integrator pays with them.
APPROVED_CARDS = frozenset({"4242424242424242", "5555555555554444", "378282246310005", "6011111111111117"})

DECLINE_CODES: dict[Behaviour, str] = {
    Behaviour.DECLINE: "do_not_honor",
    Behaviour.INSUFFICIENT_FUNDS: "insufficient_funds",
    Behaviour.EXPIRED_CARD: "expired_card",
    Behaviour.INCORRECT_CVC: "incorrect_cvc",
    Behaviour.AUTHENTICATION_REQUIRED: "authentication_required",
}

CHARGED_BACK_FOR: dict[Behaviour, str] = {
    Behaviour.CHARGED_BACK_FRAUD: "10.4",
    Behaviour.CHARGED_BACK_SERVICE: "13.1",
}


def behaviour_of(number: str) -> Behaviour:
    return MAGIC_CARDS.get(number, Behaviour.APPROVE)


def is_documented(number: str) -> bool:
    """Whether this is a test number that everybody uses, and so nobody's own card."""
    return number in MAGIC_CARDS or number in APPROVED_CARDS


def looks_documented(first6: str, last4: str) -> bool:
    """The same of a stored card, of which no more than this is known."""
    return any(number.startswith(first6) and number.endswith(last4) for number in (*MAGIC_CARDS, *APPROVED_CARDS))
