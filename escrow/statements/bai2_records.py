"""The records of a BAI2 file: continuations joined, fields taken one by one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from escrow.statements.documents import UnreadableStatement

CODES = frozenset({"01", "02", "03", "16", "49", "98", "99"})
CONTINUATION = "88"
_CODE = re.compile(r"([0-9]{2}),(.*)", re.ASCII)
_TYPE = re.compile(r"[0-9]{3}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,17}", re.ASCII)
_SIGNED = re.compile(r"[+-]?[0-9]{1,17}", re.ASCII)


@dataclass(slots=True)
class Record:
    """A record with its continuations: `line` is where it begins, `physical` how many lines it takes."""

    code: str
    line: int
    content: str
    physical: int = 1
    place: int = field(default=0, compare=False)

    def is_over(self) -> bool:
        return self.place > len(self.content)

    def take(self, what: str = "field") -> str:
        """The next field. Raises UnreadableStatement where there is none."""
        if self.is_over():
            raise self.fault(f"has no {what}")
        end = self.content.find(",", self.place)
        end = len(self.content) if end < 0 else end
        taken, self.place = self.content[self.place : end], end + 1
        return taken

    def rest(self) -> str:
        """Everything that is left: the text of a detail, commas and all."""
        taken, self.place = self.content[self.place :], len(self.content) + 1
        return taken

    def type_code(self) -> str:
        return self._shaped(self.take("type code"), _TYPE, "type code is not three digits")

    def count(self, what: str) -> int:
        return int(self._shaped(self.take(what), _COUNT, f"{what} is no number"))

    def signed(self, what: str) -> int:
        return int(self._shaped(self.take(what), _SIGNED, f"{what} is no amount"))

    def unsigned(self, what: str) -> int:
        return int(self._shaped(self.take(what), _MONEY, f"{what} is no amount without a sign"))

    def require_over(self) -> None:
        if not self.is_over() and self.rest() != "":
            raise self.fault("has fields too many")

    def fault(self, reason: str) -> UnreadableStatement:
        return UnreadableStatement(f"record {self.code} {reason}", line=self.line)

    def _shaped(self, value: str, shape: re.Pattern[str], reason: str) -> str:
        if not shape.fullmatch(value):
            raise self.fault(f"{reason}")
        return value


def split(text: str) -> Iterator[Record]:
    """Raises UnreadableStatement for a line that is no record, or a continuation of nothing."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    record: Record | None = None
    ended = True
    for number, line in enumerate(lines, start=1):
        match = _CODE.fullmatch(line.rstrip(" "))
        if match is None or (match[1] not in CODES and match[1] != CONTINUATION):
            raise UnreadableStatement("is no record of BAI2", line=number)
        content, closes = match[2].removesuffix("/"), match[2].endswith("/")
        if match[1] != CONTINUATION:
            if record is not None:
                yield record
            record = Record(match[1], number, content)
        elif record is None or record.code not in ("03", "16"):
            raise UnreadableStatement("continues nothing that goes on", line=number)
        else:
            # A field that was ended is followed by the next one; a text that was not goes on after a space.
            record.content += ("," if ended else " ") + content
            record.physical += 1
        ended = closes
        if match[1] not in ("16", CONTINUATION) and not closes:
            raise UnreadableStatement(f"record {match[1]} does not end in /", line=number)
    if record is not None:
        yield record


def skip_funds(record: Record) -> None:
    """The funds type and what hangs on it: amounts by availability, a value date, or a distribution by days."""
    kind = record.take("funds type")
    if kind in ("", "Z", "0", "1", "2"):
        return
    if kind == "S":
        for when in ("immediate", "one-day", "two-day"):
            if value := record.take(f"{when} amount"):
                _require(_SIGNED.fullmatch(value), record, f"{when} amount is no amount")
    elif kind == "V":
        _require(re.fullmatch(r"[0-9]{6}", record.take("value date"), re.ASCII), record, "value date is no date")
        _require(re.fullmatch(r"([0-9]{4})?", record.take("value time"), re.ASCII), record, "value time is no time")
    elif kind == "D":
        for _ in range(record.count("number of distributions")):
            record.count("days of a distribution")
            record.signed("amount of a distribution")
    else:
        raise record.fault("has an unknown funds type")


def _require(holds: object, record: Record, reason: str) -> None:
    if not holds:
        raise record.fault(reason)
