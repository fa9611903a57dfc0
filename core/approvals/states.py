"""The life of a request as a table. The database checks the same table again (`approval_state_moves_legally`).

    PENDING ──EXECUTE───▶ EXECUTED    the quorum was there and the effect happened
       ├──────DENY──────▶ DENIED      one signer said no
       ├──────VOID──────▶ VOIDED      what was asked makes no sense any more
       ├──────WITHDRAW──▶ WITHDRAWN   who asked took it back
       └──────EXPIRE────▶ EXPIRED     nobody acted in time

Every end is final. A change of the object is no step: the request waits on, its signatures are void.
"""

from enum import Enum, StrEnum


class State(StrEnum):
    PENDING = "PENDING"
    EXECUTED = "EXECUTED"
    DENIED = "DENIED"
    VOIDED = "VOIDED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class Transition(Enum):
    EXECUTE = "EXECUTE"
    DENY = "DENY"
    VOID = "VOID"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"


class IllegalTransition(Exception):
    """A request in this state cannot take this step: services look first, so this is a defect."""


TRANSITIONS: dict[tuple[State, Transition], State] = {
    (State.PENDING, Transition.EXECUTE): State.EXECUTED,
    (State.PENDING, Transition.DENY): State.DENIED,
    (State.PENDING, Transition.VOID): State.VOIDED,
    (State.PENDING, Transition.WITHDRAW): State.WITHDRAWN,
    (State.PENDING, Transition.EXPIRE): State.EXPIRED,
}


def next_state(state: str, transition: Transition) -> State:
    try:
        return TRANSITIONS[State(state), transition]
    except KeyError:
        raise IllegalTransition(f"{state} does not allow {transition.value}") from None
