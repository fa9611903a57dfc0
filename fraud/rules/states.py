"""The life of a version of the rules. Pure; the database keeps to the same table (`fraud/migrations/sql/life.sql`).

    DRAFT → SHADOW → SHARED → ACTIVE → RETIRED

A candidate is in SHADOW (judges beside, without effect) or SHARED (judges a share of the customers); there is at most
one. Going towards more effect is signed by a second person, going back takes one. From shadow a version may be put into
force without a share before: where few customers pay, a share of them says nothing for weeks.
"""

from fraud.enums import RuleSetMove, RuleSetState

CANDIDATE = (RuleSetState.SHADOW, RuleSetState.SHARED)

MOVES: dict[RuleSetMove, tuple[frozenset[RuleSetState], RuleSetState]] = {
    RuleSetMove.SHADOW: (frozenset({RuleSetState.DRAFT}), RuleSetState.SHADOW),
    RuleSetMove.SHARE: (frozenset(CANDIDATE), RuleSetState.SHARED),
    RuleSetMove.UNSHARE: (frozenset({RuleSetState.SHARED}), RuleSetState.SHADOW),
    RuleSetMove.PUBLISH: (frozenset(CANDIDATE), RuleSetState.ACTIVE),
    RuleSetMove.SUPERSEDE: (frozenset({RuleSetState.ACTIVE}), RuleSetState.RETIRED),
    RuleSetMove.WITHDRAW: (frozenset({RuleSetState.DRAFT, *CANDIDATE}), RuleSetState.RETIRED),
    RuleSetMove.ROLL_BACK: (frozenset({RuleSetState.RETIRED}), RuleSetState.ACTIVE),
}
SIGNED = frozenset({RuleSetMove.SHARE, RuleSetMove.PUBLISH})
"""Moves that need a second person."""


class IllegalMove(ValueError):
    """A version in this state does not make this move."""


def after(state: RuleSetState, move: RuleSetMove) -> RuleSetState:
    """Raises IllegalMove."""
    allowed, target = MOVES[move]
    if state not in allowed:
        raise IllegalMove(f"{state} does not {move}")
    return target


def moves_from(state: RuleSetState) -> list[RuleSetMove]:
    """What may happen to a version next, in the order of its life."""
    return [move for move, (allowed, _) in MOVES.items() if state in allowed]
