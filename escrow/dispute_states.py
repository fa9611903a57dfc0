"""The life of a dispute. The database checks the same table again (`dispute_state_moves_legally`).

OPEN ──▶ EVIDENCE ──▶ ESCALATED ◀──▶ PROPOSED
  └──────────┴────────────┴──────────────┴──▶ RESOLVED or WITHDRAWN
"""

from core.errors import Refusal
from escrow.dispute_enums import DisputeState

OPEN, EVIDENCE, ESCALATED, PROPOSED, RESOLVED, WITHDRAWN = DisputeState

EDGES: frozenset[tuple[DisputeState, DisputeState]] = frozenset(
    {
        (OPEN, EVIDENCE),
        (OPEN, ESCALATED),
        (EVIDENCE, ESCALATED),
        (ESCALATED, PROPOSED),
        (PROPOSED, ESCALATED),
        *((state, end) for state in (OPEN, EVIDENCE, ESCALATED, PROPOSED) for end in (RESOLVED, WITHDRAWN)),
    }
)
ENDED = frozenset({RESOLVED, WITHDRAWN})
WAITING = frozenset(DisputeState) - ENDED


class DisputeStateForbids(Refusal):
    """The dispute has ended, or is at a step that does not allow it."""

    code = "DISPUTE_STATE_FORBIDS"
    status = 409
    title = "The dispute is at a step that does not allow this"


def next_state(state: str, to: DisputeState) -> DisputeState:
    """Raises DisputeStateForbids."""
    if (DisputeState(state), to) not in EDGES:
        raise DisputeStateForbids(f"the dispute is {state}")
    return to
