"""An entry that cannot be written stays behind with a case; the others go."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ach.enums import CaseKind, EntryState
from ach.events import EntryParked
from ach.models import Entry
from ach.services import cases
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox


def park(left_out: Mapping[int, str], *, now: datetime) -> int:
    """Each in its own transaction; reasons by primary key. Returns how many were parked."""
    return sum(_park(key, why, now) for key, why in sorted(left_out.items()))


def _park(key: int, why: str, now: datetime) -> bool:
    with transaction.atomic():
        entry = Entry.objects.select_for_update(no_key=True).get(pk=key)
        if entry.state != EntryState.FILED:
            return False
        entry.state, entry.state_why = EntryState.PARKED, why[:200]
        entry.file, entry.batch_number, entry.line, entry.trace, entry.filed_at = None, None, None, "", None
        entry.save(
            update_fields=["state", "state_why", "file", "batch_number", "line", "trace", "filed_at"],
        )
        cases.open_(
            kind=CaseKind.PARKED_ENTRY, subject=entry.public_id, summary=f"It cannot be filed: {entry.state_why}",
            livemode=entry.livemode, amount_minor=entry.amount_minor, now=now,
            facts={"kind": entry.kind, "reference": entry.reference},
        )  # fmt: skip
        audit.record(
            actor=SYSTEM, action="ach.entry.parked", subject=entry.public_id, at=now,
            details={"kind": entry.kind, "reference": entry.reference, "why": entry.state_why},
        )  # fmt: skip
        outbox.publish(
            EntryParked(entry.public_id, entry.kind, entry.reference, entry.state_why, entry.livemode, now), now=now
        )
    return True
