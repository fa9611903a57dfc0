"""What every format is read into, and the one error for what cannot be read."""

from dataclasses import dataclass
from datetime import date

MOST_BYTES = 8 * 1024 * 1024
MOST_LINES = 200_000
LONGEST_REFERENCE = 100
LONGEST_DESCRIPTION = 500


class UnreadableStatement(Exception):
    """The file breaks its own format or does not add up. The message says where and what, never what stood there."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}" if line else reason)


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on the account. `number` counts the lines of the file from 1; `amount_minor` is above zero for
    money that came in and below for money that left; `code` is the bank's own word for it, or empty.
    """

    number: int
    day: date
    amount_minor: int
    reference: str
    description: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One account from one day to another: opening balance and lines make the closing balance, always.

    `account` is as the bank writes it, empty where the format names none. Both days are included.
    """

    account: str
    currency: str
    first_day: date
    last_day: date
    opening_minor: int
    closing_minor: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file: `format` is CSV or BAI2."""

    format: str
    statements: tuple[Statement, ...]


def text_of(content: bytes) -> str:
    """The file as text, lines ending in LF. Raises UnreadableStatement for what is no text, is empty or too long."""
    if len(content) > MOST_BYTES:
        raise UnreadableStatement(f"the file is longer than {MOST_BYTES // 1024 // 1024} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableStatement("is not UTF-8", line=content.count(b"\n", 0, error.start) + 1) from None
    text = text.replace("\r\n", "\n")
    for number, row in enumerate(text.split("\n"), start=1):
        if number > MOST_LINES:
            raise UnreadableStatement(f"the file has more than {MOST_LINES:,} lines")
        if not row.isprintable():
            raise UnreadableStatement("holds a character that cannot be printed", line=number)
    if not text.strip():
        raise UnreadableStatement("the file is empty")
    return text


def require_short(value: str, longest: int, what: str, number: int) -> str:
    """Raises UnreadableStatement."""
    if len(value) > longest:
        raise UnreadableStatement(f"the {what} is longer than {longest} characters", line=number)
    return value
