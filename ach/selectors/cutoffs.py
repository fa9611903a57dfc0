"""Cutoffs for lists and pages: one with its files, their signatures and how far its entries have come."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Count, Max, Q, QuerySet, Sum

from ach.enums import Direction, EntryState, FileState
from ach.models import Cutoff, Entry, File, Reply
from core.approvals.models import ApprovalRequest
from core.errors import Refusal


class CutoffNotFound(Refusal):
    code: ClassVar[str] = "ACH_CUTOFF_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such cutoff"


@dataclass(frozen=True, slots=True)
class Standing:
    """Entries of one state: how many, and cents of debits and credits."""

    state: EntryState
    count: int
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class Run:
    """A cutoff with what became of it. `files` are in the order they were made, withdrawn ones too.

    `left_out` stayed behind at it: held or parked, in no file. `settles_at` is when the last of its entries settles,
    `settled_at` when the last one that has did. `replies` to banks left beside them.
    """

    cutoff: Cutoff
    files: list[File]
    approvals: dict[str, ApprovalRequest]
    standings: list[Standing]
    left_out: list[Standing]
    settles_at: datetime | None
    settled_at: datetime | None
    replies: int = 0

    @property
    def carried(self) -> list[File]:
        """Without those that another file replaces, or that gave their entries back."""
        return [file for file in self.files if file.state != FileState.WITHDRAWN]

    @property
    def entries(self) -> int:
        return sum(each.count for each in self.standings)


def list_newest(*, livemode: bool, state: str = "", originator: str = "") -> QuerySet[Cutoff]:
    """For pages that order by (at, id), newest first."""
    found = Cutoff.objects.select_related("originator").filter(livemode=livemode)
    if state:
        found = found.filter(state=state)
    if originator:
        found = found.filter(originator__public_id=originator)
    return found


def totals(cutoffs: list[Cutoff]) -> dict[int, tuple[int, int, int, int]]:
    """Files, entries, debits and credits of each, in one statement; withdrawn files are left out."""
    rows = (
        File.objects.filter(cutoff__in=[each.pk for each in cutoffs])
        .exclude(state=FileState.WITHDRAWN)
        .values("cutoff")
        .annotate(files=Count("id"), carried=Sum("entry_count"), debits=Sum("debit_minor"), credits=Sum("credit_minor"))
        .order_by()
    )
    return {row["cutoff"]: (row["files"], row["carried"], row["debits"], row["credits"]) for row in rows}


def get(cutoff_id: str, *, livemode: bool) -> Run:
    """In a fixed number of statements. Raises CutoffNotFound."""
    cutoff = list_newest(livemode=livemode).filter(public_id=cutoff_id).first()
    if cutoff is None:
        raise CutoffNotFound(f"no cutoff is named {cutoff_id[:40]}")
    files = list(
        File.objects.filter(cutoff=cutoff)
        .select_related("originator", "cutoff", "replaces", "replaced_by")
        .defer("content", "replaces__content", "replaced_by__content")
        .order_by("id")
    )
    asked = [file.approval_id for file in files if file.approval_id]
    approvals = ApprovalRequest.objects.filter(request_id__in=asked) if asked else ()
    carried = Entry.objects.filter(file__in=[file.pk for file in files])
    dates = carried.aggregate(last=Max("settles_at"), at=Max("settled_at")) if files else {"last": None, "at": None}
    behind = Entry.objects.filter(
        originator=cutoff.originator_id, due_at=cutoff.at, state__in=(EntryState.HELD, EntryState.PARKED)
    )
    return Run(
        cutoff=cutoff, files=files, approvals={each.request_id: each for each in approvals},
        standings=_standings(carried), left_out=_standings(behind), settles_at=dates["last"], settled_at=dates["at"],
        replies=Reply.objects.filter(file__in=[file.pk for file in files]).count() if files else 0,
    )  # fmt: skip


def _standings(entries: QuerySet[Entry]) -> list[Standing]:
    rows = (
        entries.values("state")
        .annotate(
            count=Count("id"),
            debits=Sum("amount_minor", filter=Q(direction=Direction.DEBIT), default=0),
            credits=Sum("amount_minor", filter=Q(direction=Direction.CREDIT), default=0),
        )
        .order_by()
    )
    found = {row["state"]: Standing(EntryState(row["state"]), row["count"], row["debits"], row["credits"])
             for row in rows}  # fmt: skip
    return [found[state] for state in EntryState.values if state in found]
