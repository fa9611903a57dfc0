"""The life of an escrow: each edge has those who may take it there, and nobody else does."""

import itertools

import pytest

from core.actors import SYSTEM, Actor
from escrow import states
from escrow.enums import EscrowStatus
from escrow.states import EscrowStateForbids, NotYourEdge, Transition, Who, whose

KEY, TREASURER = Actor("API_KEY", "key_1"), Actor("STAFF", "tess@holdfast.example")


@pytest.mark.parametrize(("edge", "who"), list(itertools.product(states.EDGES, Who)))
def test_each_edge_is_taken_by_those_in_the_table_alone(
    edge: tuple[EscrowStatus, Transition, EscrowStatus], who: Who
) -> None:
    start, transition, end = edge
    by = frozenset({who})
    if who in states.EDGES[edge]:
        assert states.next_state(start, transition, by=by, to=end) == end
    else:
        with pytest.raises(NotYourEdge):
            states.next_state(start, transition, by=by, to=end)


@pytest.mark.parametrize(("start", "transition"), list(itertools.product(EscrowStatus, Transition)))
def test_there_is_no_other_edge(start: EscrowStatus, transition: Transition) -> None:
    if not any((start, transition) == edge[:2] for edge in states.EDGES):
        with pytest.raises(EscrowStateForbids):
            states.next_state(start, transition, by=frozenset(Who))


def test_actors_stand_for_somebody() -> None:
    assert whose(KEY) == {Who.MARKETPLACE}
    assert whose(Actor("USER", "cognito/ada")) == {Who.MARKETPLACE, Who.PARTY}
    assert whose(TREASURER) == {Who.STAFF}
    assert whose(TREASURER, signed=True) == {Who.SIGNERS}
    assert whose(SYSTEM) == {Who.PROGRAM}


def test_what_was_won_back_comes_by_the_network_alone() -> None:
    """An escrow that has ended is opened again by a chargeback that was won, never by a person or a key."""
    for ended in states.ENDED:
        assert states.next_state(ended, Transition.FUND, by=states.NETWORK) == EscrowStatus.FUNDED
        for actor in (KEY, TREASURER, SYSTEM):
            with pytest.raises(NotYourEdge):
                states.next_state(ended, Transition.FUND, by=whose(actor))


def test_no_key_resolves_a_dispute() -> None:
    for end in states.ENDED:
        with pytest.raises(NotYourEdge):
            states.next_state("DISPUTED", Transition.RESOLVE, by=whose(KEY), to=end)
