"""The rule language: a typed subset of Python expressions.

`amount_minor >= high_value_minor and not night`: comparisons, `and or not`, `in` a list, `+ - * /` on numbers,
names of the catalogue and of thresholds, numbers, strings, True and False. Nothing else parses: no call, attribute,
subscript, power, conditional or comprehension, and arithmetic on text is a type error.

A missing value makes what needs it unknown (neither true nor false, by the three-valued logic of SQL), so
`unknown or True` is true, `not unknown` is unknown, and a rule whose whole value is unknown is not evaluated.
"""

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from fraud.rules.catalogue import Kind

MAX_LENGTH = 500
MAX_NODES = 80
MAX_DEPTH = 12
MAX_ARITHMETIC = 8
MAX_LIST = 50
MAX_TEXT = 64
MAX_NUMBER = 10**15

_ORDER = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_EQUALITY = {ast.Eq: "==", ast.NotEq: "!="}
_MEMBERSHIP = {ast.In: "in", ast.NotIn: "not in"}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class RuleError(ValueError):
    """The expression is not a rule; the message says where and why, in words for the author."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A type-checked expression: `source` is Python text of our own making, never the author's.

    It reads variables `v_<name>` and constants `k[n]`; its value is True, False or None (unknown).
    """

    source: str
    names: tuple[str, ...]
    constants: tuple[object, ...]


def check(expression: str, *, kinds: Mapping[str, Kind], first_constant: int = 0) -> Checked:
    """Parse and type-check. Raises RuleError."""
    if len(expression) > MAX_LENGTH:
        raise RuleError(f"longer than {MAX_LENGTH} characters")
    try:
        with warnings.catch_warnings():
            # Python warns its own authors about spellings like `1or x`; they parse or they do not.
            warnings.simplefilter("ignore")
            tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise RuleError("not an expression") from None
    checker = _Checker(kinds, first_constant)
    checker.measure(tree.body)
    kind, source = checker.visit(tree.body)
    if kind is not Kind.FLAG:
        raise RuleError(f"a rule is true or false, this is a {kind.value}")
    return Checked(source, tuple(dict.fromkeys(checker.names)), tuple(checker.constants))


class _Checker:
    def __init__(self, kinds: Mapping[str, Kind], first_constant: int) -> None:
        self.kinds = kinds
        self.first_constant = first_constant
        self.names: list[str] = []
        self.constants: list[object] = []
        self.temporaries = 0

    def measure(self, root: ast.expr) -> None:
        nodes = list(ast.walk(root))
        if len(nodes) > MAX_NODES:
            raise RuleError(f"more than {MAX_NODES} parts")
        if sum(isinstance(node, ast.BinOp) for node in nodes) > MAX_ARITHMETIC:
            raise RuleError(f"more than {MAX_ARITHMETIC} arithmetic operations")
        if _depth(root) > MAX_DEPTH:
            raise RuleError(f"nested deeper than {MAX_DEPTH}")

    def visit(self, node: ast.expr) -> tuple[Kind, str]:
        match node:
            case ast.BoolOp():
                return self.boolean(node)
            case ast.UnaryOp(op=ast.Not()):
                operand, name = self.held(self.expect(node.operand, Kind.FLAG))
                return Kind.FLAG, f"(None if {operand} is None else not {name})"
            case ast.UnaryOp(op=ast.USub()):
                operand, name = self.held(self.expect(node.operand, Kind.NUMBER))
                return Kind.NUMBER, f"(None if {operand} is None else -{name})"
            case ast.BinOp():
                return self.arithmetic(node)
            case ast.Compare():
                return self.comparison(node)
            case ast.Name():
                return self.name(node.id)
            case ast.Constant():
                return self.constant(node.value)
            case ast.List():
                return self.texts(node)
        raise RuleError(f"{_what(node)} is not part of the language")

    def boolean(self, node: ast.BoolOp) -> tuple[Kind, str]:
        """The first operand that settles it does; else unknown if any was; else the other value."""
        settles = isinstance(node.op, ast.Or)
        held = [self.held(self.expect(value, Kind.FLAG)) for value in node.values]
        text = str(not settles)
        for operand in reversed([self.unknown(name) for _, name in held]):
            text = f"None if {operand} else {text}"
        for operand, _ in reversed(held):
            text = f"{settles} if {operand} is {settles} else {text}"
        return Kind.FLAG, f"({text})"

    def comparison(self, node: ast.Compare) -> tuple[Kind, str]:
        if len(node.ops) != 1:
            raise RuleError("write a chain of comparisons with `and`")
        operator, right_node = node.ops[0], node.comparators[0]
        left_kind, left = self.visit(node.left)
        right_kind, right = self.visit(right_node)
        kind = type(operator)
        if kind in _MEMBERSHIP:
            if (left_kind, right_kind) != (Kind.TEXT, Kind.TEXTS):
                raise RuleError("`in` takes a text and a list of texts")
            sign = _MEMBERSHIP[kind]
        elif kind in _EQUALITY:
            if left_kind is not right_kind or left_kind is Kind.TEXTS:
                raise RuleError(f"a {left_kind.value} is never equal to a {right_kind.value}")
            sign = _EQUALITY[kind]
        elif kind in _ORDER:
            if (left_kind, right_kind) != (Kind.NUMBER, Kind.NUMBER):
                raise RuleError("only numbers have an order")
            sign = _ORDER[kind]
        else:
            raise RuleError("`is` is not part of the language")
        (first, first_name), (second, second_name) = self.held(left), self.held(right)
        unknown = f"(({first} is None) | ({second} is None))"
        return Kind.FLAG, f"(None if {unknown} else {first_name} {sign} {second_name})"

    def arithmetic(self, node: ast.BinOp) -> tuple[Kind, str]:
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise RuleError(f"{_what(node.op)} is not part of the language")
        (first, first_name), (second, second_name) = (
            self.held(self.expect(node.left, Kind.NUMBER)),
            self.held(self.expect(node.right, Kind.NUMBER)),
        )
        unknown = f"(({first} is None) | ({second} is None))"
        if sign == "/":
            # Division by zero has no value, so it is unknown like any other missing value.
            unknown = f"({unknown} or {second_name} == 0)"
        return Kind.NUMBER, f"(None if {unknown} else {first_name} {sign} {second_name})"

    def name(self, name: str) -> tuple[Kind, str]:
        if name not in self.kinds:
            raise RuleError(f"nothing is named {name[:60]}")
        self.names.append(name)
        return self.kinds[name], f"v_{name}"

    def constant(self, value: object) -> tuple[Kind, str]:
        if isinstance(value, bool):
            return Kind.FLAG, str(value)
        if isinstance(value, int | float):
            if not math.isfinite(value) or abs(value) > MAX_NUMBER:
                raise RuleError(f"numbers go up to {MAX_NUMBER}")
            return Kind.NUMBER, self.kept(value)
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise RuleError(f"texts have up to {MAX_TEXT} characters")
            return Kind.TEXT, self.kept(value)
        raise RuleError("a value is a number, a text, True or False")

    def texts(self, node: ast.List) -> tuple[Kind, str]:
        if len(node.elts) > MAX_LIST:
            raise RuleError(f"lists have up to {MAX_LIST} texts")
        values = []
        for element in node.elts:
            if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
                raise RuleError("a list holds texts only")
            self.constant(element.value)
            values.append(element.value)
        return Kind.TEXTS, self.kept(frozenset(values))

    def expect(self, node: ast.expr, kind: Kind) -> str:
        found, source = self.visit(node)
        if found is not kind:
            raise RuleError(f"expected a {kind.value}, found a {found.value}")
        return source

    def kept(self, value: object) -> str:
        self.constants.append(value)
        return f"k[{self.first_constant + len(self.constants) - 1}]"

    def held(self, source: str) -> tuple[str, str]:
        """An operand, evaluated once: text that evaluates and keeps it, and text that reads what was kept."""
        if source.startswith(("v_", "k[")) or source in {"True", "False"}:
            return source, source
        self.temporaries += 1
        name = f"t{self.temporaries}"
        return f"({name} := {source})", name

    @staticmethod
    def unknown(name: str) -> str:
        return f"{name} is None"


def _depth(node: ast.AST) -> int:
    return 1 + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _what(node: ast.AST) -> str:
    return type(node).__name__.lower()
