"""Which entry of ours something that came back belongs to.

A trace number alone repeats across batches, days and years. What comes back is matched by the original trace, the
receiving bank, the amount and the company, among the entries filed within the dates of origination (ADR 0048).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ach.enums import EntryState, ItemKind
from ach.models import Entry, InboundItem
from ach.parameters import number

SENT = (EntryState.SENT, EntryState.ACKNOWLEDGED, EntryState.SETTLED)
_NO_AMOUNT = (ItemKind.CHANGE, ItemKind.REFUSED_CHANGE)
# A company id of ten columns that was shifted by one has lost a sign at one end.
_LOST_BY_A_SHIFT = 1


class Outcome(StrEnum):
    """`EARLY`: it answers an entry that we have not marked as sent yet. `AGAIN`: that entry was returned before."""

    ONE = "ONE"
    NONE = "NONE"
    MANY = "MANY"
    EARLY = "EARLY"
    AGAIN = "AGAIN"


@dataclass(frozen=True, slots=True)
class Match:
    """`entry` with ONE, EARLY and AGAIN; `why` is a sentence for a person."""

    outcome: Outcome
    why: str
    entry: Entry | None = None


def find(item: InboundItem, *, now: datetime) -> Match:
    """The entry is locked. In the caller's transaction."""
    found = candidates(item, now=now)
    open_ = [each for each in found if each.state in SENT]
    returned = [each for each in found if each.state == EntryState.RETURNED]
    early = [each for each in found if each.state == EntryState.FILED]
    # A bank may correct an account after it has sent the money back; a return comes once.
    if item.kind != ItemKind.RETURN:
        open_, returned = [*open_, *returned], []
    if len(open_) == 1:
        return Match(Outcome.ONE, "", open_[0])
    if open_:
        return Match(Outcome.MANY, f"it fits {len(open_)} entries", None)
    if len(early) == 1:
        return Match(Outcome.EARLY, "its entry is in a file that is not marked as sent", early[0])
    if len(returned) == 1:
        entry = returned[0]
        return Match(Outcome.AGAIN, f"{entry.public_id} was returned before ({entry.return_code})", entry)
    return Match(Outcome.NONE, "it fits no entry of ours")


def candidates(item: InboundItem, *, now: datetime) -> list[Entry]:
    """Entries of the item's mode and bank that fit in all four, oldest first, locked in that order."""
    owner = item.file.originator
    since = item.file.received_at - timedelta(days=number("match_days", now))
    rows = (
        Entry.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account__party", "originator", "on_behalf")
        .filter(
            trace=item.original_trace, livemode=owner.livemode, originator__odfi_routing=owner.odfi_routing,
            filed_at__gte=since, filed_at__lte=max(now, item.file.received_at),
        )
        .exclude(trace="")
        .order_by("id")
    )  # fmt: skip
    return [each for each in rows if fits(item, each)]


def fits(item: InboundItem, entry: Entry) -> bool:
    """Bank, amount and company agree, as far as banks repeat them. A correction carries no amount."""
    return (
        entry.account.routing_number[:8] == item.original_rdfi
        and (item.kind in _NO_AMOUNT or entry.amount_minor == item.amount_minor)
        and is_company(item.company_id, entry.originator.company_id)
    )


def is_company(theirs: str, ours: str) -> bool:
    """Compared without blanks; a shift by one column pushes the first or the last sign out of ten columns."""
    theirs, ours = theirs.strip(), ours.strip()
    if theirs == ours:
        return True
    lost = len(ours) - len(theirs)
    return len(ours) == 10 and lost == _LOST_BY_A_SHIFT and (ours.startswith(theirs) or ours.endswith(theirs))
