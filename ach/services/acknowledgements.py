"""What the bank says about a whole file: it has it, or it refuses it."""

from datetime import datetime

from django.db import transaction

from ach import metrics
from ach.acknowledgement_formats import Answer
from ach.enums import CaseKind, EntryState, FileState
from ach.events import FileAcknowledged, FileRejected
from ach.models import Entry, File, Originator
from ach.services import cases, replies
from ach.states import FILE_EDGES, FileStateForbids
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox


def apply(*, file: File, accepted: bool, why: str, now: datetime) -> File:
    """Again changes nothing. Raises FileStateForbids for a file that was not delivered, or that the bank has refused
    before it accepts it.

    A refusal takes the entries back to FILED, so that none of them settles before a rebuilt file has them.
    """
    wanted = FileState.ACKNOWLEDGED if accepted else FileState.REJECTED
    with transaction.atomic():
        found = File.objects.select_for_update(no_key=True).defer("content").get(pk=file.pk)
        if found.state == wanted:
            return found
        if wanted not in FILE_EDGES[FileState(found.state)]:
            raise FileStateForbids(f"{found.public_id} is {found.state}, the bank says {wanted}")
        found.state, found.state_why = wanted, why[:300]
        if accepted:
            _accept(found, now)
        else:
            _reject(found, now)
        metrics.count(found)
        audit.record(
            actor=SYSTEM, action=f"ach.file.{wanted.lower()}", subject=found.public_id, at=now,
            details={"why": found.state_why, "livemode": found.livemode},
        )  # fmt: skip
    return found


def find(owner: Originator, answer: Answer) -> File | None:
    """By its hash: names may be changed on the way."""
    rows = File.objects.filter(originator=owner, sha256=answer.sha256).exclude(state=FileState.WITHDRAWN)
    return rows.defer("content").order_by("-id").first()


def _accept(file: File, now: datetime) -> None:
    file.acknowledged_at = now
    file.save(update_fields=["state", "state_why", "acknowledged_at"])
    Entry.objects.filter(file=file, state=EntryState.SENT).update(state=EntryState.ACKNOWLEDGED)
    outbox.publish(FileAcknowledged(file.public_id, file.livemode, now), now=now)


def _reject(file: File, now: datetime) -> None:
    file.save(update_fields=["state", "state_why"])
    sent = Entry.objects.filter(file=file, state__in=(EntryState.SENT, EntryState.ACKNOWLEDGED))
    sent.update(state=EntryState.FILED, sent_at=None)
    replies.unsend(file)
    cases.open_(
        kind=CaseKind.REJECTED_FILE, subject=file.public_id, summary=f"{file.name}: {file.state_why or 'refused'}",
        livemode=file.livemode, amount_minor=file.debit_minor + file.credit_minor, now=now,
        facts={"name": file.name, "entries": file.entry_count},
    )  # fmt: skip
    outbox.publish(FileRejected(file.public_id, file.state_why, file.livemode, now), now=now)
