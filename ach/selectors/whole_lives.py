"""One entry with everything that happened to it, from the request to the bank's answers, in a fixed number of reads."""

from dataclasses import dataclass
from datetime import timedelta

from ach.enums import Direction
from ach.models import AccountStop, Batch, Case, Entry, InboundItem
from ach.selectors import entries
from ach.selectors.entries import EntryNotFound
from core.audit import selectors as audit
from core.audit.models import AuditEntry

MOST = 100
MOST_CANDIDATES = 10
# Returns come within days; what is older is found by its trace.
CANDIDATE_DAYS = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Life:
    """`record` is the audit trail of the entry and of its file; `followers` are reversals and retries of it."""

    entry: Entry
    batch: Batch | None
    items: list[InboundItem]
    followers: list[Entry]
    stops: list[AccountStop]
    cases: list[Case]
    record: list[AuditEntry]


def get(entry_id: str, *, livemode: bool) -> Life:
    """Raises EntryNotFound."""
    entry = entries.get(entry_id)
    if entry.livemode != livemode:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    answers = InboundItem.objects.filter(entry=entry).select_related("file").defer("sealed", "file__content")
    items = list(answers.order_by("id")[:MOST])
    subjects = [entry.public_id, *(item.public_id for item in items)]
    return Life(
        entry=entry,
        batch=_batch(entry),
        items=items,
        followers=list(Entry.objects.filter(original=entry).order_by("id")[:MOST]),
        stops=list(AccountStop.objects.filter(fingerprint=entry.account.fingerprint, lifted_at=None).order_by("id")),
        cases=list(Case.objects.filter(subject__in=subjects).order_by("id")[:MOST]),
        record=audit.list_for_subject([entry.public_id, *([entry.file.public_id] if entry.file else [])]),
    )


def _batch(entry: Entry) -> Batch | None:
    if entry.file is None or entry.batch_number is None:
        return None
    return Batch.objects.filter(file=entry.file, number=entry.batch_number).first()


def candidates(item: InboundItem) -> list[Entry]:
    """Entries that an item in suspense may be about: of its trace, then of its amount and bank in the days before."""
    whole = Entry.objects.select_related("account", "party", "originator").defer("account__sealed")
    mode = whole.filter(livemode=item.file.livemode)
    found = list(mode.filter(trace=item.original_trace).exclude(trace="").order_by("-id")[:MOST_CANDIDATES])
    came = item.file.received_at
    sent = mode.filter(
        originator=item.file.originator_id,
        direction__in=Direction.values,
        sent_at__range=(came - CANDIDATE_DAYS, came),
    )
    alike = sent.filter(amount_minor=item.amount_minor, account__routing_number__startswith=item.original_rdfi)
    if item.original_rdfi and item.amount_minor:
        known = {entry.pk for entry in found}
        found += alike.exclude(pk__in=known).order_by("-sent_at")[: MOST_CANDIDATES - len(found)]
    return found
