"""A second opinion on a file: its sums from the bare columns, by none of the code that wrote it. Pure.

Columns count from 0 here: record 6 has its code in 1-2, the bank in 3-10, the amount in 29-38; record 8 has count,
hash, debits and credits in 4-9, 10-19, 20-31 and 32-43; record 9 has batches, blocks, count, hash, debits and credits
in 1-6, 7-12, 13-20, 21-30, 31-42 and 43-54.
"""

from dataclasses import dataclass, field

WIDTH, PER_BLOCK, HASH_DIGITS = 94, 10, 10**10
PADDING = b"9" * WIDTH
_FIRST_DEBIT_DIGIT = b"5"


@dataclass(slots=True)
class Sums:
    """Cents; `hash` without the digits that do not fit."""

    entries: int = 0
    addenda: int = 0
    debit: int = 0
    credit: int = 0
    hash: int = 0


@dataclass(slots=True)
class RawTotals:
    """`problems` are sentences; a sound file has none. `batches` by their number."""

    lines: int = 0
    whole: Sums = field(default_factory=Sums)
    batches: dict[int, Sums] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(content: bytes) -> RawTotals:
    """Never raises: whatever does not add up is a problem."""
    found = RawTotals()
    records = content.split(b"\n")
    if records.pop() != b"":
        found.problems.append("the last line has no end")
    found.lines = len(records)
    if found.lines % PER_BLOCK:
        found.problems.append(f"{found.lines} lines are no multiple of {PER_BLOCK}")
    if any(len(record) != WIDTH for record in records):
        found.problems.append(f"a line has not {WIDTH} columns")
        return found
    try:
        _add_up(found, records)
    except (ValueError, IndexError):
        found.problems.append("a number is none")
    return found


def _add_up(found: RawTotals, records: list[bytes]) -> None:
    current, seen_nine = Sums(), False
    for record in records:
        kind = record[:1]
        if kind == b"6":
            amount = int(record[29:39])
            current.entries += 1
            current.hash += int(record[3:11])
            if record[2:3] >= _FIRST_DEBIT_DIGIT:
                current.debit += amount
            else:
                current.credit += amount
        elif kind == b"7":
            current.addenda += 1
        elif kind == b"8":
            _close_batch(found, current, record)
            current = Sums()
        elif kind == b"9" and record != PADDING:
            _close_file(found, record, again=seen_nine)
            seen_nine = True
    if not seen_nine:
        found.problems.append("there is no file control")


def _close_batch(found: RawTotals, sums: Sums, record: bytes) -> None:
    sums.hash %= HASH_DIGITS
    number = int(record[87:94])
    said = (int(record[4:10]), int(record[10:20]), int(record[20:32]), int(record[32:44]))
    if said != (sums.entries + sums.addenda, sums.hash, sums.debit, sums.credit):
        found.problems.append(f"the control of batch {number} does not say what its records add up to")
    if number in found.batches or sums.entries == 0:
        found.problems.append(f"batch {number} is there twice or empty")
    found.batches[number] = sums
    for name in ("entries", "addenda", "debit", "credit"):
        setattr(found.whole, name, getattr(found.whole, name) + getattr(sums, name))
    found.whole.hash = (found.whole.hash + sums.hash) % HASH_DIGITS


def _close_file(found: RawTotals, record: bytes, *, again: bool) -> None:
    whole = found.whole
    said = (
        int(record[1:7]), int(record[7:13]), int(record[13:21]), int(record[21:31]), int(record[31:43]),
        int(record[43:55]),
    )  # fmt: skip
    adds_up = (
        len(found.batches), -(-found.lines // PER_BLOCK), whole.entries + whole.addenda, whole.hash, whole.debit,
        whole.credit,
    )  # fmt: skip
    if again or said != adds_up:
        found.problems.append("the file control does not say what the batches add up to")
