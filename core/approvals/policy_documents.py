"""Policy documents read and written in words. Pure. A refusal names the path of what is wrong."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from core.approvals import policy
from core.approvals.policy import All, Block, Condition, Either, Place, Policy, Rule, Seat
from core.audit.chain import JSON
from core.errors import Refusal

OPERATORS = {
    "eq": "is", "ne": "is not", "lt": "below", "lte": "at most", "gt": "above", "gte": "from", "in": "one of",
    "notIn": "none of",
}  # fmt: skip


class InvalidPolicy(Refusal):
    """The document is no policy; the detail begins with the path of what is wrong."""

    code = "INVALID_POLICY"
    status = 422
    title = "The policy cannot be read"


def parse(document: JSON) -> Policy:
    """Raises InvalidPolicy."""
    fields = _object(document, "policy", {"expiresHours", "rules"})
    hours = _whole(fields["expiresHours"], "expiresHours", most=policy.LONGEST_EXPIRY_HOURS)
    rules = _list(fields["rules"], "rules", most=policy.MOST_RULES)
    parsed = tuple(_rule(rule, f"rules[{number}]") for number, rule in enumerate(rules))
    if len({rule.name for rule in parsed}) < len(parsed):
        raise InvalidPolicy("rules: two rules have one name")
    return Policy(timedelta(hours=hours), parsed)


def in_words(block: Block, title: Callable[[Seat], str]) -> str:
    """`Controller and (2 of Treasury operator or Auditor)`."""
    match block:
        case Place(seat, count):
            return _counted(count, title(seat))
        case All(blocks) | Either(blocks):
            word = " and " if isinstance(block, All) else " or "
            return word.join(_nested(inner, title) for inner in blocks)


def condition_in_words(condition: Condition) -> str:
    """`amount from 500,000 minor units`, `switch one of PAYMENTS, REFUNDS`."""
    fact, operator, value = condition
    shown = ", ".join(map(_value, value)) if isinstance(value, list | tuple) else _value(value)
    if fact.endswith("Minor"):
        fact, shown = fact.removesuffix("Minor"), f"{shown} minor units"
    return f"{fact} {OPERATORS[operator]} {shown}"


def missing_in_words(seats: Sequence[Seat], title: Callable[[Seat], str]) -> str:
    """`Controller, 2 of Treasury operator`."""
    return ", ".join(_counted(count, title(seat)) for seat, count in Counter(seats).items())


def _counted(count: int, title: str) -> str:
    return title if count == 1 else f"{count} of {title}"


def _nested(block: Block, title: Callable[[Seat], str]) -> str:
    words = in_words(block, title)
    return words if isinstance(block, Place) else f"({words})"


def _value(value: JSON) -> str:
    return f"{value:,}" if type(value) is int else str(value)


def _rule(found: JSON, path: str) -> Rule:
    fields = _object(found, path, {"name", "when", "require"})
    name = fields["name"]
    if not isinstance(name, str) or not 0 < len(name) <= 60:
        raise InvalidPolicy(f"{path}.name: a text of 1 to 60 characters")
    require = _block(fields["require"], f"{path}.require", 1)
    # Counted before they are written out: a short document may stand for millions of alternatives.
    if _count_alternatives(require) > policy.MOST_ALTERNATIVES:
        raise InvalidPolicy(f"{path}.require: more than {policy.MOST_ALTERNATIVES} alternatives")
    if max(map(len, policy.alternatives(require))) > policy.MOST_SEATS:
        raise InvalidPolicy(f"{path}.require: more than {policy.MOST_SEATS} signatures")
    return Rule(name, _conditions(fields["when"], f"{path}.when"), require)


def _conditions(found: JSON, path: str) -> tuple[Condition, ...]:
    conditions: list[Condition] = []
    for fact, wanted in _mapping(found, path).items():
        here = f"{path}.{fact}"
        for operator, value in (wanted if isinstance(wanted, Mapping) else {"eq": wanted}).items():
            _require_comparable(operator, value, here)
            conditions.append((fact, operator, value))
    return tuple(conditions)


def _require_comparable(operator: str, value: JSON, path: str) -> None:
    if operator not in OPERATORS:
        raise InvalidPolicy(f"{path}: {operator} is none of {', '.join(OPERATORS)}")
    if operator in ("in", "notIn"):
        for option in _list(value, f"{path}.{operator}", most=100):
            _require_comparable("eq", option, f"{path}.{operator}")
    elif operator in ("eq", "ne"):
        if not isinstance(value, str | int):
            raise InvalidPolicy(f"{path}.{operator}: takes text, a whole number or true and false")
    elif type(value) is not int:
        raise InvalidPolicy(f"{path}.{operator}: takes a whole number")


def _block(found: JSON, path: str, depth: int) -> Block:
    if depth > policy.DEEPEST:
        raise InvalidPolicy(f"{path}: blocks stand at most {policy.DEEPEST} deep")
    fields = _mapping(found, path)
    for word, kind in (("all", All), ("any", Either)):
        if word in fields:
            _object(found, path, {word})
            inner = _list(fields[word], f"{path}.{word}", most=policy.MOST_SEATS)
            return kind(tuple(_block(block, f"{path}.{word}[{at}]", depth + 1) for at, block in enumerate(inner)))
    for kind_of_seat in policy.KINDS:
        if kind_of_seat in fields:
            _object(found, path, {kind_of_seat, "count"})
            name = fields[kind_of_seat]
            if not isinstance(name, str) or not 0 < len(name) <= 80:
                raise InvalidPolicy(f"{path}.{kind_of_seat}: a name of 1 to 80 characters")
            count = _whole(fields["count"], f"{path}.count", most=policy.MOST_SEATS)
            return Place(Seat(kind_of_seat, name), count)
    raise InvalidPolicy(f"{path}: one of all, any, role, permission")


def _count_alternatives(block: Block) -> int:
    match block:
        case Place():
            return 1
        case Either(blocks):
            return sum(map(_count_alternatives, blocks))
        case All(blocks):
            total = 1
            for inner in blocks:
                total *= _count_alternatives(inner)
            return total


def _mapping(found: JSON, path: str) -> Mapping[str, JSON]:
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise InvalidPolicy(f"{path}: an object")
    return found


def _object(found: JSON, path: str, names: set[str]) -> Mapping[str, JSON]:
    fields = _mapping(found, path)
    if missing := sorted(names - set(fields)):
        raise InvalidPolicy(f"{path}: {', '.join(missing)} is missing")
    if unknown := sorted(set(fields) - names):
        raise InvalidPolicy(f"{path}.{unknown[0]}: unknown")
    return fields


def _list(found: JSON, path: str, *, most: int) -> Sequence[JSON]:
    if not isinstance(found, list | tuple) or not 0 < len(found) <= most:
        raise InvalidPolicy(f"{path}: a list of 1 to {most}")
    return found


def _whole(found: JSON, path: str, *, most: int) -> int:
    if type(found) is not int or not 0 < found <= most:
        raise InvalidPolicy(f"{path}: a whole number from 1 to {most}")
    return found
