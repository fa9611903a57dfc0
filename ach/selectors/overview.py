"""What the rail has to do, what is on its way and what needs a person, counted in a fixed number of statements."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Count, Min, Q, QuerySet, Sum

from ach.calendar.cutoffs import Cutoff, cutoffs_of
from ach.calendar.days import next_banking_day, on_or_after
from ach.calendar.eastern import eastern, instant
from ach.dates import cutoffs
from ach.enums import CaseState, ChangeState, Direction, EntryState, FileState, ItemKind, ItemState
from ach.models import Case, Change, Entry, File, InboundItem, Originator
from ach.selectors import unmapped

ON_THEIR_WAY = (FileState.PLANNED, FileState.BUILT, FileState.UNSIGNED, FileState.READY, FileState.DELIVERED)
"""Files that somebody or something still has to do something about."""
MOST_FILES = 20
SHOWN_CUTOFFS = 5


@dataclass(slots=True)
class Pending:
    """Entries that wait for one cutoff. `cutoff` is None where the calendar no longer has it."""

    at: datetime
    cutoff: Cutoff | None
    debits: int = 0
    credits: int = 0
    debit_minor: int = 0
    credit_minor: int = 0

    @property
    def count(self) -> int:
        return self.debits + self.credits


@dataclass(frozen=True, slots=True)
class CameBack:
    """One kind of what came back since a moment; `amount_minor` of returns is money."""

    kind: ItemKind
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Corrections:
    """Notifications of change whose clock runs."""

    count: int
    overdue: int
    next_due_at: datetime | None


def pending(*, livemode: bool, now: datetime) -> list[Pending]:
    """The next cutoffs, with or without entries, and every other moment for which entries wait; earliest first."""
    found = {each.at: Pending(each.at, each) for each in next_cutoffs(now, SHOWN_CUTOFFS)}
    waiting = Entry.objects.filter(livemode=livemode, state=EntryState.WAITING)
    for row in waiting.values("due_at", "direction").annotate(entries=Count("id"), minor=Sum("amount_minor")):
        line = found.setdefault(row["due_at"], Pending(row["due_at"], None))
        if row["direction"] == Direction.DEBIT:
            line.debits, line.debit_minor = row["entries"], row["minor"]
        else:
            line.credits, line.credit_minor = row["entries"], row["minor"]
    return [found[at] for at in sorted(found)]


def next_cutoffs(now: datetime, count: int) -> list[Cutoff]:
    """The first ones after `now`, of whatever priority."""
    terms, day, found = cutoffs(now), on_or_after(eastern(now).date()), list[Cutoff]()
    while len(found) < count:
        found += [each for each in cutoffs_of(day, terms) if each.at > now]
        day = next_banking_day(day)
    return found[:count]


def on_their_way(*, livemode: bool) -> QuerySet[File]:
    """Newest first, at most `MOST_FILES`."""
    found = File.objects.filter(livemode=livemode, state__in=ON_THEIR_WAY).select_related("originator", "cutoff")
    return found.defer("content").order_by("-created_at", "-id")[:MOST_FILES]


def came_back(*, livemode: bool, since: datetime) -> list[CameBack]:
    rows = (
        InboundItem.objects.filter(file__livemode=livemode, file__received_at__gte=since)
        .values("kind")
        .annotate(items=Count("id"), minor=Sum("amount_minor"))
        .order_by("kind")
    )
    return [CameBack(ItemKind(row["kind"]), row["items"], row["minor"]) for row in rows]


def today_began(now: datetime) -> datetime:
    """Midnight in New York: the rail's day."""
    return instant(eastern(now).date(), time.min)


def count_states(*states: EntryState, livemode: bool) -> dict[str, int]:
    """Only of states that entries leave again."""
    rows = Entry.objects.filter(livemode=livemode, state__in=states).values("state").annotate(entries=Count("id"))
    return dict.fromkeys(states, 0) | {row["state"]: row["entries"] for row in rows}


def count_unmapped(*, livemode: bool, now: datetime) -> int:
    """Entries without the way they should have by now (`ach.selectors.unmapped`), of originators of the mode."""
    lost = unmapped.count(now=now)
    return sum(
        lost[pk] for pk in Originator.objects.filter(pk__in=lost, livemode=livemode).values_list("pk", flat=True)
    )


def count_cases(*, livemode: bool) -> int:
    return Case.objects.filter(livemode=livemode, state=CaseState.OPEN).count()


def count_suspense(*, livemode: bool) -> int:
    return InboundItem.objects.filter(state=ItemState.SUSPENSE, file__livemode=livemode).count()


def corrections(*, livemode: bool, now: datetime) -> Corrections:
    found = Change.objects.filter(
        state__in=(ChangeState.OPEN, ChangeState.ASKED), item__file__livemode=livemode
    ).aggregate(number=Count("id"), overdue=Count("id", filter=Q(due_at__lt=now)), first=Min("due_at"))
    return Corrections(found["number"], found["overdue"], found["first"])
