"""By what a return or a notice is matched with the entry that we sent (A13)."""

from typing import NamedTuple

from ach.nacha import changes, reasons
from ach.nacha.events import EntryRead
from ach.nacha.reasons import Stage


class MatchKey(NamedTuple):
    """All four, within the dates of origination: a trace number alone repeats across batches, days and years.

    `company_id` without blanks, because banks shift it by a column. `rdfi` has eight digits. `amount` is in cents.
    """

    original_trace: str
    rdfi: str
    amount: int
    company_id: str


class Answer(NamedTuple):
    """`stage` is "return", "dishonored", "contested", "change" or "refused change"; `record` the addenda record."""

    line: int
    code: str
    stage: str
    key: MatchKey
    transaction_code: str
    record: bytes


def key_of_sent(*, trace: str, routing: str, amount: int, company_id: str) -> MatchKey:
    """The key of an entry of ours; a notice of change is matched with `amount` 0."""
    return MatchKey(trace, routing[:8], amount, company_id.strip())


def answer_of(read: EntryRead) -> Answer | None:
    """What an entry says about one that we sent; None for an entry that is none (no addenda 98 or 99)."""
    for offset, record in enumerate(read.addenda, start=1):
        if record[1:3] in (b"98", b"99"):
            code = record[3:6].decode("latin-1")
            amount = read.record[29:39]
            key = MatchKey(
                record[6:21].decode("latin-1"),
                record[27:35].decode("latin-1"),
                int(amount) if amount.isdigit() else 0,
                read.batch.record[40:50].decode("latin-1").strip(),
            )
            stage = stage_of(code, notice=record[1:3] == b"98")
            return Answer(read.line + offset, code, stage, key, read.record[1:3].decode("latin-1"), record)
    return None


def stage_of(code: str, *, notice: bool) -> str:
    """By the type of the record where the code is unknown, so that it can be parked for a person."""
    if notice:
        return "refused change" if code in changes.REFUSAL_CODES else "change"
    reason = reasons.REASONS.get(code)
    return (reason.stage if reason else Stage.RETURN).value
