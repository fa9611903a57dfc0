"""Steps that are due become files to be fetched, and money moves with them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from ach.enums import Direction
from ach.models import Originator, SandboxInbox, SandboxMovement, SandboxOutbox, SandboxPosting
from ach.nacha.records import BatchHeader, Entry
from ach.nacha.write import MOST_CENTS
from ach.sandbox import answers, behaviours, clocks, files, moments, shapes
from ach.sandbox.answers import Answer, Told
from ach.sandbox.behaviours import Manner, Say, Step
from ach.sandbox.dishonoring import told
from ach.sandbox.enums import MovementKind, OutboxKind, PostingState
from ach.sandbox.judging import originals
from ach.sandbox.moments import Settled
from ach.sandbox.shapes import Shape

CHUNK = 1_000
_MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Nine steps of one entry have traces of their own; after 1.1 million entries numbers begin anew.
_SEQUENCES, _STEPS = 9_999_990, 9
_ENDS_IN = {
    Say.RETURN: PostingState.RETURNED,
    Say.DISHONOR: PostingState.DISHONORED,
    Say.CONTEST: PostingState.CONTESTED,
}
_MOVES_AS = {Say.RETURN: MovementKind.RETURN, Say.DISHONOR: MovementKind.DISHONOR, Say.CONTEST: MovementKind.CONTEST}


class FileKey(NamedTuple):
    """What stands in one file: of one originator, moment, form of bank, and kind of answer."""

    originator_id: int
    at: datetime
    shape: Shape
    manner: Manner
    say: Say
    sec: str


@dataclass(frozen=True, slots=True)
class Due:
    posting: SandboxPosting
    step: Step
    at: datetime


def answer_due(*, now: datetime) -> int:
    """Everything due by now, oldest first; a step that becomes due by it follows. How many steps were taken."""
    total = 0
    while found := list(_due(now)):
        total += take_steps(found)
    return total


def _due(now: datetime) -> list[Due]:
    waiting = SandboxPosting.objects.filter(answers_at__lte=now).select_related("inbox__originator")
    rows = waiting.defer("inbox__content").order_by("answers_at", "id")[:CHUNK]
    return [
        Due(each, behaviours.of_digits(each.behaviour).steps[each.step], each.answers_at)
        for each in rows
        if each.answers_at is not None
    ]


def take_steps(due: Sequence[Due]) -> int:
    """Files are written and sealed first; a transaction for each file saves it with what it says, unless the step was
    taken meanwhile."""
    read = _originals([each.posting for each in due])
    groups: dict[FileKey, list[Due]] = defaultdict(list)
    for each in due:
        groups[_key(each)].append(each)
    for key in sorted(groups, key=lambda key: key.at):
        for portion in _portions(groups[key]):
            _write(key, portion, read)
    return len(due)


def _portions(due: Sequence[Due]) -> Iterator[list[Due]]:
    """As much as the totals of one file can say."""
    portion: list[Due] = []
    cents = 0
    for each in due:
        cents += each.posting.amount_minor
        if cents > MOST_CENTS:
            yield portion
            portion, cents = [], each.posting.amount_minor
        portion.append(each)
    yield portion


def _key(due: Due) -> FileKey:
    step, posting = due.step, due.posting
    # The class of an ordinary batch is put into the finished file.
    sec = posting.sec if step.manner is Manner.IN_ORDINARY_BATCH else ""
    shape = shapes.of_bank(posting.routing)
    return FileKey(posting.inbox.originator_id, due.at, shape, step.manner, step.say, sec)


def _originals(postings: Sequence[SandboxPosting]) -> dict[int, tuple[BatchHeader, Entry]]:
    """By posting; each file is opened once."""
    by_file: dict[int, dict[int, int]] = defaultdict(dict)
    for each in postings:
        by_file[each.inbox_id][each.line] = each.pk
    found = {}
    for file_id, lines in by_file.items():
        content = files.content_of(SandboxInbox.objects.get(pk=file_id))
        for line, header, entry in originals(content, lines):
            found[lines[line]] = (header, entry)
    return found


def _write(key: FileKey, due: Sequence[Due], read: dict[int, tuple[BatchHeader, Entry]]) -> None:
    said = [_answer(each, *read[each.posting.pk]) for each in due]
    originator = due[0].posting.inbox.originator
    content = answers.file_of(
        said, shape=key.shape, manner=key.manner, destination=originator.odfi_routing,
        modifier=_modifier(originator, key.at), at=key.at,
    )  # fmt: skip
    copies = 2 if key.manner is Manner.TWICE else 1
    day = moments.banking_day_of(key.at)
    name = f"returns_{day:%Y%m%d}_{{id}}.ach"
    rows = [
        files.sealed_answer(
            originator=originator, name=name, kind=OutboxKind.ANSWERS, content=content, at=key.at
        )
        for _ in range(copies)
    ]  # fmt: skip
    _save(rows, due, said, day)


def _modifier(originator: Originator, at: datetime) -> str:
    made = SandboxOutbox.objects.filter(originator=originator, kind=OutboxKind.ANSWERS, made_at=at).count()
    return _MODIFIERS[made % len(_MODIFIERS)]


def _answer(due: Due, header: BatchHeader, entry: Entry) -> Answer:
    posting = due.posting
    return Answer(
        header=header,
        entry=entry,
        step=due.step,
        sequence=(posting.pk * _STEPS + len(posting.told)) % _SEQUENCES + 1,
        settled_on=posting.settles_on,
        told=tuple(Told(Say(t["say"]), t["code"], t["trace"], date.fromisoformat(t["day"])) for t in posting.told),
    )


def _save(rows: Sequence[SandboxOutbox], due: Sequence[Due], said: Sequence[Answer], day: date) -> None:
    """Nothing of it where one of the steps was taken meanwhile: the next pass sees what is left."""
    known = {each.posting.pk: each for each in due}
    with transaction.atomic():
        locked = list(SandboxPosting.objects.select_for_update(no_key=True).filter(pk__in=known).order_by("pk"))
        if any(len(each.told) != len(known[each.pk].posting.told) for each in locked):
            return
        for row in rows:
            row.save(force_insert=True)
        answered = {each.posting.pk: answer for each, answer in zip(due, said, strict=True)}
        for posting in locked:
            _apply(posting, known[posting.pk], answered[posting.pk], day)


def _apply(posting: SandboxPosting, due: Due, answer: Answer, day: date) -> None:
    step = due.step
    settled = posting.state != PostingState.ACCEPTED
    posting.told = [*posting.told, told(step.say, step.code, answer.trace, day.isoformat())]
    if due.posting.answers_at == due.at:
        posting.step, posting.answers_at = posting.step + 1, _next(due.posting)
    if step.moves:
        posting.state = _ENDS_IN[step.say]
        # What had not settled moved no money, so none comes back.
        if settled and answer.amount:
            amount = -answer.amount if step.say is Say.DISHONOR else answer.amount
            SandboxMovement.objects.create(
                posting=posting, day=day, kind=_MOVES_AS[step.say], code=step.code,
                amount_minor=-amount if posting.direction == Direction.DEBIT else amount,
            )  # fmt: skip
    posting.save(update_fields=["told", "step", "answers_at", "state"])


def _next(posting: SandboxPosting) -> datetime | None:
    """When the step after this one is due."""
    steps = behaviours.of_digits(posting.behaviour).steps
    if posting.step + 1 >= len(steps):
        return None
    received_at = posting.inbox.received_at
    settled = Settled(posting.settles_on, posting.settles_at)
    return moments.answer(
        steps[posting.step + 1].after, received_at=received_at, settled=settled, hours=clocks.hours(received_at)
    )
