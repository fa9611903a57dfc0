"""Replies that are due are assigned to a file of their own: batch and trace number, in one transaction.

As entries are claimed, and in the same order of locks: originator, cutoff, file, replies.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from ach.calendar import days
from ach.calendar.eastern import eastern
from ach.enums import Carries, Direction, ReplyKind, ReplyState
from ach.models import Batch, Cutoff, File, Originator, Reply
from ach.nacha.codes import SEC_CODES
from ach.nacha.write import MOST_SEQUENCE
from ach.outgoing import service_class
from ach.parameters import number
from ach.services import claiming, headers, replies
from core.actors import SYSTEM
from core.audit import services as audit
from core.work import failpoints

_NOTICES = "COR"
# What a batch of an entry without a description of its own is called; the columns must not be blank.
_NAMELESS = "RETURN"


def claim_due(*, originator_pk: int, now: datetime) -> int:
    """Everything whose cutoff has come. Returns how many replies were filed or parked."""
    total = 0
    while done := _claim_some(originator_pk, now):
        total += done
        failpoints.reach("ach.replies_claimed")
    return total


def _claim_some(originator_pk: int, now: datetime) -> int:
    with transaction.atomic():
        originator = Originator.objects.select_for_update(no_key=True).get(pk=originator_pk)
        due = _take(originator, now)
        going = [each for each in due if not _parked(each, now)]
        if going:
            _assign(originator, going, now)
    return len(due)


def _take(originator: Originator, now: datetime) -> list[Reply]:
    """Of the oldest cutoff that has come."""
    rows = (
        Reply.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("item__entry")
        .defer("item__sealed")
        .filter(originator=originator, state=ReplyState.WAITING, due_at__lte=now)
        .order_by("due_at", "id")
    )
    found = list(rows[: min(number("claim_entries", now), MOST_SEQUENCE - originator.next_trace + 1)])
    return [each for each in found if each.due_at == found[0].due_at]


def _parked(reply: Reply, now: datetime) -> bool:
    """An untimely one would come back; of a class with columns of its own nothing is written."""
    sec = SEC_CODES.get(_sec(reply))
    if now >= reply.deadline_at:
        replies.park(reply, f"its time was over at {reply.deadline_at:%Y-%m-%d %H:%M} UTC", now=now)
    elif sec is None or not sec.in_scope:
        replies.park(reply, f"{reply.item.sec} entries are not written", now=now)
    return reply.state == ReplyState.PARKED


def _assign(originator: Originator, going: list[Reply], now: datetime) -> None:
    cutoff = claiming.cutoff_of(originator, going[0].due_at, now)
    file = claiming.joinable(originator, cutoff, Carries.REPLIES, now)
    file = file or headers.new_file(originator, cutoff, now=now, carries=Carries.REPLIES)
    settles_on = days.add_banking_days(eastern(now).date(), number("dishonor_settles_banking_days", now))
    numbers = _batches(file, going, settles_on)
    first = originator.next_trace
    for sequence, (reply, batch) in enumerate(zip(going, numbers, strict=True), start=first):
        reply.state, reply.state_why, reply.file, reply.filed_at = ReplyState.FILED, "", file, now
        reply.batch_number, reply.trace = batch, f"{originator.odfi_routing[:8]}{sequence:07d}"
    Reply.objects.bulk_update(going, ["state", "state_why", "file", "filed_at", "batch_number", "trace"])
    last = first + len(going) - 1
    originator.next_trace = 1 if last >= MOST_SEQUENCE else last + 1
    originator.save(update_fields=["next_trace"])
    _count(file, cutoff, going, numbers, first)
    audit.record(
        actor=SYSTEM, action="ach.cutoff.claimed", subject=cutoff.public_id, at=now,
        details={"file": file.public_id, "replies": len(going), "first_trace": first},
    )  # fmt: skip


def _count(file: File, cutoff: Cutoff, going: list[Reply], numbers: list[int], first: int) -> None:
    file.first_trace = file.first_trace or first
    file.entry_count += len(going)
    file.debit_minor += sum(each.amount_minor for each in going if each.direction == Direction.DEBIT)
    file.credit_minor += sum(each.amount_minor for each in going if each.direction == Direction.CREDIT)
    file.batches = max([*numbers, file.batches])
    file.save(update_fields=["first_trace", "entry_count", "debit_minor", "credit_minor", "batches"])
    cutoff.pending += len(going)
    cutoff.save(update_fields=["state", "done_at", "pending"])


def _batches(file: File, going: Iterable[Reply], settles_on: date) -> list[int]:
    """The batch of each reply, by class, description and direction; new ones are numbered on."""
    known = {
        (row.sec, row.description, row.service_class, row.effective_on): row.number
        for row in Batch.objects.filter(file=file)
    }
    made, numbers = [], []
    for reply in going:
        key = (_sec(reply), _description(reply), service_class(reply.direction), settles_on)
        if key not in known:
            known[key] = max(known.values(), default=0) + 1
            made.append(
                Batch(
                    file=file, number=known[key], sec=key[0], description=key[1], service_class=key[2],
                    effective_on=settles_on,
                )
            )  # fmt: skip
        numbers.append(known[key])
    Batch.objects.bulk_create(made)
    return numbers


def _sec(reply: Reply) -> str:
    """A return keeps the class of its entry; what is said of corrections stands in COR batches."""
    return _NOTICES if reply.kind == ReplyKind.REFUSAL else reply.item.sec


def _description(reply: Reply) -> str:
    entry = reply.item.entry
    return (entry.description if entry else reply.item.description) or _NAMELESS
