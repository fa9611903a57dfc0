"""A record as a table of fields: one description from which it is encoded, decoded, checked and diagnosed.

Columns in messages count from 1, as the rules do. Text is left-justified and filled with blanks, numbers are
right-justified and filled with zeros; a record has 94 columns of printable ASCII.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from ach.nacha.problems import NachaError

WIDTH = 94
PRINTABLE = bytes(range(0x20, 0x7F))


class Form(StrEnum):
    """`NUMBER` is a quantity (int). `DIGITS` are digits that name something (str). `STAMP` is digits or blank (str)."""

    NUMBER = "number"
    DIGITS = "digits"
    STAMP = "stamp"
    TEXT = "text"
    BLANK = "blank"
    LITERAL = "literal"


class Field(NamedTuple):
    """`code` is what a value that does not fit is called; `literal` is what a LITERAL field must be.

    `mild`: a misfit is recoverable, because neither money nor the way back to an entry depends on the field.
    """

    name: str
    width: int
    form: Form = Form.TEXT
    literal: str = ""
    code: str = ""
    mild: bool = False

    @property
    def pattern(self) -> str:
        match self.form:
            case Form.NUMBER | Form.DIGITS:
                return f"[0-9]{{{self.width}}}"
            case Form.STAMP:
                return f"(?:[0-9]{{{self.width}}}| {{{self.width}}})"
            case Form.BLANK:
                return f" {{{self.width}}}"
            case Form.LITERAL:
                return re.escape(self.literal)
            case Form.TEXT:
                return f"[ -~]{{{self.width}}}"

    @property
    def template(self) -> str:
        match self.form:
            case Form.NUMBER:
                return f"%0{self.width}d"
            case Form.BLANK:
                return " " * self.width
            case Form.LITERAL:
                return self.literal
            case _:
                return f"%-{self.width}s"


class Finding(NamedTuple):
    """One field of one record that does not fit its form."""

    field: str
    code: str
    message: str
    recoverable: bool


class Layout:
    """Fields of one record, 94 columns together. `name` is what messages call the record."""

    def __init__(self, name: str, *fields: Field) -> None:
        if sum(field.width for field in fields) != WIDTH:
            raise ValueError(f"{name} does not have {WIDTH} columns")
        self.name = name
        self.fields = fields
        self.columns: dict[str, slice] = {}
        start = 0
        for field in fields:
            self.columns[field.name] = slice(start, start + field.width)
            start += field.width
        self.carried = tuple(field for field in fields if field.form not in (Form.BLANK, Form.LITERAL))
        self._template = "".join(field.template for field in fields)
        self._pattern = re.compile("".join(field.pattern for field in fields).encode())
        self._patterns = {field.name: re.compile(field.pattern.encode()) for field in fields}

    def encode(self, values: Sequence[str | int]) -> bytes:
        """The 94 columns of `values`, in the order of `carried`. Raises NachaError naming the field."""
        try:
            record = (self._template % tuple(values)).encode("ascii")
        except (TypeError, UnicodeEncodeError):
            raise self._unwritable(values) from None
        # Text is never cut and numbers never shortened, so a value that is too long shows in the length.
        if len(record) != WIDTH or self._pattern.fullmatch(record) is None:
            raise self._unwritable(values)
        return record

    def decode(self, record: bytes) -> list[str | int]:
        """Values in the order of `carried`; text without its trailing blanks, foreign letters as Latin-1.

        Raises NachaError at the first misfit that is not recoverable.
        """
        if len(record) != WIDTH:
            raise NachaError("BAD_RECORD_LENGTH", "record", f"{len(record)} columns, not {WIDTH}", record=self.name)
        for found in self.findings(record):
            if not found.recoverable:
                raise NachaError(found.code, found.field, found.message, record=self.name)
        return [self._value(field, record[self.columns[field.name]]) for field in self.carried]

    def fits(self, record: bytes) -> bool:
        return self._pattern.fullmatch(record) is not None

    def findings(self, record: bytes) -> Iterator[Finding]:
        """Every field that does not fit, without its content."""
        if self.fits(record):
            return
        for field in self.fields:
            columns = self.columns[field.name]
            value = record[columns]
            if not self._patterns[field.name].fullmatch(value):
                yield self._finding(field, columns, value)

    def _finding(self, field: Field, columns: slice, value: bytes) -> Finding:
        where = f"columns {columns.start + 1}-{columns.stop}"
        if any(byte < 0x20 or byte == 0x7F for byte in value):
            return Finding(field.name, "CONTROL_CHARACTER", f"{where} hold a control character", False)
        if field.form is Form.TEXT:
            return Finding(field.name, "NON_ASCII", f"{where} hold signs that are not ASCII", True)
        if field.form is Form.BLANK:
            return Finding(field.name, "RESERVED_NOT_BLANK", f"{where} are reserved and must be blank", True)
        if field.form is Form.LITERAL:
            return Finding(field.name, field.code, f"{where} must be '{field.literal}'", False)
        wanted = "digits or blank" if field.form is Form.STAMP else "digits"
        return Finding(field.name, field.code or "NON_NUMERIC_FIELD", f"{where} must be {wanted}", field.mild)

    @staticmethod
    def _value(field: Field, value: bytes) -> str | int:
        if field.form is Form.NUMBER:
            return int(value) if value.isdigit() else 0
        return value.decode("latin-1").rstrip(" ")

    def _unwritable(self, values: Sequence[str | int]) -> NachaError:
        for field, value in zip(self.carried, values, strict=True):
            if found := _misfit(field, value):
                return NachaError(*found, record=self.name)
        return NachaError("BAD_RECORD_LENGTH", "record", "does not fit its columns", record=self.name)


def _misfit(field: Field, value: str | int) -> tuple[str, str, str] | None:
    """Code, field and message of a value that a record cannot carry."""
    if field.form is Form.NUMBER:
        if not isinstance(value, int) or value < 0:
            return "NON_NUMERIC_FIELD", field.name, "must be a whole number, zero or more"
        if len(str(value)) > field.width:
            return "TOO_LARGE", field.name, f"has more than {field.width} digits"
        return None
    if not isinstance(value, str):
        return "NON_NUMERIC_FIELD", field.name, "must be text"
    if len(value) > field.width:
        return "FIELD_TOO_LONG", field.name, f"has {len(value)} characters, the field {field.width}"
    if not value.isascii():
        return "NON_ASCII", field.name, "holds signs that are not ASCII"
    if not value.isprintable():
        return "CONTROL_CHARACTER", field.name, "holds a control character"
    if not re.fullmatch(field.pattern, value.ljust(field.width)):
        return field.code or "NON_NUMERIC_FIELD", field.name, f"must be {field.width} digits"
    return None


def number(name: str, width: int, *, mild: bool = False) -> Field:
    return Field(name, width, Form.NUMBER, mild=mild)


def digits(name: str, width: int, code: str = "") -> Field:
    return Field(name, width, Form.DIGITS, code=code)


def stamp(name: str, width: int, code: str = "BAD_DATE") -> Field:
    return Field(name, width, Form.STAMP, code=code)


def text(name: str, width: int) -> Field:
    return Field(name, width)


def blank(name: str, width: int) -> Field:
    return Field(name, width, Form.BLANK)


def literal(name: str, value: str, code: str) -> Field:
    return Field(name, len(value), Form.LITERAL, value, code)


def kind(value: str) -> Field:
    return literal("record_type", value, "UNKNOWN_RECORD_TYPE")
