"""A planned file is written, checked by a second reader, and sealed.

PLANNED until the last statement: killed anywhere before, it is written again from the same rows, to the same bytes.
"""

import hashlib
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach import raw_totals
from ach.enums import FileState
from ach.events import FileBuilt
from ach.models import Batch, Cutoff, File
from ach.raw_totals import RawTotals
from ach.services import carried, contents, withdrawing
from ach.services.writing import Written, write_file
from core.actors import SYSTEM
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from core.work import failpoints

EMPTY = "no entry of it can be written"


class BuildDisagrees(Refusal):
    """What was written is not what the rows say. Nothing leaves."""

    code: ClassVar[str] = "ACH_BUILD_DISAGREES"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The file does not agree with its entries"


def build(*, file_id: str, now: datetime) -> bool:
    """Write a planned file. False where there was nothing to do, or where entries came while it was written: again
    later. Raises BuildDisagrees, VaultUnavailable, NachaError where the originator's own data cannot be written.
    """
    file = File.objects.select_related("originator", "cutoff").filter(public_id=file_id).first()
    if file is None or file.state != FileState.PLANNED:
        return False
    written = write_file(file)
    failpoints.reach("ach.written")
    if parked := carried.of(file).park(written.left_out, now=now):
        _count_parked(file, parked)
    if not written.lines:
        withdrawing.withdraw(file_id=file_id, why=EMPTY, actor=SYSTEM, now=now)
        return False
    raw = _checked(file, written)
    carried.of(file).store_lines(written.lines)
    failpoints.reach("ach.lines_stored")
    built = _store(file, written, raw, contents.seal(_sized(file, written), written.content), now)
    failpoints.reach("ach.built")
    return built


def _sized(file: File, written: Written) -> File:
    file.size, file.sha256 = len(written.content), hashlib.sha256(written.content).hexdigest()
    return file


def _checked(file: File, written: Written) -> RawTotals:
    """The columns against themselves, against the writer's own totals, and against the rows."""
    raw, totals = raw_totals.read(written.content), written.totals
    assert totals is not None
    whole = raw.whole
    if raw.problems:
        raise BuildDisagrees(f"{file.public_id}: {raw.problems[0]}")
    if (whole.entries, whole.addenda, whole.debit, whole.credit, whole.hash) != (
        totals.entries, totals.addenda, totals.debit, totals.credit, totals.entry_hash,
    ):  # fmt: skip
        raise BuildDisagrees(f"{file.public_id}: the writer counts otherwise than the columns")
    rows = carried.of(file).sums(file)
    if rows["entries"] == len(written.lines) and rows != {
        "entries": whole.entries, "addenda": whole.addenda, "debit": whole.debit, "credit": whole.credit,
    }:  # fmt: skip
        raise BuildDisagrees(f"{file.public_id}: the entries add up otherwise than the records")
    return raw


def _store(file: File, written: Written, raw: RawTotals, sealed: bytes, now: datetime) -> bool:
    totals = written.totals
    assert totals is not None
    with transaction.atomic():
        locked = File.objects.select_for_update(no_key=True).defer("content").get(pk=file.pk)
        if locked.state != FileState.PLANNED or carried.of(file).count(file) != len(written.lines):
            return False
        _store_batches(file, raw, written.content)
        locked.state, locked.built_at, locked.version = FileState.BUILT, now, locked.version + 1
        locked.batches, locked.entry_count, locked.addenda_count = totals.batches, totals.entries, totals.addenda
        locked.debit_minor, locked.credit_minor, locked.entry_hash = (
            totals.debit,
            totals.credit,
            f"{raw.whole.hash:010d}",
        )
        locked.lines, locked.size, locked.sha256, locked.content = raw.lines, file.size, file.sha256, sealed
        locked.save()
        audit.record(
            actor=SYSTEM, action="ach.file.built", subject=file.public_id, at=now,
            details={
                "sha256": file.sha256, "entries": totals.entries, "debit_minor": totals.debit,
                "credit_minor": totals.credit, "entry_hash": locked.entry_hash, "livemode": file.livemode,
            },
        )  # fmt: skip
        outbox.publish(
            FileBuilt(
                file.public_id, file.cutoff.public_id, totals.entries, totals.debit, totals.credit, file.livemode, now
            ),
            now=now,
        )
    return True


def _store_batches(file: File, raw: RawTotals, content: bytes) -> None:
    """Totals as written; a batch all of whose entries were parked was not written and goes."""
    first_lines = _first_lines(content)
    rows = {row.number: row for row in Batch.objects.filter(file=file)}
    Batch.objects.filter(file=file, number__in=[number for number in rows if number not in raw.batches]).delete()
    for number, sums in raw.batches.items():
        row = rows[number]
        row.entry_count, row.addenda_count, row.entry_hash = sums.entries, sums.addenda, f"{sums.hash:010d}"
        row.debit_minor, row.credit_minor, row.first_line = sums.debit, sums.credit, first_lines[number]
    Batch.objects.bulk_update(
        [rows[number] for number in raw.batches],
        ["entry_count", "addenda_count", "debit_minor", "credit_minor", "entry_hash", "first_line"],
        batch_size=500,
    )


def _first_lines(content: bytes) -> dict[int, int]:
    """The line of each batch header, by number."""
    found, at = {}, content.find(b"\n5")
    while at >= 0:
        found[int(content[at + 1 + 87 : at + 1 + 94])] = (at + 1) // (raw_totals.WIDTH + 1) + 1
        at = content.find(b"\n5", at + raw_totals.WIDTH)
    return found


def _count_parked(file: File, parked: int) -> None:
    with transaction.atomic():
        cutoff = Cutoff.objects.select_for_update(no_key=True).get(pk=file.cutoff_id)
        cutoff.parked += parked
        cutoff.save(update_fields=["parked"])
