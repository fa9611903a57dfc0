"""What is wrong with a file, said once and in one form: at which line, in which record and field, and by what name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

FILE = "file"


class Mode(StrEnum):
    """`STRICT` is the rule for what we send. `INBOUND` takes what banks really send, a warning for each difference."""

    STRICT = "strict"
    INBOUND = "inbound"


class NachaError(ValueError):
    """Something that must not be written, or a single record that cannot be decoded.

    `code` is one of the names in `docs/nacha.md`. The message never has the content of an account or name field.
    """

    def __init__(self, code: str, field: str, message: str, *, record: str = FILE) -> None:
        super().__init__(f"{record}, {field}: {message}")
        self.code = code
        self.field = field
        self.record = record
        self.message = message


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1 (records, where a file has no line breaks). `recoverable` problems are warnings inbound."""

    line: int
    record: str
    field: str
    code: str
    message: str
    recoverable: bool = False

    def as_error(self) -> NachaError:
        return NachaError(self.code, self.field, self.message, record=self.record)


@dataclass(slots=True)
class Log:
    """Problems of one file, at most `most` errors and `most` warnings kept; the rest are counted."""

    mode: Mode
    most: int
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    error_count: int = 0
    warning_count: int = 0
    # Not recoverable in any mode.
    fatal_count: int = 0
    fresh: list[Problem] = field(default_factory=list)

    def add(self, line: int, record: str, field: str, code: str, message: str, *, recoverable: bool = False) -> None:
        self.keep(Problem(line, record, field, code, message, recoverable))

    def end(self, line: int, code: str, message: str) -> None:
        """Why reading stopped: told however many errors there are."""
        self.most += 1
        self.add(line, FILE, "records", code, message)

    def keep(self, problem: Problem) -> None:
        self.fatal_count += not problem.recoverable
        if self.is_error(problem):
            self.error_count += 1
            kept = self.errors
        else:
            self.warning_count += 1
            kept = self.warnings
        if len(kept) < self.most:
            kept.append(problem)
            self.fresh.append(problem)

    def is_error(self, problem: Problem) -> bool:
        return not problem.recoverable or self.mode is Mode.STRICT

    def drain(self) -> Iterator[Problem]:
        """What was kept since the last call."""
        found, self.fresh = self.fresh, []
        return iter(found)
