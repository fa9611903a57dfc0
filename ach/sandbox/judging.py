"""A delivered file as the sandbox bank reads it: by the strict rule, and only from a company that it knows. Pure."""

import io
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import date

from ach.nacha import text
from ach.nacha.addenda import Dishonored, form_of
from ach.nacha.codes import SEC_CODES, TRANSACTION_CODES
from ach.nacha.events import BatchHeaderRead, EntryRead, FileHeaderRead
from ach.nacha.problems import Mode, Problem
from ach.nacha.read import Reader
from ach.nacha.records import BatchHeader, Entry
from ach.nacha.sums import Sums
from ach.sandbox import behaviours

_HEADER_KEY = slice(3, 34)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the bank has agreed with the company: ten columns each but for `odfi`, which has eight."""

    destination: str
    origin: str
    company_id: str
    odfi: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One entry, without the number of its account: `account` is told to whoever keeps a key of it."""

    line: int
    batch_number: int
    trace: str
    routing: str
    sec: str
    transaction_code: str
    description: str
    effective: date | None
    is_debit: bool
    amount: int
    behaviour: str
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Undone:
    """A dishonored return in a file of ours: the return that it does not take, by both traces."""

    code: str
    original_trace: str
    return_trace: str
    trace: str


@dataclass(frozen=True, slots=True)
class Judged:
    """`problem` is the sentence of the rejection, empty for a file that is accepted; then nothing is taken from it."""

    problem: str
    header_key: str
    sums: Sums
    taken: tuple[Taken, ...] = ()
    undone: tuple[Undone, ...] = ()


def judge(content: bytes, agreed: Agreed) -> Judged:
    """Never raises: whatever the bytes are, it is accepted or rejected."""
    reader = Reader(io.BytesIO(content), Mode.STRICT)
    key, problem = "", ""
    taken: list[Taken] = []
    undone: list[Undone] = []
    try:
        for event in reader:
            if isinstance(event, Problem):
                problem = problem or _said(event)
            elif isinstance(event, FileHeaderRead):
                key = event.record[_HEADER_KEY].decode("latin-1")
                problem = problem or _foreign_file(event.record, agreed)
            elif isinstance(event, BatchHeaderRead):
                problem = problem or _foreign_batch(event, agreed)
            elif isinstance(event, EntryRead) and not problem:
                _take(event, taken, undone)
    except ValueError:
        problem = problem or "the file cannot be read"
    refused = next((each for each in taken if behaviours.of_digits(each.behaviour).refused), None)
    if refused is not None:
        problem = problem or f"line {refused.line}: the bank does not take this file"
    if problem:
        return Judged(problem, key, reader.sums)
    return Judged("", key, reader.sums, tuple(taken), tuple(undone))


def originals(content: bytes, lines: Container[int]) -> Iterator[tuple[int, BatchHeader, Entry]]:
    """The entries at those lines of an accepted file, with their batch headers."""
    for event in Reader(io.BytesIO(content), Mode.STRICT):
        if isinstance(event, EntryRead) and event.line in lines:
            yield event.line, event.batch.header, event.entry


def _take(read: EntryRead, taken: list[Taken], undone: list[Undone]) -> None:
    """A refused correction (98) asks for nothing: the receiver's bank hears of it."""
    if not read.addenda or read.addenda[0][1:3] == b"05":
        taken.append(_taken(read))
    elif form_of(read.addenda[0]) is Dishonored:
        said = Dishonored.decode(read.addenda[0])
        undone.append(Undone(said.code, said.original_trace, said.return_trace, said.trace))


def _taken(read: EntryRead) -> Taken:
    record, batch = read.record, read.batch.record
    account = record[12:29].decode("ascii").strip()
    amount, description = int(record[29:39]), batch[53:63].decode("ascii").strip()
    behaviour = behaviours.of_account(account)
    applies = behaviours.applies(behaviour, amount_minor=amount, description=description)
    return Taken(
        line=read.line,
        batch_number=int(batch[87:94]),
        trace=read.trace,
        routing=record[3:12].decode("ascii"),
        sec=read.batch.sec_code,
        transaction_code=record[1:3].decode("ascii"),
        description=description,
        effective=text.day_of(batch[69:75].decode("ascii")),
        is_debit=TRANSACTION_CODES[record[1:3].decode("ascii")].is_debit,
        amount=amount,
        behaviour=behaviour.digits if applies else "",
        account=account,
    )


def _foreign_file(record: bytes, agreed: Agreed) -> str:
    for name, columns, known in (
        ("immediate destination", slice(3, 13), agreed.destination),
        ("immediate origin", slice(13, 23), agreed.origin),
    ):
        if record[columns].decode("latin-1").strip() != known.strip():
            return f"line 1, file header: the {name} is not the one agreed"
    return ""


def _foreign_batch(read: BatchHeaderRead, agreed: Agreed) -> str:
    for name, columns, known in (
        ("company identification", slice(40, 50), agreed.company_id),
        ("originating bank", slice(79, 87), agreed.odfi),
    ):
        if read.record[columns].decode("latin-1").strip() != known.strip():
            return f"line {read.line}, batch header: the {name} is not the one agreed"
    # Others have columns of their own: taken by these they would be mis-added.
    known_class = SEC_CODES.get(read.sec_code)
    if known_class is not None and not known_class.in_scope:
        return f"line {read.line}, batch header: {read.sec_code} entries are not agreed"
    return ""


def _said(problem: Problem) -> str:
    return f"line {problem.line}, {problem.record}, {problem.field}: {problem.message} ({problem.code})"
