"""Corrections: an entry is undone by its mirror, once, and both stay."""

from datetime import datetime

from ledger.services import writer
from ledger.services.refusals import AccountOverdrawn as AccountOverdrawn
from ledger.services.refusals import EntryAlreadyReversed as EntryAlreadyReversed
from ledger.services.refusals import EntryNotReversible as EntryNotReversible
from ledger.services.refusals import UnknownEntry as UnknownEntry
from ledger.services.writer import Posted, Request


def reverse(
    *,
    entry_id: str,
    reason: str,
    idempotency_key: str,
    now: datetime,
    effective_at: datetime | None = None,
    kind: str | None = None,
) -> Posted:
    """Post the mirror of a posted entry under its kind (or another) and reference; a reversal itself is final.

    Raises UnknownEntry, EntryAlreadyReversed, EntryNotReversible, and AccountOverdrawn where the money is gone.
    """
    request = Request(
        reverses=entry_id,
        idempotency_key=idempotency_key,
        effective_at=effective_at or now,
        description=reason,
        kind=kind,
    )
    return writer.write(request, now=now)
