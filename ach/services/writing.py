"""The bytes of a file from its rows: the only place where account numbers are in clear, and only in memory.

What cannot be written is left out and named; the others go.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from ach import outgoing
from ach.enums import Carries
from ach.models import Batch, Entry, File
from ach.nacha import records
from ach.nacha.problems import NachaError
from ach.nacha.write import OutgoingBatch, OutgoingFile, Placed, Totals, write
from ach.services import reply_writing
from compliance.services import account_numbers

PAGE = 1_000
_READ = (
    "trace", "transaction_code", "amount_minor", "name", "individual_id", "payment_type", "addenda",
    "account__account_id", "account__livemode", "account__sealed", "account__routing_number",
    "account__party__party_id",
)  # fmt: skip
UNREADABLE = "the account number cannot be opened"


@dataclass(slots=True)
class Written:
    """`lines` by primary key of the entry or reply; `left_out` the reason by the same."""

    content: bytes = b""
    totals: Totals | None = None
    lines: dict[int, int] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)


def write_file(file: File) -> Written:
    """Reads only; without `lines` there was nothing that can be written. Raises VaultUnavailable."""
    left_out: dict[int, str] = {}
    while True:
        attempt = _Attempt(file, left_out)
        try:
            return attempt.run()
        except NachaError as refused:
            # The entry at hand is at fault, unless the header is: that is the originator's, and nobody's entry.
            if attempt.open is None or refused.record not in ("entry", "addenda"):
                raise
            left_out[attempt.open] = f"{refused.field}: {refused.message}"


class _Attempt:
    def __init__(self, file: File, left_out: dict[int, str]) -> None:
        self.file = file
        self.written = Written(left_out=left_out)
        self.open: int | None = None

    def run(self) -> Written:
        header = outgoing.file_header(
            self.file.originator, self.file.created_on, self.file.created_time, self.file.modifier
        )
        batches = self._batches()
        first = next(batches, None)
        if first is None:
            return self.written
        sink = io.BytesIO()
        self.written.totals = write(OutgoingFile(header, chain([first], batches)), sink, self._placed)
        self.written.content = sink.getvalue()
        return self.written

    def _placed(self, place: Placed) -> None:
        assert self.open is not None
        self.written.lines[self.open] = place.line

    def _batches(self) -> Iterator[OutgoingBatch]:
        for batch in Batch.objects.filter(file=self.file).order_by("number"):
            entries = self._replies(batch) if self.file.carries == Carries.REPLIES else self._entries(batch)
            first = next(entries, None)
            if first is not None:
                header = outgoing.batch_header(self.file.originator, batch)
                yield OutgoingBatch(header, self._marked(chain([first], entries)))

    def _marked(self, entries: Iterator[tuple[int, records.Entry]]) -> Iterator[records.Entry]:
        for key, record in entries:
            self.open = key
            yield record

    def _replies(self, batch: Batch) -> Iterator[tuple[int, records.Entry]]:
        return reply_writing.records_of(self.file, batch, self.written.left_out)

    def _entries(self, batch: Batch) -> Iterator[tuple[int, records.Entry]]:
        last = ""
        in_batch = Entry.objects.filter(file=self.file, batch_number=batch.number)
        in_batch = in_batch.select_related("account__party").only(*_READ)
        while page := list(in_batch.filter(trace__gt=last).order_by("trace")[:PAGE]):
            last = page[-1].trace
            numbers = account_numbers.unseal_many([row.account for row in page])
            for row, number in zip(page, numbers, strict=True):
                if row.pk in self.written.left_out:
                    continue
                if number is None:
                    self.written.left_out[row.pk] = UNREADABLE
                    continue
                yield (
                    row.pk,
                    outgoing.entry(row, routing=row.account.routing_number, number=number.clear, trace=row.trace),
                )
