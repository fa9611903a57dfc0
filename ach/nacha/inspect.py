"""A file judged: what it is, what it adds up to, what comes back in it, and what is wrong. Without account numbers.

`valid`: the strict rule accepts it. `lenient`: only a reader of what banks send does, with warnings. `invalid`: nobody
should act on it.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO

from ach.nacha import corrections
from ach.nacha.events import EntryRead
from ach.nacha.problems import Mode, Problem
from ach.nacha.read import Limits, Reader
from ach.nacha.returns import Answer, answer_of


class Verdict(StrEnum):
    VALID = "valid"
    LENIENT = "lenient"
    INVALID = "invalid"


@dataclass(slots=True)
class Report:
    """`left_out` counts, by list, what was not kept. `codes` counts every return and change code of the file."""

    verdict: Verdict
    errors: list[Problem]
    warnings: list[Problem]
    batches: int
    entries: int
    addenda: int
    debit: int
    credit: int
    entry_hash: int
    sec_codes: list[str]
    returns: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "errors": [_problem(each) for each in self.errors],
            "warnings": [_problem(each) for each in self.warnings],
            "batches": self.batches,
            "entries": self.entries,
            "addenda": self.addenda,
            "debitCents": self.debit,
            "creditCents": self.credit,
            "entryHash": f"{self.entry_hash:010d}",
            "secCodes": self.sec_codes,
            "returns": self.returns,
            "changes": self.changes,
            "codes": dict(sorted(self.codes.items())),
            "leftOut": self.left_out,
        }


def inspect(stream: BinaryIO, mode: Mode | None = None, limits: Limits | None = None) -> Report:
    """Judged by the strict rule first and then as an inbound file; by one of them alone where `mode` says so.

    One reading suffices: what strict refuses and inbound accepts are the same findings. Raises blocks.Unreadable.
    """
    reader = Reader(stream, mode or Mode.INBOUND, limits)
    kept = reader.limits.kept
    returns: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    codes: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for event in reader:
        if isinstance(event, EntryRead) and event.addenda and (answer := answer_of(event)):
            codes[_shown(answer.code)] += 1
            name, rows = ("changes", changes) if answer.stage.endswith("change") else ("returns", returns)
            found[name] += 1
            if len(rows) < kept:
                rows.append(_answer(answer, event))
    log, sums = reader.log, reader.sums
    problems = {"errors": (log.error_count, log.errors), "warnings": (log.warning_count, log.warnings)}
    left_out = {name: count - len(rows) for name, (count, rows) in problems.items()}
    left_out |= {name: found[name] - len(rows) for name, rows in (("returns", returns), ("changes", changes))}
    return Report(
        _verdict(reader), log.errors, log.warnings, reader.batches, sums.entries, sums.addenda, sums.debit,
        sums.credit, sums.written_hash, sorted(_shown(each) for each in reader.sec_codes), returns, changes, codes,
        {name: count for name, count in left_out.items() if count},
    )  # fmt: skip


def _verdict(reader: Reader) -> Verdict:
    if reader.log.error_count:
        return Verdict.INVALID
    if reader.log.warning_count:
        return Verdict.LENIENT
    return Verdict.VALID


def _answer(answer: Answer, read: EntryRead) -> dict[str, Any]:
    """No account number, no name: what is corrected is named, not shown.

    Of an unsound entry only the code is told, because its columns may hold anything.
    """
    row = {
        "line": answer.line,
        "code": _shown(answer.code),
        "kind": answer.stage,
        "originalTrace": answer.key.original_trace if read.sound else None,
        "rdfi": answer.key.rdfi if read.sound else None,
        "amountCents": answer.key.amount if read.sound else None,
        "sound": read.sound,
    }
    if answer.stage == "change":
        parsed = corrections.parse(answer.code, answer.record[35:64].decode("latin-1"))
        corrected = isinstance(parsed, corrections.Correction)
        names = ("routing", "account", "name", "transaction_code", "identification")
        row["corrects"] = [name for name in names if corrected and getattr(parsed, name) is not None]
    return row


def _shown(code: str) -> str:
    return code if code.isascii() and code.isalnum() else "?"


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "record": problem.record,
        "field": problem.field,
        "code": problem.code,
        "message": problem.message,
    }
