"""How banks acknowledge files. Each bank has its own way: `Originator.settings["acknowledgement"]` names the parser.

`lines`, which the sandbox bank writes, has one line a file, fields divided by `|`:

    ACK|<file name>|<SHA-256 of its bytes>|ACCEPTED|<moment, ISO 8601>
    ACK|<file name>|<SHA-256 of its bytes>|REJECTED|<moment, ISO 8601>|<reason>

The name of such a file begins with `ack_`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

PREFIX = "ack_"
_LINES = "lines"
_SHA256 = re.compile(r"^[0-9a-f]{64}\Z", re.ASCII)
_MOST_LINES = 1_000


class NotAnAcknowledgement(ValueError):
    """Names the line and the field that is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the bank about one file of ours."""

    file_name: str
    sha256: str
    accepted: bool
    at: datetime
    why: str


Parser = Callable[[bytes], list[Answer]]


def is_one(name: str, content: bytes) -> bool:
    """By its name, or by how it begins where a person uploads it under another."""
    return name.lower().startswith(PREFIX) or content[:4] == b"ACK|"


def named(format_name: object) -> Parser:
    """The parser that an originator's settings name; the sandbox's where they name none. Raises ValueError."""
    try:
        return _PARSERS[str(format_name or _LINES)]
    except KeyError:
        raise NotAnAcknowledgement(f"acknowledgement: no format is named {str(format_name)[:40]}") from None


def _parse_lines(content: bytes) -> list[Answer]:
    try:
        lines = content.decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise NotAnAcknowledgement("holds signs that are not ASCII") from None
    if len(lines) > _MOST_LINES:
        raise NotAnAcknowledgement(f"has more than {_MOST_LINES} lines")
    found = [_answer(place, line) for place, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise NotAnAcknowledgement("has no line")
    return found


def _answer(place: int, line: str) -> Answer:
    kind, *fields = line.strip().split("|", maxsplit=5)
    if kind != "ACK" or len(fields) not in (4, 5):
        raise NotAnAcknowledgement(f"line {place}: has not the fields ACK, name, SHA-256, verdict, moment, reason")
    name, sha256, verdict, moment, *reason = fields
    if not _SHA256.match(sha256):
        raise NotAnAcknowledgement(f"line {place}: sha256 is not 64 hexadecimal digits")
    if verdict not in ("ACCEPTED", "REJECTED"):
        raise NotAnAcknowledgement(f"line {place}: verdict is neither ACCEPTED nor REJECTED")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise NotAnAcknowledgement(f"line {place}: moment is not ISO 8601") from None
    if at.tzinfo is None:
        raise NotAnAcknowledgement(f"line {place}: moment has no time zone")
    return Answer(name, sha256, verdict == "ACCEPTED", at, (reason[0] if reason else "").strip()[:300])


_PARSERS: MappingProxyType[str, Parser] = MappingProxyType({_LINES: _parse_lines})
