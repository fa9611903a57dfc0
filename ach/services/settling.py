"""Entries whose day and hour have come are settled, told by page."""

from collections import defaultdict
from datetime import date, datetime

from django.db import transaction

from ach.calendar.eastern import eastern
from ach.enums import EntryState, FileState
from ach.events import EntriesSettled
from ach.models import Entry
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox

PAGE = 500


def settle_due(*, now: datetime) -> int:
    """Returns how many. Those of a file that the bank has rejected never settle: they are rebuilt."""
    total = 0
    while done := _settle_page(now):
        total += done
    return total


def _settle_page(now: datetime) -> int:
    """Locked without waiting: what a return is being applied to is that return's."""
    with transaction.atomic():
        due = (
            Entry.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .filter(
                state__in=(EntryState.SENT, EntryState.ACKNOWLEDGED),
                settles_on__lte=eastern(now).date(),
                settles_at__lte=now,
            )
            .exclude(file__state=FileState.REJECTED)
            .order_by("settles_on", "pk")
            .values_list("pk", "public_id", "file__public_id", "settles_on", "livemode")[:PAGE]
        )
        pages: dict[tuple[str, date, bool], dict[int, str]] = defaultdict(dict)
        for key, entry_id, file_id, settles_on, livemode in due:
            assert settles_on is not None
            pages[file_id, settles_on, livemode][key] = entry_id
        for (file_id, settled_on, livemode), entries in pages.items():
            _settle(file_id, settled_on, entries, livemode, now)
    return sum(map(len, pages.values()))


def _settle(file_id: str, settled_on: date, entries: dict[int, str], livemode: bool, now: datetime) -> None:
    """`entries` are public ids by primary key."""
    Entry.objects.filter(pk__in=list(entries)).update(state=EntryState.SETTLED, settled_at=now)
    audit.record(
        actor=SYSTEM, action="ach.entries.settled", subject=file_id, at=now,
        details={"entries": len(entries), "settled_on": settled_on.isoformat(), "livemode": livemode},
    )  # fmt: skip
    outbox.publish(EntriesSettled(file_id, settled_on, tuple(entries.values()), livemode, now), now=now)
