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

from core.actors import Actor
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


NETWORK = frozenset({Who.NETWORK})
"""A card network, or the bank behind an ACH return: asks nobody, so nothing it does is refused for being its doing."""
_KINDS = {
    "API_KEY": frozenset({Who.MARKETPLACE}),
    "USER": frozenset({Who.MARKETPLACE, Who.PARTY}),  # an admin speaks for the marketplace, a party for itself
    "STAFF": frozenset({Who.STAFF}),
    "SYSTEM": frozenset({Who.PROGRAM}),
}
_EITHER = frozenset({Who.MARKETPLACE, Who.PARTY, Who.STAFF, Who.PROGRAM})
_ORDERED = frozenset({Who.MARKETPLACE, Who.STAFF, Who.PROGRAM})

EDGES: dict[tuple[EscrowStatus, Transition, EscrowStatus], frozenset[Who]] = {
    (CREATED, Transition.FUND, FUNDED): _ORDERED,
    (CREATED, Transition.CANCEL, REFUNDED): _ORDERED,
    # Whoever asks for a release that takes signatures has the escrow locked by it; a dispute takes such a lock away.
    (FUNDED, Transition.LOCK, LOCKED): _ORDERED,
    (LOCKED, Transition.UNLOCK, FUNDED): _EITHER | {Who.SIGNERS},
    # Where a part went to the payee before, the escrow ends RELEASED also when the last one goes back.
    (FUNDED, Transition.RELEASE, RELEASED): _ORDERED | {Who.SIGNERS, Who.NETWORK},
    (LOCKED, Transition.RELEASE, RELEASED): _ORDERED | {Who.SIGNERS, Who.NETWORK},
    (FUNDED, Transition.REFUND, REFUNDED): _ORDERED | {Who.NETWORK},
    (LOCKED, Transition.REFUND, REFUNDED): _ORDERED | {Who.NETWORK},
    (FUNDED, Transition.DISPUTE, DISPUTED): _EITHER,
    (LOCKED, Transition.DISPUTE, DISPUTED): _EITHER,
    (DISPUTED, Transition.WITHDRAW, FUNDED): _EITHER | {Who.SIGNERS},
    (DISPUTED, Transition.WITHDRAW, LOCKED): _EITHER | {Who.SIGNERS},
    (DISPUTED, Transition.RESOLVE, RELEASED): frozenset({Who.STAFF, Who.SIGNERS, Who.PROGRAM, Who.NETWORK}),
    (DISPUTED, Transition.RESOLVE, REFUNDED): frozenset({Who.STAFF, Who.SIGNERS, Who.PROGRAM, Who.NETWORK}),
    # A chargeback that was won brings money back to an escrow that had ended with it.
    (REFUNDED, Transition.FUND, FUNDED): NETWORK,
    (RELEASED, Transition.FUND, FUNDED): NETWORK,
}
ENDED = frozenset({RELEASED, REFUNDED})
OPEN = frozenset({FUNDED, LOCKED, DISPUTED})


class EscrowStateForbids(Refusal):
    """The escrow is in a state that does not allow it: it ended, is disputed, or is not funded yet."""

    code = "ESCROW_STATE_FORBIDS"
    status = 409
    title = "The escrow is in a state that does not allow this"


class NotYourEdge(Refusal):
    """The escrow may go there, and this is not one of those who take it there."""

    code = "NOT_ALLOWED"
    status = 403
    title = "Taking the escrow there is not yours to do"


def whose(actor: Actor, *, signed: bool = False) -> frozenset[Who]:
    """For whom an actor takes an edge; with signatures it is the signers, whoever gave the last one."""
    return frozenset({Who.SIGNERS}) if signed else _KINDS[actor.kind]


def next_state(
    status: str, transition: Transition, *, by: frozenset[Who], to: EscrowStatus | None = None
) -> EscrowStatus:  # fmt: skip
    """Where the transition leads; `to` chooses where it may lead to two. Raises EscrowStateForbids, NotYourEdge."""
    leads = [end for start, step, end in EDGES if start == status and step is transition]
    end = to if to in leads else None
    if to is None and len(leads) == 1:
        (end,) = leads
    if end is None:
        raise EscrowStateForbids(f"the escrow is {status}")
    if not by & EDGES[EscrowStatus(status), transition, end]:
        raise NotYourEdge
    return end
