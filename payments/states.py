"""The life of a payment as a table. The database checks the same table again (`payment_status_moves_legally`).

    PENDING ──SUBMIT──────▶ PROCESSING ──COMPLETE──▶ COMPLETED
       │  ▲                  │  │  │
       │  └──────HOLD────────┘  │  └──FAIL──▶ FAILED
       └──REFUSE──▶ FAILED      └──CANCEL──▶ CANCELLED

PROCESSING means a gateway has been or is being asked; PENDING means nobody is being asked: the payment is new
or waits for a person. Refunds and disputes are amounts beside the status, never a status.
"""

from enum import Enum

from payments.enums import ChargebackState, PaymentStatus

PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED = PaymentStatus


class Transition(Enum):
    SUBMIT = "SUBMIT"  # send to the gateway: authorise, capture or void
    REFUSE = "REFUSE"  # refused here, before any gateway was asked
    HOLD = "HOLD"  # authorised without capture; a person decides
    COMPLETE = "COMPLETE"  # captured
    FAIL = "FAIL"  # declined by the gateway, by the reviewer, or never charged
    CANCEL = "CANCEL"  # given back before capture


class IllegalTransition(Exception):
    """A payment in this status cannot take this step. A defect or a lost race, never the caller's fault."""


TRANSITIONS: dict[tuple[PaymentStatus, Transition], PaymentStatus] = {
    (PENDING, Transition.SUBMIT): PROCESSING,
    (PENDING, Transition.REFUSE): FAILED,
    (PROCESSING, Transition.HOLD): PENDING,
    (PROCESSING, Transition.COMPLETE): COMPLETED,
    (PROCESSING, Transition.FAIL): FAILED,
    (PROCESSING, Transition.CANCEL): CANCELLED,
}
TERMINAL = frozenset({COMPLETED, FAILED, CANCELLED})


def next_state(status: str, transition: Transition) -> PaymentStatus:
    try:
        return TRANSITIONS[PaymentStatus(status), transition]
    except KeyError:
        raise IllegalTransition(f"{status} does not allow {transition.value}") from None


CHARGEBACK_MOVES: dict[ChargebackState, frozenset[ChargebackState]] = {
    ChargebackState.OPEN: frozenset({ChargebackState.WON, ChargebackState.LOST, ChargebackState.ACCEPTED}),
}
"""From OPEN to an end, and no further. The database checks it again (`chargeback_ends_once`)."""


def ends(state: str, outcome: ChargebackState) -> bool:
    """Whether a chargeback in this state may end so."""
    return outcome in CHARGEBACK_MOVES.get(ChargebackState(state), frozenset())
