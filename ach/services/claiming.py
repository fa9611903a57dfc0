"""What is due is assigned to a file: state, batch and trace number of up to a thousand entries in one transaction.

One originator is claimed for by one worker at a time: its row is locked, so trace numbers are given in order and never
twice. Locks come in the order originator, cutoff, file, entries; an entry that somebody cancels or holds meanwhile is
left out and looked at again in the next pass.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from ach.enums import Carries, CutoffState, EntryState, FileState
from ach.models import Batch, Cutoff, Entry, File, Originator
from ach.nacha.write import MOST_CENTS, MOST_SEQUENCE
from ach.outgoing import service_class
from ach.parameters import number
from ach.services import headers, holding
from ach.services.lateness import Plan, plans
from core import ids
from core.actors import SYSTEM
from core.audit import services as audit
from core.work import failpoints

_TAKE = """
SELECT e.id, e.public_id, e.kind, e.reference, e.livemode, e.sec, e.description, e.direction, e.priority,
       e.effective_on, e.amount_minor, a.state, p.status,
       EXISTS (SELECT FROM ach_change c WHERE c.account_id = e.account_id AND c.state IN ('OPEN', 'ASKED'))
FROM ach_entry e JOIN compliance_bankaccount a ON a.id = e.account_id JOIN compliance_party p ON p.id = e.party_id
WHERE e.originator_id = %s AND e.state = 'WAITING' AND e.due_at <= %s
ORDER BY e.due_at, e.id LIMIT %s FOR NO KEY UPDATE OF e SKIP LOCKED
"""
_ASSIGN = """
UPDATE ach_entry e
SET state = 'FILED', file_id = %s, filed_at = %s, batch_number = v.batch, trace = v.trace, effective_on = v.effective,
    priority = v.priority, state_why = v.why
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::date[], %s::text[], %s::text[])
     AS v (id, batch, trace, effective, priority, why)
WHERE e.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One entry that could go, as `_TAKE` finds it."""

    pk: int
    public_id: str
    kind: str
    reference: str
    livemode: bool
    sec: str
    description: str
    direction: str
    priority: str
    effective_on: object
    amount_minor: int
    account_state: str
    party_status: str
    is_corrected: bool


def earliest_due(originator_pk: int, now: datetime) -> datetime | None:
    """The oldest cutoff that has come and that entries still wait for."""
    waiting = Entry.objects.filter(originator=originator_pk, state=EntryState.WAITING, due_at__lte=now)
    return waiting.order_by("due_at").values_list("due_at", flat=True).first()


def claim(*, originator_pk: int, at: datetime, now: datetime) -> int:
    """Everything that waits for that cutoff. Returns how many entries were filed or held."""
    total = 0
    while done := _claim_some(originator_pk, at, now):
        total += done
        failpoints.reach("ach.claimed")
    return total


def _claim_some(originator_pk: int, at: datetime, now: datetime) -> int:
    with transaction.atomic():
        originator = Originator.objects.select_for_update(no_key=True).get(pk=originator_pk)
        cutoff = cutoff_of(originator, at, now)
        file = joinable(originator, cutoff, Carries.ENTRIES, now)
        due = _take(originator, at, _room(originator, file, now))
        going, held = holding.sort_out(due)
        holding.hold(held, now=now)
        going = _within_totals(going, file)
        if not going and due and len(held) < len(due):
            # What is next would not fit the twelve digits of a total: it begins another file.
            file, going = None, _within_totals(holding.sort_out(due)[0], None)
        if going:
            file = file or headers.new_file(originator, cutoff, now=now)
            _assign(originator, cutoff, file, going, now)
        if due:
            cutoff.pending += len(going) + len(held)
            cutoff.save(update_fields=["state", "done_at", "pending", "note"])
    return len(going) + len(held)


def cutoff_of(originator: Originator, at: datetime, now: datetime) -> Cutoff:
    """The row of that moment. One that was done is open again: an entry was accepted at the last moment."""
    cutoff, _ = Cutoff.objects.select_for_update(no_key=True).get_or_create(
        originator=originator, at=at,
        defaults={"public_id": ids.prefixed("cut", now), "livemode": originator.livemode, "created_at": now},
    )  # fmt: skip
    cutoff.state, cutoff.done_at = CutoffState.CLAIMED, None
    return cutoff


def joinable(originator: Originator, cutoff: Cutoff, carries: Carries, now: datetime) -> File | None:
    """The file that is being filled: not full, and with no trace number that would come again behind a higher one."""
    planned = File.objects.select_for_update(no_key=True).defer("content")
    file = (
        planned.filter(cutoff=cutoff, state=FileState.PLANNED, replaces=None, carries=carries).order_by("-pk").first()
    )
    if file is None or file.entry_count >= number("file_entries", now):
        return None
    if file.first_trace is not None and originator.next_trace <= file.first_trace:
        return None
    return file


def _room(originator: Originator, file: File | None, now: datetime) -> int:
    in_file = number("file_entries", now) - (file.entry_count if file else 0)
    return min(number("claim_entries", now), in_file, MOST_SEQUENCE - originator.next_trace + 1)


def _take(originator: Originator, at: datetime, limit: int) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [originator.pk, at, limit])
        return [Due(*row) for row in cursor.fetchall()]


def _within_totals(due: Sequence[Due], file: File | None) -> list[Due]:
    """As many as the totals of one file can say."""
    totals = Counter({"DEBIT": file.debit_minor, "CREDIT": file.credit_minor}) if file else Counter[str]()
    fits = []
    for each in due:
        totals[each.direction] += each.amount_minor
        if totals[each.direction] > MOST_CENTS:
            break
        fits.append(each)
    return fits


def _assign(originator: Originator, cutoff: Cutoff, file: File, going: list[Due], now: datetime) -> None:
    planned = plans(going, at=cutoff.at, now=now)
    numbers = _batches(file, [(each, planned[_terms(each)]) for each in going])
    odfi, first = originator.odfi_routing[:8], originator.next_trace
    chosen = [planned[_terms(each)] for each in going]
    with connection.cursor() as cursor:
        cursor.execute(
            _ASSIGN,
            [
                file.pk, now, [each.pk for each in going], numbers,
                [f"{odfi}{sequence:07d}" for sequence in range(first, first + len(going))],
                [plan.effective for plan in chosen], [plan.priority for plan in chosen], [plan.why for plan in chosen],
            ],
        )  # fmt: skip
    last = first + len(going) - 1
    originator.next_trace = 1 if last >= MOST_SEQUENCE else last + 1
    originator.save(update_fields=["next_trace"])
    file.first_trace = file.first_trace or first
    file.entry_count += len(going)
    file.debit_minor += sum(each.amount_minor for each in going if each.direction == "DEBIT")
    file.credit_minor += sum(each.amount_minor for each in going if each.direction == "CREDIT")
    file.batches = max([*numbers, file.batches])
    file.save(update_fields=["first_trace", "entry_count", "debit_minor", "credit_minor", "batches"])
    cutoff.note = next((plan.why for plan in chosen if plan.why), cutoff.note)
    audit.record(
        actor=SYSTEM, action="ach.cutoff.claimed", subject=cutoff.public_id, at=now,
        details={"file": file.public_id, "entries": len(going), "first_trace": first, "note": cutoff.note},
    )  # fmt: skip


def _terms(each: Due) -> tuple[str, str, str, object]:
    return (each.priority, each.direction, each.sec, each.effective_on)


def _batches(file: File, planned: list[tuple[Due, Plan]]) -> list[int]:
    """The batch of each entry, by class, description, direction and days; new ones are numbered on."""
    known = {
        (row.sec, row.description, row.service_class, row.effective_on, row.descriptive_date): row.number
        for row in Batch.objects.filter(file=file)
    }
    last, made, numbers = max(known.values(), default=0), [], []
    for each, plan in planned:
        key = (each.sec, each.description, service_class(each.direction), plan.effective, plan.descriptive_date)
        if key not in known:
            last += 1
            known[key] = last
            made.append(
                Batch(
                    file=file, number=last, sec=key[0], description=key[1], service_class=key[2],
                    effective_on=plan.effective, descriptive_date=plan.descriptive_date,
                )
            )  # fmt: skip
        numbers.append(known[key])
    Batch.objects.bulk_create(made)
    return numbers
