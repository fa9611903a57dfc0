"""Who must sign, as data. Pure: no database, no clock.

    {"expiresHours": 72,
     "rules": [{"name": "large", "when": {"amountMinor": {"gte": 500000}},
                "require": {"all": [{"role": "COMPLIANCE", "count": 1},
                                    {"permission": "ledger.approve_adjustment", "count": 1}]}},
               {"name": "usual", "when": {}, "require": {"permission": "ledger.approve_adjustment", "count": 1}}]}

The first rule whose conditions all hold decides; where none does, nobody can execute. A place asks for `count` people
of a role, or whose roles grant a permission; `all` and `any` join blocks. Over the whole block a person fills at most
one place. A block is read as its alternatives: lists of seats, one person each, any one list being enough.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import NamedTuple

from core.audit.chain import JSON

LONGEST_EXPIRY_HOURS = 24 * 365
MOST_RULES = 20
MOST_SEATS = 12
MOST_ALTERNATIVES = 64
DEEPEST = 5
KINDS = ("role", "permission")


class Seat(NamedTuple):
    """What one signature must come from: `kind` is role or permission."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign. `grants` says whether their roles, as they are now, allow a permission."""

    id: str
    roles: frozenset[str]
    grants: Callable[[str], bool]

    def fits(self, seat: Seat) -> bool:
        return seat.name in self.roles if seat.kind == "role" else self.grants(seat.name)


@dataclass(frozen=True, slots=True)
class Place:
    """`count` different people for one kind of seat."""

    seat: Seat
    count: int


@dataclass(frozen=True, slots=True)
class All:
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """Written `any`."""

    blocks: "tuple[Block, ...]"


Block = Place | All | Either
Condition = tuple[str, str, JSON]


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` are (fact, operator, value); all must hold."""

    name: str
    when: tuple[Condition, ...]
    require: Block

    def holds(self, facts: Mapping[str, JSON]) -> bool:
        return all(fact in facts and compare(facts[fact], operator, value) for fact, operator, value in self.when)


@dataclass(frozen=True, slots=True)
class Policy:
    expires_after: timedelta
    rules: tuple[Rule, ...]

    def rule_for(self, facts: Mapping[str, JSON]) -> Rule | None:
        """The rule that decides; None where none fits, and then nobody can execute."""
        return next((rule for rule in self.rules if rule.holds(facts)), None)


@dataclass(frozen=True, slots=True)
class Seating:
    """The alternative nearest to complete: its seats, each with the id of the person who fills it or None."""

    seats: tuple[tuple[Seat, str | None], ...]

    @property
    def missing(self) -> tuple[Seat, ...]:
        return tuple(seat for seat, person in self.seats if person is None)

    @property
    def is_complete(self) -> bool:
        return not self.missing


def compare(found: JSON, operator: str, wanted: JSON) -> bool:
    """False where the two cannot be compared: a condition nobody understands never holds."""
    if operator in ("in", "notIn"):
        options = wanted if isinstance(wanted, Sequence) and not isinstance(wanted, str) else ()
        return any(_same(found, option) for option in options) == (operator == "in")
    if operator in ("eq", "ne"):
        return _same(found, wanted) == (operator == "eq")
    if type(found) is not int or type(wanted) is not int:
        return False
    return {"lt": found < wanted, "lte": found <= wanted, "gt": found > wanted, "gte": found >= wanted}[operator]


def alternatives(block: Block) -> list[tuple[Seat, ...]]:
    """Every list of seats that is enough for the block."""
    match block:
        case Place(seat, count):
            return [(seat,) * count]
        case Either(blocks):
            return [seats for inner in blocks for seats in alternatives(inner)]
        case All(blocks):
            return [
                tuple(seat for part in parts for seat in part)
                for parts in product(*(alternatives(inner) for inner in blocks))
            ]


def seat(block: Block, people: Iterable[Person]) -> Seating:
    """Seat the people so that the fewest seats of any one alternative stay empty."""
    there = tuple(people)
    seatings = (_matched(seats, there) for seats in alternatives(block))
    return min(seatings, key=lambda seating: len(seating.missing))


def helps(block: Block, people: Iterable[Person], newcomer: Person) -> bool:
    """Whether the newcomer fills a seat of some alternative that the others leave empty."""
    there = tuple(people)
    return any(
        len(_matched(seats, (*there, newcomer)).missing) < len(_matched(seats, there).missing)
        for seats in alternatives(block)
    )


def fits_somewhere(block: Block, person: Person) -> bool:
    return any(person.fits(seat) for seats in alternatives(block) for seat in seats)


def fewest(block: Block) -> int:
    """How many signatures it takes at the least."""
    return min(len(seats) for seats in alternatives(block))


def places(block: Block) -> frozenset[Seat]:
    return frozenset(seat for seats in alternatives(block) for seat in seats)


def _same(found: JSON, wanted: JSON) -> bool:
    """True is not 1."""
    return type(found) is type(wanted) and found == wanted


def _matched(seats: tuple[Seat, ...], people: tuple[Person, ...]) -> Seating:
    """A maximum matching of seats and people, by augmenting paths; who comes first keeps a seat."""
    seat_of: dict[int, int] = {}
    person_of: dict[int, int] = {}

    def place(person: int, tried: set[int]) -> bool:
        for number, seat in enumerate(seats):
            if number in tried or not people[person].fits(seat):
                continue
            tried.add(number)
            if number not in person_of or place(person_of[number], tried):
                person_of[number], seat_of[person] = person, number
                return True
        return False

    for person in range(len(people)):
        place(person, set())
    return Seating(
        tuple(
            (seat, people[person_of[number]].id if number in person_of else None) for number, seat in enumerate(seats)
        )
    )
