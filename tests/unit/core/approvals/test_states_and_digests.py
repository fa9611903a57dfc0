"""Ends are final, and two contents have one digest exactly when they are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.approvals import digests, states
from core.approvals.actions import Content
from core.approvals.digests import Change
from core.approvals.states import IllegalTransition, State, Transition
from core.audit.chain import NotCanonical

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
@pytest.mark.parametrize("step", Transition)
def test_nothing_leaves_an_end(state: State, step: Transition) -> None:
    with pytest.raises(IllegalTransition):
        states.next_state(state, step)


def covered(**changes: object) -> str:
    content = {"summary": "Open", "version": {"a": 1}, **changes.pop("content", {})}
    given = {"action": "x", "subject": "y", "given": {"b": 1}, "asked_by": "STAFF:z", "reason": "r", **changes}
    return digests.covered(**given, content=Content(**content))


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "other"}, {"subject": "other"}, {"given": {"b": 2}}, {"asked_by": "STAFF:other"},
        {"reason": "other"},
        {"content": {"summary": "Close"}}, {"content": {"version": {"a": 2}}}, {"content": {"evidence": {"e": 1}}},
        {"content": {"facts": {"f": 1}}}, {"content": {"people": frozenset({"p"})}},
        {"content": {"parties": frozenset({"p"})}}, {"content": {"signers": frozenset({"p"})}},
        {"content": {"signers": frozenset()}},
    ],
)  # fmt: skip
def test_whatever_a_signer_agrees_to_is_in_the_digest(changes: dict[str, object]) -> None:
    assert digests.digest(covered(**changes)) != digests.digest(covered())


def test_the_order_of_keys_does_not_matter() -> None:
    assert covered(given={"a": 1, "b": 2}) == covered(given={"b": 2, "a": 1})


def test_a_float_cannot_be_signed() -> None:
    with pytest.raises(NotCanonical):
        covered(given={"a": 1.5})


def test_a_difference_names_each_leaf() -> None:
    before = {"legs": [{"account": "suspense", "amountMinor": 1}], "book": "live"}
    after = {"legs": [{"account": "suspense", "amountMinor": 2}, {"account": "x", "amountMinor": 1}], "book": "live"}
    assert digests.difference(before, after) == [
        Change("legs[0].amountMinor", 1, 2), Change("legs[1].account", None, "x"),
        Change("legs[1].amountMinor", None, 1),
    ]  # fmt: skip


@given(values, values)
def test_there_is_a_difference_exactly_where_there_is_one(before: object, after: object) -> None:
    same = digests.details_text({"x": before}) == digests.details_text({"x": after})
    assert (digests.difference({"x": before}, {"x": after}) == []) == same
