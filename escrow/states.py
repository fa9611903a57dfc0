"""The life of an escrow as a table, each edge with whoever may take it. The database checks the same table again.

    CREATED ──FUND──▶ FUNDED ◀──LOCK, UNLOCK──▶ LOCKED
       │                │                         │
     CANCEL             ├── RELEASE, REFUND, DISPUTE ──┤
       ▼                ▼                         ▼
    REFUNDED         RELEASED or REFUNDED      DISPUTED ──RESOLVE──▶ RELEASED or REFUNDED
                                                        ──WITHDRAW─▶ FUNDED or LOCKED

A partial release or refund is an amount beside the status; the status ends with the last part.
"""

from enum import Enum

from core.errors import Refusal
from escrow.enums import EscrowStatus

CREATED, FUNDED, LOCKED, RELEASED, REFUNDED, DISPUTED = EscrowStatus


class Who(Enum):
    """Who may take an edge. A party acts through the marketplace or by its own access token."""

    MARKETPLACE = "MARKETPLACE"
    PARTY = "PARTY"
    STAFF = "STAFF"
    SIGNERS = "SIGNERS"
    PROGRAM = "PROGRAM"
    NETWORK = "NETWORK"


class Transition(Enum):
    FUND = "FUND"
    CANCEL = "CANCEL"  # nothing was held; nothing moves
    LOCK = "LOCK"
    UNLOCK = "UNLOCK"
    RELEASE = "RELEASE"  # the last part went to the payee
    REFUND = "REFUND"  # the last part went back
    DISPUTE = "DISPUTE"
    WITHDRAW = "WITHDRAW"  # whoever raised the dispute takes it back
    RESOLVE = "RESOLVE"  # the dispute ends with the last part


_EITHER = frozenset({Who.MARKETPLACE, Who.PARTY, Who.STAFF})

EDGES: dict[tuple[EscrowStatus, Transition, EscrowStatus], frozenset[Who]] = {
    (CREATED, Transition.FUND, FUNDED): frozenset({Who.MARKETPLACE, Who.STAFF, Who.PROGRAM}),
    (CREATED, Transition.CANCEL, REFUNDED): frozenset({Who.MARKETPLACE, Who.STAFF, Who.PROGRAM}),
    (FUNDED, Transition.LOCK, LOCKED): frozenset({Who.STAFF, Who.PROGRAM}),
    (LOCKED, Transition.UNLOCK, FUNDED): frozenset({Who.STAFF, Who.PROGRAM, Who.SIGNERS}),
    (FUNDED, Transition.RELEASE, RELEASED): frozenset({Who.MARKETPLACE, Who.STAFF, Who.SIGNERS, Who.PROGRAM}),
    (LOCKED, Transition.RELEASE, RELEASED): frozenset({Who.SIGNERS, Who.PROGRAM}),
    (FUNDED, Transition.REFUND, REFUNDED): frozenset({Who.MARKETPLACE, Who.STAFF, Who.PROGRAM, Who.NETWORK}),
    (LOCKED, Transition.REFUND, REFUNDED): frozenset({Who.MARKETPLACE, Who.STAFF, Who.PROGRAM, Who.NETWORK}),
    (FUNDED, Transition.DISPUTE, DISPUTED): _EITHER,
    (LOCKED, Transition.DISPUTE, DISPUTED): _EITHER,
    (DISPUTED, Transition.WITHDRAW, FUNDED): _EITHER,
    (DISPUTED, Transition.WITHDRAW, LOCKED): _EITHER,
    (DISPUTED, Transition.RESOLVE, RELEASED): frozenset({Who.STAFF, Who.SIGNERS, Who.PROGRAM}),
    (DISPUTED, Transition.RESOLVE, REFUNDED): frozenset({Who.STAFF, Who.SIGNERS, Who.PROGRAM, Who.NETWORK}),
    # A chargeback that was won brings money back to an escrow that had ended with it.
    (REFUNDED, Transition.FUND, FUNDED): frozenset({Who.NETWORK}),
    (RELEASED, Transition.FUND, FUNDED): frozenset({Who.NETWORK}),
}
ENDED = frozenset({RELEASED, REFUNDED})
OPEN = frozenset({FUNDED, LOCKED, DISPUTED})


class EscrowStateForbids(Refusal):
    """The escrow is in a state that does not allow it: it ended, is disputed, or is not funded yet."""

    code = "ESCROW_STATE_FORBIDS"
    status = 409
    title = "The escrow is in a state that does not allow this"


def next_state(status: str, transition: Transition, to: EscrowStatus | None = None) -> EscrowStatus:
    """Where the transition leads; `to` chooses where it may lead to two. Raises EscrowStateForbids."""
    leads = [end for start, step, end in EDGES if start == status and step is transition]
    if to is not None and to in leads:
        return to
    if to is None and len(leads) == 1:
        return leads[0]
    raise EscrowStateForbids(f"the escrow is {status}")


def who_may(status: str, transition: Transition) -> frozenset[Who]:
    """Everybody who may take that step from there; empty where there is none."""
    return frozenset().union(
        *(who for (start, step, _), who in EDGES.items() if start == status and step is transition)
    )
