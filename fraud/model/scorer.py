"""A trained model as Python text, and the loading of that text.

The text holds parts of 32 trees, each two functions: one adds the leaves a payment falls into, in the order of the
Booster and therefore to the same bits; the other gives what each split on the way moved (path attribution). Nothing
else is in it: no call, no attribute, no import.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from fraud.model.branches import UnscorableModel, condition

TREES_PER_PART = 32
DEEPEST = 60  # brackets: Python gives up near 200
SCORE, EXPLAIN = "score_", "explain_"

_ALLOWED = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.AugAssign, ast.Add, ast.For, ast.Return,
    ast.IfExp, ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub,
    ast.Constant, ast.Name, ast.Load, ast.Store, ast.Tuple, ast.Subscript,
)  # fmt: skip


class NotOurSource(Exception):
    """The text is not the one whose SHA-256 was kept, or holds what the generator never writes."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Called with the variables in the model's order it gives log-odds; NaN is a missing value.

    `bias` is what the model says before it looks at anything: the mean of the leaves by their training rows.
    """

    variables: int
    bias: float
    _score: tuple[Callable[..., float], ...]
    _explain: tuple[Callable[..., None], ...]

    def __call__(self, values: Sequence[float]) -> float:
        raw = 0.0
        for part in self._score:
            raw = part(raw, *values)
        return raw

    def explain(self, values: Sequence[float]) -> list[float]:
        """What each variable moved, in log-odds; together with `bias` this is the raw score."""
        moved = [0.0] * self.variables
        for part in self._explain:
            part(moved, *values)
        return moved


def generate(dump: Mapping[str, Any]) -> str:
    """The text for `Booster.dump_model()`. Raises UnscorableModel for what the text could not repeat exactly."""
    _require_plain(dump)
    trees = [tree["tree_structure"] for tree in dump["tree_info"]]
    width = int(dump["max_feature_idx"]) + 1
    names = ", ".join(f"x{column}" for column in range(width))
    lines = [f"VARIABLES = {width}", f"BIAS = {sum(_mean(tree)[0] for tree in trees)!r}"]
    for number, start in enumerate(range(0, len(trees), TREES_PER_PART)):
        part = trees[start : start + TREES_PER_PART]
        lines += [f"def {SCORE}{number}(raw, {names}):"]
        lines += [f"    raw += {_expression(tree, lambda leaf, _: repr(float(leaf['leaf_value'])))}" for tree in part]
        lines += ["    return raw", f"def {EXPLAIN}{number}(moved, {names}):"]
        for tree in part:
            lines += [f"    for column, step in {_expression(tree, lambda _, path: _steps(path))}:"]
            lines += ["        moved[column] += step"]
    return "\n".join(lines) + "\n"


def digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def load(source: str, sha256: str) -> Scorer:
    """Raises NotOurSource. The text runs without builtins, so that even a forged one could reach nothing."""
    if digest(source) != sha256:
        raise NotOurSource("the text is not the one that was registered")
    place: dict[str, Any] = {"__builtins__": {}}
    exec(_compiled(source), place)  # noqa: S102 (checked text of our own generator, without builtins)
    return Scorer(place["VARIABLES"], place["BIAS"], _parts(place, SCORE), _parts(place, EXPLAIN))


def _compiled(source: str) -> CodeType:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Name) and node.id.startswith("_")):
            raise NotOurSource(f"the text holds {type(node).__name__}")
    return compile(tree, "<model>", "exec")


def _parts(place: Mapping[str, Any], prefix: str) -> tuple[Any, ...]:
    found = sum(name.startswith(prefix) for name in place)
    return tuple(place[f"{prefix}{number}"] for number in range(found))


def _require_plain(dump: Mapping[str, Any]) -> None:
    if not str(dump.get("objective", "")).startswith("binary"):
        raise UnscorableModel("only a model of two classes can be scored")
    if dump.get("average_output") or dump.get("num_tree_per_iteration", 1) != 1:
        raise UnscorableModel("only a sum of single trees can be scored")


def _expression(
    node: Mapping[str, Any], leaf: Callable[[Any, tuple[Any, ...]], str], path: tuple[Any, ...] = ()
) -> str:
    if "split_feature" not in node:
        if "leaf_coeff" in node:
            raise UnscorableModel("linear leaves are not supported")
        return leaf(node, path)
    if len(path) >= DEEPEST:
        raise UnscorableModel(f"a tree is deeper than {DEEPEST} splits")
    here, column = _mean(node)[0], int(node["split_feature"])
    ways = [
        _expression(child, leaf, (*path, (column, _mean(child)[0] - here)))
        for child in (node["left_child"], node["right_child"])
    ]
    return f"({ways[0]} if {condition(node)} else {ways[1]})"


def _steps(path: Sequence[tuple[int, float]]) -> str:
    """One pair per variable on the way, as a literal; a leaf without a way moves nothing."""
    moved: dict[int, float] = {}
    for column, step in path:
        moved[column] = moved.get(column, 0.0) + step
    return "(" + "".join(f"({column}, {step!r})," for column, step in moved.items()) + ")"


def _mean(node: Mapping[str, Any]) -> tuple[float, float]:
    """(mean of the leaves below, rows they were trained on)."""
    total = rows = 0.0
    for leaf in _leaves(node):
        count = float(leaf.get("leaf_count", 1))
        total, rows = total + float(leaf["leaf_value"]) * count, rows + count
    return (total / rows if rows else 0.0), rows


def _leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "split_feature" not in node:
        yield node
        return
    yield from _leaves(node["left_child"])
    yield from _leaves(node["right_child"])
