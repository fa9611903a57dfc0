"""What a marketplace hears of the rail: files and their totals."""

from typing import Any

from ach.events import FileAcknowledged, FileDelivered, FileRejected
from core.webhooks.catalogue import Subject, publishes

_FILE: dict[str, Any] = {"id": "file_0mc94m4w00k2n8m9p1qx4y7z", "object": "ach_file", "livemode": False}


@publishes(
    FileDelivered,
    event_type="ach_file.delivered",
    meaning="A file has reached the bank; its entries are on their way.",
    example={
        **_FILE, "fileName": "org_test-20260302-1650-A.ach", "batches": 1, "entries": 2, "debits": 0, "credits": 171055,
        "entryHash": "0004200004",
    },
)  # fmt: skip
def file_delivered(event: FileDelivered) -> Subject:
    data = {
        "file_name": event.file_name, "batches": event.batches, "entries": event.entries,
        "debits": event.debit_minor, "credits": event.credit_minor, "entry_hash": event.entry_hash,
    }  # fmt: skip
    return Subject(event.file_id, "ach_file", event.livemode, event.delivered_at, data)


@publishes(FileAcknowledged, event_type="ach_file.acknowledged", meaning="The bank has accepted a file.", example=_FILE)
def file_acknowledged(event: FileAcknowledged) -> Subject:
    return Subject(event.file_id, "ach_file", event.livemode, event.acknowledged_at)


@publishes(
    FileRejected,
    event_type="ach_file.rejected",
    meaning="The bank refuses a file; nothing of it settles until it is built anew.",
    example=_FILE,
)
def file_rejected(event: FileRejected) -> Subject:
    return Subject(event.file_id, "ach_file", event.livemode, event.rejected_at)
