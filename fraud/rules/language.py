"""The rule language: a typed subset of Python expressions.

`amount_minor >= high_value_minor and not night`: comparisons, `and or not`, `in` a list, `+ - * /` on numbers,
names of the catalogue, of thresholds and of lists, numbers, strings, True and False. Nothing else parses: no call,
attribute, subscript, power, conditional or comprehension, and arithmetic on text is a type error. Only ASCII is read:
Python takes a letter of another alphabet for the one it resembles (NFKC), and a reader would not see the difference.

A missing value makes what needs it unknown (neither true nor false, by the three-valued logic of SQL), so
`unknown or True` is true, `not unknown` is unknown, and a rule whose whole value is unknown is not evaluated.
"""

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from string import printable

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


_READABLE = frozenset(printable) - {"\x0b", "\x0c"}
_NAMES_OF_PARTS = {
    ast.Call: "a call",
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.Pow: "a power",
    ast.FloorDiv: "whole division",
    ast.Mod: "a remainder",
    ast.MatMult: "a matrix product",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a function",
    ast.IfExp: "a conditional",
    ast.Starred: "an unpacking",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Dict: "a dictionary",
    ast.Tuple: "a tuple",
    ast.Set: "a set",
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the author's text, counted from 1; `end_column` is the first column behind it."""

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class RuleError(ValueError):
    """The expression is not a rule; the message says why in words for the author, `position` where."""

    def __init__(self, reason: str, position: Position) -> None:
        self.reason = reason
        self.position = position
        super().__init__(reason)


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
    _require_readable(expression)
    checker = _Checker(kinds, first_constant, _Text(expression))
    root = _parse(expression, checker.text)
    checker.measure(root)
    kind, source = checker.visit(root)
    if kind is not Kind.FLAG:
        raise checker.error(f"a rule is true or false, this is a {kind.value}", root)
    return Checked(source, tuple(dict.fromkeys(checker.names)), tuple(checker.constants))


class _Text:
    """The author's text and the blank before it, which Python does not read: its positions are moved back by that."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        blank = expression[: len(expression) - len(expression.lstrip())]
        self.lines = blank.count("\n")
        self.columns = len(blank) - (blank.rfind("\n") + 1)

    def position(self, line: int, column: int, end_line: int, end_column: int) -> Position:
        """From lines counted from 1 and columns counted from 0, as `ast` counts them in ASCII."""
        return Position(*self._moved(line, column), *self._moved(end_line, end_column))

    def of_syntax(self, error: SyntaxError) -> Position:
        """Python names no column where it is the end that surprises it."""
        if not error.offset:
            lines = self.expression.rstrip().split("\n")
            return Position(len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)
        line, column = error.lineno or 1, error.offset - 1
        end_column = (error.end_offset or 0) - 1 if error.end_lineno == line else 0
        return self.position(line, column, line, max(end_column, column + 1))

    def whole(self) -> Position:
        return Position(1, 1, 1, len(self.expression) + 1)

    def _moved(self, line: int, column: int) -> tuple[int, int]:
        return line + self.lines, column + 1 + (self.columns if line == 1 else 0)


def _require_readable(expression: str) -> None:
    text = _Text(expression)
    if len(expression) > MAX_LENGTH:
        raise RuleError(f"longer than {MAX_LENGTH} characters", text.whole())
    for index, character in enumerate(expression):
        if character not in _READABLE:
            line = expression.count("\n", 0, index) + 1
            column = index - (expression.rfind("\n", 0, index) + 1) + 1
            raise RuleError("only ASCII characters are read", Position(line, column, line, column + 1))


def _parse(expression: str, text: _Text) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # Python warns its own authors about spellings like `1or x`; they parse or they do not.
            warnings.simplefilter("ignore")
            return ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise RuleError("not an expression", text.of_syntax(error)) from None
    except (ValueError, MemoryError, RecursionError):
        raise RuleError("not an expression", text.whole()) from None


class _Checker:
    def __init__(self, kinds: Mapping[str, Kind], first_constant: int, text: _Text) -> None:
        self.text = text
        self.kinds = kinds
        self.first_constant = first_constant
        self.names: list[str] = []
        self.constants: list[object] = []
        self.temporaries = 0

    def error(self, reason: str, node: ast.expr) -> RuleError:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1
        return RuleError(reason, self.text.position(node.lineno, node.col_offset, end_line, end_column))

    def measure(self, root: ast.expr) -> None:
        nodes = list(ast.walk(root))
        if len(nodes) > MAX_NODES:
            raise self.error(f"more than {MAX_NODES} parts", root)
        if sum(isinstance(node, ast.BinOp) for node in nodes) > MAX_ARITHMETIC:
            raise self.error(f"more than {MAX_ARITHMETIC} arithmetic operations", root)
        if _depth(root) > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}", root)

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
                return self.name(node)
            case ast.Constant():
                return self.constant(node)
            case ast.List():
                return self.texts(node)
        raise self.error(f"{_what(node)} is not part of the language", node)

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
            raise self.error("write a chain of comparisons with `and`", node)
        operator, right_node = node.ops[0], node.comparators[0]
        left_kind, left = self.visit(node.left)
        right_kind, right = self.visit(right_node)
        kind = type(operator)
        if kind in _MEMBERSHIP:
            if (left_kind, right_kind) != (Kind.TEXT, Kind.TEXTS):
                raise self.error("`in` takes a text and a list of texts", node)
            sign = _MEMBERSHIP[kind]
        elif kind in _EQUALITY:
            if left_kind is not right_kind or left_kind is Kind.TEXTS:
                raise self.error(f"a {left_kind.value} is never equal to a {right_kind.value}", node)
            sign = _EQUALITY[kind]
        elif kind in _ORDER:
            if (left_kind, right_kind) != (Kind.NUMBER, Kind.NUMBER):
                raise self.error("only numbers have an order", node)
            sign = _ORDER[kind]
        else:
            raise self.error("`is` is not part of the language", node)
        (first, first_name), (second, second_name) = self.held(left), self.held(right)
        unknown = f"(({first} is None) | ({second} is None))"
        return Kind.FLAG, f"(None if {unknown} else {first_name} {sign} {second_name})"

    def arithmetic(self, node: ast.BinOp) -> tuple[Kind, str]:
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise self.error(f"{_what(node.op)} is not part of the language", node)
        (first, first_name), (second, second_name) = (
            self.held(self.expect(node.left, Kind.NUMBER)),
            self.held(self.expect(node.right, Kind.NUMBER)),
        )
        unknown = f"(({first} is None) | ({second} is None))"
        if sign == "/":
            # Division by zero has no value, so it is unknown like any other missing value.
            unknown = f"({unknown} or {second_name} == 0)"
        return Kind.NUMBER, f"(None if {unknown} else {first_name} {sign} {second_name})"

    def name(self, node: ast.Name) -> tuple[Kind, str]:
        name = node.id
        if name not in self.kinds:
            raise self.error(f"nothing is named {name[:60]}", node)
        self.names.append(name)
        return self.kinds[name], f"v_{name}"

    def constant(self, node: ast.Constant) -> tuple[Kind, str]:
        value = node.value
        if isinstance(value, bool):
            return Kind.FLAG, str(value)
        if isinstance(value, int | float):
            if not math.isfinite(value) or abs(value) > MAX_NUMBER:
                raise self.error(f"numbers go up to {MAX_NUMBER}", node)
            return Kind.NUMBER, self.kept(value)
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise self.error(f"texts have up to {MAX_TEXT} characters", node)
            return Kind.TEXT, self.kept(value)
        raise self.error("a value is a number, a text, True or False", node)

    def texts(self, node: ast.List) -> tuple[Kind, str]:
        if len(node.elts) > MAX_LIST:
            raise self.error(f"lists have up to {MAX_LIST} texts", node)
        values = []
        for element in node.elts:
            if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
                raise self.error("a list holds texts only", element)
            self.constant(element)
            values.append(element.value)
        return Kind.TEXTS, self.kept(frozenset(values))

    def expect(self, node: ast.expr, kind: Kind) -> str:
        found, source = self.visit(node)
        if found is not kind:
            raise self.error(f"expected a {kind.value}, found a {found.value}", node)
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
    return _NAMES_OF_PARTS.get(type(node), type(node).__name__.lower())
