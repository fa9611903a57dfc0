"""The life of an ACH transfer as a table. The database checks the same table again (`transfer_edge_exists`).

    PENDING_REVIEW ─▶ PENDING_APPROVAL ─▶ SUBMITTED ─▶ PROCESSING ─▶ ACKNOWLEDGED ─▶ COMPLETED
          └── either of them ─▶ FAILED       │             └──────────┴───────┴─▶ RETURNED
    before it is sent ─▶ CANCELLED           └─▶ REQUIRES_ATTENTION ─▶ back, or CANCELLED

News of the rail come in any order: a step that is heard late is skipped, never taken back. RETURNED is left where the
bank's return is undone or the entry is sent again.
"""

from core.errors import Refusal
from payments.transfer_enums import TransferState, TransferStatus

_S = TransferState
_ON_THE_WAY = frozenset({_S.PROCESSING, _S.ACKNOWLEDGED, _S.COMPLETED, _S.RETURNED})

EDGES: dict[TransferState, frozenset[TransferState]] = {
    _S.PENDING_REVIEW: frozenset({_S.PENDING_APPROVAL, _S.SUBMITTED, _S.FAILED, _S.CANCELLED}),
    _S.PENDING_APPROVAL: frozenset({_S.SUBMITTED, _S.FAILED, _S.CANCELLED}),
    _S.SUBMITTED: _ON_THE_WAY | {_S.CANCELLED, _S.REQUIRES_ATTENTION},
    _S.REQUIRES_ATTENTION: _ON_THE_WAY | {_S.SUBMITTED, _S.CANCELLED},
    _S.PROCESSING: frozenset({_S.ACKNOWLEDGED, _S.COMPLETED, _S.RETURNED, _S.REQUIRES_ATTENTION}),
    _S.ACKNOWLEDGED: frozenset({_S.COMPLETED, _S.RETURNED, _S.REQUIRES_ATTENTION}),
    _S.COMPLETED: frozenset({_S.RETURNED}),
    _S.RETURNED: frozenset({_S.SUBMITTED, _S.PROCESSING, _S.ACKNOWLEDGED, _S.COMPLETED}),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}
BEGINS = frozenset({_S.PENDING_REVIEW, _S.PENDING_APPROVAL, _S.SUBMITTED, _S.FAILED})
WAITING = frozenset({_S.PENDING_REVIEW, _S.PENDING_APPROVAL})
CANCELLABLE = WAITING | {_S.SUBMITTED, _S.REQUIRES_ATTENTION}

_STATUS: dict[TransferState, TransferStatus] = {
    _S.PENDING_APPROVAL: TransferStatus.SUBMITTED,
    _S.PENDING_REVIEW: TransferStatus.SUBMITTED,
    _S.SUBMITTED: TransferStatus.SUBMITTED,
    _S.PROCESSING: TransferStatus.PROCESSING,
    _S.ACKNOWLEDGED: TransferStatus.PROCESSING,
    _S.COMPLETED: TransferStatus.COMPLETED,
    _S.RETURNED: TransferStatus.RETURNED,
    _S.FAILED: TransferStatus.FAILED,
    _S.CANCELLED: TransferStatus.FAILED,
}


class TransferStateForbids(Refusal):
    """It has gone on meanwhile, or was never so far."""

    code = "TRANSFER_STATE_FORBIDS"
    status = 409
    title = "The transfer is in a state that does not allow this"


def status(state: str, *, was_sent: bool) -> TransferStatus:
    """The documented word. What requires attention is said to be where it stands: with us, or with the bank."""
    if state == _S.REQUIRES_ATTENTION:
        return TransferStatus.PROCESSING if was_sent else TransferStatus.SUBMITTED
    return _STATUS[TransferState(state)]


def require_edge(state: str, to: TransferState) -> None:
    """Raises TransferStateForbids."""
    if not may_go(state, to):
        raise TransferStateForbids(f"the transfer is {state}")


def may_go(state: str, to: TransferState) -> bool:
    return to in EDGES[TransferState(state)]
