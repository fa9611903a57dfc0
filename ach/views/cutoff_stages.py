"""How far a cutoff has come, stage by stage, and in one sentence what happens next and when."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from ach.calendar.eastern import EASTERN
from ach.enums import CutoffState, EntryState, FileState
from ach.models import File
from ach.parameters import number
from ach.selectors.cutoffs import Run
from ach.views.acting import who
from core.approvals.models import ApprovalRequest
from core.console.components import Column, Next, Table

_WRITTEN = frozenset(FileState) - {FileState.PLANNED, FileState.WITHDRAWN}
_RELEASED = _WRITTEN - {FileState.BUILT, FileState.UNSIGNED}
_ON_THEIR_WAY = (EntryState.SENT, EntryState.ACKNOWLEDGED)


def stages(run: Run) -> Table:
    """Each stage with its moment; those that have not come are there without one."""
    return Table(
        [Column("Stage", "stage"), Column("What", "what"), Column("When", "at", "stamp"),
         Column("Who", "who", hide_on_phone=True)],
        [*_made(run), *_signed(run), *_left(run)],
        caption="Stages",
    )  # fmt: skip


def comes_next(run: Run, *, now: datetime) -> Next:
    """The least of its files decides, as it does for the cutoff."""
    rank = list(FileState)
    for file in sorted(run.carried, key=lambda each: rank.index(FileState(each.state))):
        if (found := _of_file(file, run.approvals.get(file.approval_id), now)) is not None:
            return found
    if run.cutoff.state != CutoffState.DONE:
        return Next("The next run of the cutoff, within seconds, writes what is claimed")
    if any(each.state in _ON_THEIR_WAY for each in run.standings):
        return Next("Its entries settle, the last of them then", run.settles_at)
    return Next("Nothing: what can still come are returns")


def in_new_york(at: datetime) -> str:
    return f"{at.astimezone(EASTERN):%a %H:%M} in New York"


def _of_file(file: File, question: ApprovalRequest | None, now: datetime) -> Next | None:
    url = reverse("admin:ach_file", args=[file.public_id])
    if file.state == FileState.PLANNED:
        return Next(f"The next run, within seconds, writes {file.name}", None, "", url)
    if file.state == FileState.BUILT:
        return Next(f"{file.name} is released as soon as there are people who can sign it", None, "careful", url)
    if file.state == FileState.UNSIGNED and question is not None:
        asked = reverse("admin:approval", args=[question.request_id])
        words = f"{file.name} waits for signatures; without them it is withdrawn and its entries wait again"
        return Next(words, question.expires_at, "careful", asked)
    if file.state == FileState.READY and file.by_hand:
        return Next(f"{file.name} is carried by {who(file.by_hand)}; another person confirms it", None, "careful", url)
    if file.state == FileState.READY:
        words = f"{file.name} is delivered" if not file.state_why else f"{file.name} is tried again: {file.state_why}"
        return Next(words, file.next_try_at or now, "careful" if file.state_why else "", url)
    if file.state == FileState.REJECTED:
        return Next(f"The bank refuses {file.name}: rebuild it", None, "bad", url)
    if file.state == FileState.DELIVERED and file.originator.settings.get("acknowledges", True):
        late = (file.delivered_at or now) + timedelta(hours=number("acknowledgement_hours", now))
        return Next(
            f"The bank acknowledges {file.name}, or people are told", late, "careful" if late <= now else "", url
        )
    return None


def _made(run: Run) -> list[dict[str, Any]]:
    cutoff, carried = run.cutoff, run.carried
    written = [file.built_at for file in carried if file.built_at]
    withdrawn = len(run.files) - len(carried)
    besides = f"; {withdrawn} withdrawn" if withdrawn else ""
    return [
        _stage("Due", in_new_york(cutoff.at), cutoff.at),
        _stage("Claimed", f"{cutoff.pending:,} entries", cutoff.created_at, "the program"),
        _stage("Written", f"{len(written)} of {len(carried)} files{besides}", max(written, default=None),
               "the program", is_there=len(written) == len(carried)),
    ]  # fmt: skip


def _signed(run: Run) -> list[dict[str, Any]]:
    """One line for each file that took signatures; one for all where none did."""
    asked = [(file, run.approvals[file.approval_id]) for file in run.files if file.approval_id in run.approvals]
    rows = [
        _stage("Signatures", f"{file.name}: {question.state.lower()}", question.closed_at,
               who(question.closed_by), url=reverse("admin:approval", args=[question.request_id]))
        for file, question in asked
    ]  # fmt: skip
    if rows or not any(file.state in _RELEASED for file in run.carried):
        return rows
    return [_stage("Signatures", "none needed", None)]


def _left(run: Run) -> list[dict[str, Any]]:
    carried = run.carried
    hands = ", ".join(sorted({who(file.by_hand) for file in carried if file.by_hand}))
    rows = []
    for stage, moments, by in (
        ("Delivered", [file.delivered_at for file in carried], hands or "the program"),
        ("Acknowledged", [file.acknowledged_at for file in carried], "the bank"),
    ):
        there = [at for at in moments if at]
        rows.append(_stage(stage, f"{len(there)} of {len(carried)} files", max(there, default=None), by))
    settled = sum(each.count for each in run.standings if each.state in (EntryState.SETTLED, EntryState.RETURNED))
    rows.append(_stage("Settled", f"{settled:,} of {run.entries:,} entries", run.settled_at))
    rows.append(_stage("Done", "every file has ended" if run.cutoff.done_at else "", run.cutoff.done_at))
    return rows


def _stage(
    stage: str, what: str, at: datetime | None, by: str = "", *, url: str = "", is_there: bool = True
) -> dict[str, Any]:
    return {"stage": stage, "what": what, "at": at if is_there else None, "who": by if at else "", "url": url}
