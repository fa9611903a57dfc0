"""Returns, corrections, dishonored and contested returns as files: what is said of an entry becomes records. Pure."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from ach.calendar.eastern import eastern
from ach.nacha import routing, text
from ach.nacha.addenda import Addendum, Contested, Dishonored, NoticeOfChange, Return
from ach.nacha.codes import TRANSACTION_CODES
from ach.nacha.file import BLOCKING_FACTOR, PADDING
from ach.nacha.records import BatchHeader, Entry, FileControl, FileHeader
from ach.nacha.write import OutgoingBatch, OutgoingFile, write
from ach.sandbox import corrected, shapes
from ach.sandbox.behaviours import Manner, Say, Step
from ach.sandbox.shapes import Shape

OPERATOR = "091000080"
_OPERATOR_NAME, _BANK_NAME = "SANDBOX OPERATOR", "SANDBOX BANK"
_DIES_BEFORE_DAYS = 30
_WITH_DEATH = frozenset(("R14", "R15"))
_NOBODYS_SEQUENCE = "9999999"


class Told(NamedTuple):
    """What was said earlier: the code, the trace number of the answer and its banking day."""

    say: Say
    code: str
    trace: str
    day: date


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry as we sent it, and what is said of it. `sequence` is the end of the answer's trace number."""

    header: BatchHeader
    entry: Entry
    step: Step
    sequence: int
    settled_on: date
    told: tuple[Told, ...] = ()

    @property
    def is_debit(self) -> bool:
        return TRANSACTION_CODES[self.entry.transaction_code].is_debit

    @property
    def amount(self) -> int:
        return 0 if self.step.say is Say.CHANGE else self.entry.amount + self.step.cents_off

    @property
    def sender(self) -> str:
        """Who says it, as eight digits: our bank where it dishonors, else the receiver's."""
        return self.header.odfi if self.step.say is Say.DISHONOR else self.entry.routing[:8]

    @property
    def trace(self) -> str:
        return f"{self.sender}{self.sequence:07d}"


def file_of(
    answers: Sequence[Answer], *, shape: Shape, manner: Manner, destination: str, modifier: str, at: datetime
) -> bytes:
    """All of one say and one manner. `destination` is our bank as nine digits, `at` the moment of the file."""
    say = answers[0].step.say
    if say is Say.NO_BYTES:
        return b""
    header = _file_header(destination, modifier, at)
    if say is Say.EMPTY_FILE:
        return _without_entries(header)
    sink = io.BytesIO()
    day = eastern(at).date()
    write(OutgoingFile(header, _batches(answers, shape, day)), sink)
    return shapes.formed(shape, manner, sink.getvalue(), sec=answers[0].header.sec_code)


def _file_header(destination: str, modifier: str, at: datetime) -> FileHeader:
    local = eastern(at)
    return FileHeader(
        f" {destination}", f" {OPERATOR}", text.yymmdd(local.date()), text.hhmm(local), modifier, _BANK_NAME,
        _OPERATOR_NAME,
    )  # fmt: skip


def _without_entries(header: FileHeader) -> bytes:
    records = [header.encode(), FileControl(0, 1, 0, 0, 0, 0).encode()]
    records += [PADDING] * (BLOCKING_FACTOR - len(records))
    return b"".join(each + b"\n" for each in records)


def _batches(answers: Sequence[Answer], shape: Shape, day: date) -> Iterator[OutgoingBatch]:
    """One for each bank, company, class, description and direction; trace numbers go up in each."""
    ordered = sorted(answers, key=lambda each: (_batch_key(each), each.sequence))
    for _, group in groupby(ordered, key=_batch_key):
        of_batch = list(group)
        first = of_batch[0]
        header = replace(
            first.header,
            company_id=shapes.company_id(shape, first.header.company_id),
            sec_code="COR" if first.step.say is Say.CHANGE else first.header.sec_code,
            settled_on=julian(day),
            odfi=first.sender,
            batch_number=0,
        )
        yield OutgoingBatch(header, [_entry(each, day) for each in of_batch])


def _batch_key(answer: Answer) -> tuple[str, ...]:
    header = answer.header
    # What files of one say share with each other: the class of a CTX entry has columns of its own.
    return (
        answer.sender, header.company_id, header.company_name, header.sec_code, header.description,
        header.effective_on, str(answer.is_debit),
    )  # fmt: skip


def _entry(answer: Answer, day: date) -> Entry:
    entry = answer.entry
    bank = answer.header.odfi
    to = entry.routing if answer.step.say is Say.DISHONOR else bank + str(routing.check_digit(bank))
    return replace(
        entry,
        transaction_code=f"{entry.transaction_code[0]}{6 if answer.is_debit else 1}",
        routing=to,
        amount=answer.amount,
        trace=answer.trace,
        addenda=(_addendum(answer, day),),
    )


def _addendum(answer: Answer, day: date) -> Addendum:
    step, original, rdfi = answer.step, answer.entry.trace, answer.entry.routing[:8]
    match step.say:
        case Say.CHANGE:
            return NoticeOfChange(step.code, original, rdfi, corrected.data(step.code, answer.entry))
        case Say.DISHONOR:
            back = _last(answer, Say.RETURN)
            return Dishonored(step.code, original, rdfi, back.trace, julian(back.day), back.code[1:], step.information)
        case Say.CONTEST:
            back, dishonor = _last(answer, Say.RETURN), _last(answer, Say.DISHONOR)
            return Contested(
                step.code, original, text.yymmdd(back.day), rdfi, julian(answer.settled_on), back.trace,
                julian(back.day), back.code[1:], dishonor.trace, julian(dishonor.day), dishonor.code[1:],
            )  # fmt: skip
    died = text.yymmdd(date.fromordinal(day.toordinal() - _DIES_BEFORE_DAYS)) if step.code in _WITH_DEATH else ""
    named = original[:8] + _NOBODYS_SEQUENCE if step.stranger else original
    return Return(step.code, named, died, rdfi, step.information)


def _last(answer: Answer, say: Say) -> Told:
    return next(each for each in reversed(answer.told) if each.say is say)


def julian(day: date) -> str:
    """The day of the year, three digits."""
    return f"{day.timetuple().tm_yday:03d}"
