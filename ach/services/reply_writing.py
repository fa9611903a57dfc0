"""Records of replies, from the bank's own records: its file is opened for them, in memory, and closed again.

A reply repeats the record that it answers: account, amount, name and number stand as the bank wrote them. The bank
that wrote it is addressed, our bank's trace number is put in, and the addenda says why.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ach.models import Batch, File, InboundFile, Reply
from ach.nacha import records, routing
from ach.nacha.addenda import Addendum
from ach.nacha.events import EntryRead
from ach.nacha.problems import Mode, NachaError
from ach.nacha.read import Reader
from ach.services import changes, dishonors, reading
from core.vault.envelope import UnableToOpen

_UNREADABLE = "what it answers cannot be opened"


def records_of(file: File, batch: Batch, left_out: dict[int, str]) -> Iterator[tuple[int, records.Entry]]:
    """By primary key; who cannot be written is named in `left_out`. Raises VaultUnavailable."""
    found = Reply.objects.filter(file=file, batch_number=batch.number).order_by("trace")
    found = found.select_related("item__file__originator", "dishonor", "change").defer("item__file__content")
    rows = [each for each in found if each.pk not in left_out]
    answered = _answered(rows)
    for row in rows:
        try:
            yield row.pk, _record(row, batch.sec, answered.get(row.item_id))
        except NachaError as refused:
            left_out[row.pk] = f"{refused.field}: {refused.message}"
        except UnableToOpen:
            left_out[row.pk] = _UNREADABLE


def _record(reply: Reply, sec: str, said: EntryRead | None) -> records.Entry:
    if said is None:
        raise NachaError("MISSING", "item", "its line is not in the file that it came with", record="entry")
    sender = reply.item.trace[:8]
    if len(sender) != 8 or not (sender.isascii() and sender.isdigit()):
        raise NachaError("NON_NUMERIC_FIELD", "trace", "does not name the bank that sent it", record="entry")
    # Not the addenda: codes that nobody knows have no layout.
    return replace(
        records.Entry.decode(said.record, sec),
        transaction_code=reply.item.transaction_code,
        routing=f"{sender}{routing.check_digit(sender)}",
        trace=reply.trace,
        addenda=(_addendum(reply),),
    )


def _addendum(reply: Reply) -> Addendum:
    if reply.change is not None:
        reply.change.item = reply.item
        return changes.record(reply.change)
    assert reply.dishonor is not None
    reply.dishonor.item = reply.item
    return dishonors.record(reply.dishonor)


def _answered(rows: Iterable[Reply]) -> dict[int, EntryRead]:
    """By item; each file is opened once. Raises VaultUnavailable; one that cannot be opened is left out."""
    lines: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        lines[row.item.file_id][row.item.line] = row.item_id
    found = {}
    for file in InboundFile.objects.select_related("originator").filter(pk__in=lines):
        try:
            content = reading.content_of(file)
        except UnableToOpen:
            continue
        for event in Reader(io.BytesIO(content), Mode.INBOUND):
            if isinstance(event, EntryRead) and event.line in lines[file.pk]:
                found[lines[file.pk][event.line]] = event
    return found
