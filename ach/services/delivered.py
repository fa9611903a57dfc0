"""A file has reached the bank: its entries are on their way, each with the day and hour it settles."""

from dataclasses import asdict
from datetime import datetime

from django.db.models import Max, Min

from ach import metrics
from ach.enums import EntryState, FileState
from ach.events import FileDelivered
from ach.models import Entry, File
from ach.services import replies, withdrawing
from ach.services.lateness import Group, settles
from core.actors import Actor
from core.audit import services as audit
from core.outbox import services as outbox

# One statement has fifteen seconds.
AT_ONCE = 10_000


def mark(file: File, *, remote_name: str, actor: Actor, now: datetime) -> None:
    """The file is locked. One event for all entries, in the caller's transaction. Raises FileStateForbids."""
    withdrawing.require(file, FileState.READY)
    file.state, file.delivered_at, file.version = FileState.DELIVERED, now, file.version + 1
    file.remote_name, file.stage, file.state_why, file.next_try_at = remote_name[:300], "", "", None
    file.save(
        update_fields=[
            "state", "delivered_at", "version", "remote_name", "stage", "state_why", "next_try_at", "confirmed_by",
        ]
    )  # fmt: skip
    _send_entries(file, now)
    replies.send(file, now=now)
    withdrawing.end_alarm(file, f"{file.name} was delivered with try {file.tries}", now)
    metrics.count(file)
    withdrawing.reopen_or_close(file.cutoff_id, now)
    audit.record(
        actor=actor, action="ach.file.delivered", subject=file.public_id, at=now,
        details={
            "sha256": file.sha256, "entries": file.entry_count, "debit_minor": file.debit_minor,
            "credit_minor": file.credit_minor, "by_hand": file.by_hand, "livemode": file.livemode,
        },
    )  # fmt: skip
    outbox.publish(
        FileDelivered(
            file_id=file.public_id, cutoff_id=file.cutoff.public_id, file_name=file.name, sha256=file.sha256,
            batches=file.batches, entries=file.entry_count, debit_minor=file.debit_minor,
            credit_minor=file.credit_minor, entry_hash=file.entry_hash, livemode=file.livemode, delivered_at=now,
        ),
        now=now,
    )  # fmt: skip


def _send_entries(file: File, now: datetime) -> None:
    """The bank's calendar decides, by the moment of delivery: a file that came too late settles later."""
    filed = Entry.objects.filter(file=file, state=EntryState.FILED)
    span = filed.aggregate(first=Min("pk"), last=Max("pk"))
    if span["first"] is None:
        return
    for group in [
        Group(*each) for each in filed.values_list("priority", "direction", "sec", "effective_on").distinct()
    ]:
        found = settles(**asdict(group), sent_at=now)
        for start in range(span["first"], span["last"] + 1, AT_ONCE):
            filed.filter(**asdict(group), pk__gte=start, pk__lt=start + AT_ONCE).update(
                state=EntryState.SENT, sent_at=now, settles_on=found.effective, settles_at=found.settles_at
            )
