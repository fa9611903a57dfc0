"""The database looked through for card numbers once a week, a stretch a minute, on from where the last one ended."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.vault.events import CardNumbersFound
from core.vault.models import CardScan
from core.vault.scan import tables
from core.vault.scan.tables import Batch, Table

BATCHES_PER_STRETCH = 40
FINDINGS_KEPT = 100


def find_latest() -> CardScan | None:
    return CardScan.objects.order_by("-started_at").first()


def carry_on(*, now: datetime, batches: int = BATCHES_PER_STRETCH) -> CardScan | None:
    """Begin a scan when one is due, or go on with the one that runs. None when there is nothing to do."""
    scan = find_latest()
    if scan is None or scan.finished_at is not None:
        days = timedelta(days=parameters.read("vault.scan_days", at=now))
        if scan is not None and now - scan.started_at < days:
            return None
        scan = CardScan.objects.create(scan_id=ids.prefixed("scn", now), started_at=now)
    for read, (table, batch) in enumerate(_rest(scan), start=1):
        _keep(scan, table, batch)
        if read == batches:
            return scan
    _finish(scan, now)
    return scan


def _rest(scan: CardScan) -> Iterator[tuple[Table, Batch]]:
    """From the row after the last one that was kept. A table that is made meanwhile waits for the next scan or not."""
    for table in tables.list_tables():
        if table.skipped or table.name < scan.table:
            continue
        after = scan.after if table.name == scan.table else None
        for batch in tables.read(table, after=after):
            yield table, batch


def _keep(scan: CardScan, table: Table, batch: Batch) -> None:
    scan.table, scan.after = table.name, batch.last
    scan.rows += batch.rows
    scan.found += len(batch.found)
    scan.findings = [*scan.findings, *(asdict(hit) for hit in batch.found)][:FINDINGS_KEPT]
    scan.save(update_fields=["table", "after", "rows", "found", "findings"])


def _finish(scan: CardScan, now: datetime) -> None:
    """The card index is shut to the program by design; `scan_pan` as the owner reads it too."""
    scan.not_read = [table.name for table in tables.list_tables() if table.skipped]
    with transaction.atomic():
        scan.finished_at = now
        scan.save(update_fields=["finished_at", "not_read"])
        audit.record(
            actor=SYSTEM,
            action="vault.cards.scanned",
            subject=scan.scan_id,
            at=now,
            result="FAILURE" if scan.found else "SUCCESS",
            details={"rows": scan.rows, "found": scan.found, "notRead": list(scan.not_read)},
        )
        if scan.found:
            outbox.publish(CardNumbersFound(scan.scan_id, scan.found, len(scan.not_read), now), now=now)
