"""Where a version of the rules may go from where it is."""

import pytest

from fraud.enums import RuleSetMove, RuleSetState
from fraud.rules import states
from fraud.rules.states import IllegalMove


def test_the_straight_way():
    way = [RuleSetState.DRAFT]
    for move in (RuleSetMove.SHADOW, RuleSetMove.SHARE, RuleSetMove.PUBLISH, RuleSetMove.SUPERSEDE):
        way.append(states.after(way[-1], move))
    assert way == ["DRAFT", "SHADOW", "SHARED", "ACTIVE", "RETIRED"]


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (RuleSetState.DRAFT, RuleSetMove.PUBLISH),
        (RuleSetState.DRAFT, RuleSetMove.SHARE),
        (RuleSetState.RETIRED, RuleSetMove.SHADOW),
        (RuleSetState.RETIRED, RuleSetMove.PUBLISH),
        (RuleSetState.ACTIVE, RuleSetMove.WITHDRAW),
        (RuleSetState.ACTIVE, RuleSetMove.SHADOW),
        (RuleSetState.SHADOW, RuleSetMove.SHADOW),
    ],
)
def test_what_is_no_way(state, move):
    with pytest.raises(IllegalMove):
        states.after(state, move)


def test_more_effect_is_signed_and_less_is_not():
    """From a state that judges fewer payments to one that judges more: except back to what was in force just before."""
    judges = {"DRAFT": 0, "RETIRED": 0, "SHADOW": 0, "SHARED": 1, "ACTIVE": 2}
    gaining = {
        move for move, (sources, after) in states.MOVES.items() if any(judges[after] > judges[s] for s in sources)
    }
    assert gaining - {RuleSetMove.ROLL_BACK} == states.SIGNED


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        ("DRAFT", ["SHADOW", "WITHDRAW"]),
        ("SHADOW", ["SHARE", "PUBLISH", "WITHDRAW"]),
        ("SHARED", ["SHARE", "UNSHARE", "PUBLISH", "WITHDRAW"]),
        ("ACTIVE", ["SUPERSEDE"]),
        ("RETIRED", ["ROLL_BACK"]),
    ],
)
def test_what_a_page_may_offer(state, moves):
    assert states.moves_from(RuleSetState(state)) == moves
