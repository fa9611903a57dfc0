"""Who must sign: documents, conditions, and the seating of people, compared with trying every seating there is."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.approvals import policy, policy_documents
from core.approvals.policy import All, Block, Either, Person, Place, Seat
from core.approvals.policy_documents import InvalidPolicy

ROLES = ("A", "B", "C")
PERMISSIONS = {"p": {"A", "B"}, "q": {"C"}}


def person(name: str, *roles: str) -> Person:
    return Person(name, frozenset(roles), lambda permission: bool(PERMISSIONS.get(permission, set()) & set(roles)))


def of(role: str, count: int = 1) -> Place:
    return Place(Seat("role", role), count)


places = st.builds(
    Place,
    st.one_of(
        st.builds(Seat, st.just("role"), st.sampled_from(ROLES)),
        st.builds(Seat, st.just("permission"), st.sampled_from(sorted(PERMISSIONS))),
    ),
    st.integers(1, 2),
)
blocks = st.recursive(
    places,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2)
        .map(tuple)
        .flatmap(lambda found: st.sampled_from([All(found), Either(found)]))
    ),
    max_leaves=3,
)
crowds = st.lists(st.sets(st.sampled_from(ROLES)), max_size=5).map(
    lambda crowd: [person(f"person{number}", *roles) for number, roles in enumerate(crowd)]
)


def leaves(block: Block) -> Iterator[Place]:
    """Each leaf of the tree by itself, also where two look alike."""
    if isinstance(block, Place):
        yield block
    else:
        for inner in block.blocks:
            yield from leaves(inner)


def satisfied(block: Block, seated: Iterator[int]) -> bool:
    """`seated`: how many people each leaf got, in the order of `leaves`."""
    if isinstance(block, Place):
        return next(seated) >= block.count
    found = [satisfied(inner, seated) for inner in block.blocks]
    return all(found) if isinstance(block, All) else any(found)


def by_brute_force(block: Block, people: list[Person]) -> bool:
    """Every way to give each person one leaf that fits, or none."""
    every = list(leaves(block))
    for seats in product(range(-1, len(every)), repeat=len(people)):
        if all(seat < 0 or who.fits(every[seat].seat) for seat, who in zip(seats, people, strict=True)):
            counts = iter([seats.count(number) for number in range(len(every))])
            if satisfied(block, counts):
                return True
    return False


@given(blocks, crowds)
def test_people_are_enough_exactly_when_some_seating_is(block: Block, people: list[Person]) -> None:
    assert policy.seat(block, people).is_complete == by_brute_force(block, people)


@given(blocks, crowds)
def test_a_seating_is_one(block: Block, people: list[Person]) -> None:
    """Nobody on two seats, nobody on a seat that does not fit, and the seats are those of one alternative."""
    seating = policy.seat(block, people)
    by_id = {who.id: who for who in people}
    seated = [(seat, by_id[who]) for seat, who in seating.seats if who]
    assert len({who.id for _, who in seated}) == len(seated)
    assert all(who.fits(seat) for seat, who in seated)
    assert tuple(seat for seat, _ in seating.seats) in policy.alternatives(block)


@given(blocks, crowds)
def test_fewest_is_reached_and_no_smaller_crowd_is_enough(block: Block, people: list[Person]) -> None:
    everybody = [person(f"all{number}", *ROLES) for number in range(policy.MOST_SEATS)]
    assert policy.seat(block, everybody[: policy.fewest(block)]).is_complete
    if len(people) < policy.fewest(block):
        assert not policy.seat(block, people).is_complete


@given(blocks, crowds)
def test_whoever_completes_it_helps(block: Block, people: list[Person]) -> None:
    """So nobody whose signature is the last one needed is told that their place is taken."""
    for newcomer in people:
        others = [who for who in people if who is not newcomer]
        completes = not policy.seat(block, others).is_complete and policy.seat(block, people).is_complete
        assert not completes or policy.helps(block, others, newcomer)


@given(blocks, crowds)
def test_more_people_are_never_fewer(block: Block, people: list[Person]) -> None:
    for size in range(len(people)):
        if policy.seat(block, people[:size]).is_complete:
            assert policy.seat(block, people[: size + 1]).is_complete


def test_one_person_fills_one_place_in_the_whole_tree() -> None:
    """A person of both roles is still one person; two of them, whoever comes first, fill both."""
    block = All((of("A"), of("B")))
    both = person("both", "A", "B")
    assert not policy.seat(block, [both]).is_complete
    assert policy.seat(block, [both, person("a", "A")]).is_complete
    assert policy.seat(block, [person("a", "A"), both]).is_complete


def test_two_places_of_one_role_take_two_people() -> None:
    block = All((of("A"), of("A")))
    assert not policy.seat(block, [person("a", "A")]).is_complete
    assert policy.seat(block, [person("a", "A"), person("b", "A")]).is_complete


def test_what_is_missing_is_said_of_the_nearest_alternative() -> None:
    block = Either((of("A", 3), All((of("B"), of("C")))))
    seating = policy.seat(block, [person("b", "B")])
    assert policy_documents.missing_in_words(seating.missing, lambda seat: seat.name) == "C"


def test_a_first_signature_helps_also_the_longer_alternative() -> None:
    assert policy.helps(Either((of("A", 1), of("B", 3))), [], person("b", "B"))
    assert not policy.helps(of("A"), [person("a", "A")], person("other", "A"))


class TestConditions:
    @pytest.mark.parametrize(
        ("found", "operator", "wanted", "holds"),
        [
            (5, "gte", 5, True), (4, "gte", 5, False), (5, "gt", 5, False), (5, "lte", 5, True), (5, "lt", 5, False),
            ("a", "eq", "a", True), ("a", "ne", "b", True), ("a", "in", ["a", "b"], True), ("c", "in", ["a"], False),
            ("c", "notIn", ["a"], True), (True, "eq", True, True),
            (True, "eq", 1, False), (1, "eq", True, False), ("9", "gt", 5, False), (True, "gte", 0, False),
        ],
    )  # fmt: skip
    def test_values_are_compared_with_their_kind(
        self, found: object, operator: str, wanted: object, holds: bool
    ) -> None:
        assert policy.compare(found, operator, wanted) is holds

    def test_the_first_rule_that_fits_decides_and_a_missing_fact_fits_none(self) -> None:
        parsed = policy_documents.parse(document(when={"amountMinor": {"gte": 500_000}}))
        assert parsed.rule_for({"amountMinor": 499_999}) is None
        assert parsed.rule_for({}) is None
        assert parsed.rule_for({"amountMinor": 500_000}).name == "only"

    def test_all_conditions_of_a_rule_hold(self) -> None:
        parsed = policy_documents.parse(document(when={"switch": "PAYMENTS", "hours": {"gt": 2, "lt": 9}}))
        assert parsed.rule_for({"switch": "PAYMENTS", "hours": 5})
        assert parsed.rule_for({"switch": "PAYMENTS", "hours": 9}) is None
        assert parsed.rule_for({"switch": "REFUNDS", "hours": 5}) is None


def document(**changes: object) -> dict[str, object]:
    rule = {"name": "only", "when": {}, "require": {"role": "A", "count": 1}, **changes}
    return {"expiresHours": 72, "rules": [rule]}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ([], "policy: an object"),
        ({"rules": []}, "policy: expiresHours is missing"),
        ({"expiresHours": True, "rules": []}, "expiresHours: a whole number"),
        ({"expiresHours": 1, "rules": []}, "rules: a list"),
        ({"expiresHours": 1, "rules": [{}], "more": 1}, "policy.more: unknown"),
        (document(name=""), "rules[0].name"),
        (document(when=[]), "rules[0].when"),
        (document(when={"a": {"like": 1}}), "rules[0].when.a: like is none of"),
        (document(when={"a": {"gte": "5"}}), "rules[0].when.a.gte: takes a whole number"),
        (document(when={"a": {"in": []}}), "rules[0].when.a.in: a list"),
        (document(when={"a": None}), "rules[0].when.a.eq"),
        (document(require={}), "rules[0].require: one of all, any, role, permission"),
        (document(require={"role": "A", "count": 0}), "rules[0].require.count"),
        (document(require={"role": "A"}), "rules[0].require: count is missing"),
        (document(require={"role": "A", "permission": "p", "count": 1}), "rules[0].require.permission: unknown"),
        (document(require={"all": [{"role": "A", "count": 1}, {"any": []}]}), "rules[0].require.all[1].any: a list"),
        (document(require={"role": "A", "count": 13}), "rules[0].require.count: a whole number from 1 to 12"),
        (
            document(require={"all": [{"role": "A", "count": 7}, {"role": "B", "count": 6}]}),
            "rules[0].require: more than 12 signatures",
        ),
        (
            document(require={"all": [{"any": [{"role": r, "count": 1} for r in "ABC"]}] * 4}),
            "rules[0].require: more than 64 alternatives",
        ),
    ],
)
def test_a_document_that_is_no_policy_is_refused_by_its_path(wrong: object, path: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        policy_documents.parse(wrong)
    assert refused.value.detail.startswith(path)


def test_blocks_stand_no_deeper_than_five() -> None:
    block: dict[str, object] = {"role": "A", "count": 1}
    for _ in range(5):
        block = {"all": [block]}
    with pytest.raises(InvalidPolicy, match="deep"):
        policy_documents.parse(document(require=block))


def test_a_policy_in_words() -> None:
    block = All((of("A"), Either((of("B", 2), of("C")))))
    assert policy_documents.in_words(block, lambda seat: seat.name) == "A and (2 of B or C)"
    assert policy_documents.condition_in_words(("amountMinor", "gte", 500)) == "amount from 500 minor units"
