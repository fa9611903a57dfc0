"""Every event of the network by hand, for one entry of ours that the sandbox bank has: `manage.py sandbox_bank`."""

from datetime import datetime

from django.db import transaction

from ach.models import Entry, SandboxInbox, SandboxPosting
from ach.nacha.changes import CHANGE_CODES
from ach.nacha.reasons import REASONS, Stage
from ach.sandbox import moments, receiving, settling
from ach.sandbox.answering import Due, take_steps
from ach.sandbox.behaviours import After, Say, Step
from ach.sandbox.enums import InboxState, PostingState
from ach.sandbox.files import SandboxRefuses

ACKNOWLEDGE, REJECT, SETTLE = "ACK", "REJECT", "SETTLE"
_SAYS = {Stage.RETURN: Say.RETURN, Stage.DISHONORED: Say.DISHONOR, Stage.CONTESTED: Say.CONTEST}
_FROM = {
    Say.RETURN: frozenset((PostingState.ACCEPTED, PostingState.SETTLED)),
    Say.DISHONOR: frozenset((PostingState.RETURNED,)),
    Say.CONTEST: frozenset((PostingState.DISHONORED,)),
}
_REJECTED = "refused after a second look"


def simulate(*, entry_id: str, code: str, now: datetime) -> SandboxPosting:
    """`code` is ACK, REJECT, SETTLE, a return code (R01 to R53, R61 to R77) or a change code (C01 to C14).

    The file that says it can be fetched at once. What the account number plans otherwise stays planned, except that
    nothing follows a settlement, return or rejection that makes it impossible. Raises SandboxRefuses.
    """
    posting = _posting(entry_id)
    match code:
        case "ACK":
            _acknowledge(posting.inbox, now)
        case "REJECT":
            _reject(posting.inbox, now)
        case "SETTLE":
            _settle(posting, now)
        case _:
            _answer(posting, code, now)
    return _posting(entry_id)


def _posting(entry_id: str) -> SandboxPosting:
    entry = Entry.objects.select_related("file").filter(public_id=entry_id, livemode=False).first()
    if entry is None or entry.file is None or entry.batch_number is None:
        raise SandboxRefuses(f"no filed test entry is named {entry_id[:40]}")
    receiving.read_delivered()
    known = SandboxPosting.objects.filter(
        inbox__originator_id=entry.originator_id, inbox__sha256=entry.file.sha256, batch_number=entry.batch_number,
        trace=entry.trace,
    )  # fmt: skip
    posting = known.select_related("inbox__originator").defer("inbox__content").order_by("-id").first()
    if posting is None:
        raise SandboxRefuses("the bank has no accepted file with this entry")
    return posting


def _acknowledge(file: SandboxInbox, now: datetime) -> None:
    if not receiving.acknowledge(file, at=now):
        raise SandboxRefuses("the file is acknowledged")


def _reject(file: SandboxInbox, now: datetime) -> None:
    """The whole file, as long as nothing of it has settled or come back."""
    with transaction.atomic():
        locked = SandboxInbox.objects.select_for_update(no_key=True).defer("content").get(pk=file.pk)
        postings = SandboxPosting.objects.select_for_update(no_key=True).filter(inbox=file).order_by("pk")
        if locked.state != InboxState.ACCEPTED or any(each.state != PostingState.ACCEPTED for each in postings):
            raise SandboxRefuses("something of the file has settled or come back")
        SandboxPosting.objects.filter(inbox=file).update(state=PostingState.REFUSED, answers_at=None)
        SandboxInbox.objects.filter(pk=file.pk).update(
            state=InboxState.REJECTED, why=_REJECTED, acknowledged_at=None, acknowledges_at=now
        )
    receiving.acknowledge_due(now=now)


def _settle(posting: SandboxPosting, now: datetime) -> None:
    with transaction.atomic():
        moved = SandboxPosting.objects.filter(pk=posting.pk, state=PostingState.ACCEPTED)
        if not moved.update(settles_on=moments.banking_day_of(now), settles_at=now):
            raise SandboxRefuses(f"the entry is {posting.state}")
    settling.settle_due(now=now)


def _answer(posting: SandboxPosting, code: str, now: datetime) -> None:
    step = _step(code)
    if step.say in _FROM and posting.state not in _FROM[step.say]:
        raise SandboxRefuses(f"{code} does not follow: the entry is {posting.state}")
    if step.moves:
        # The plan would say it a second time.
        SandboxPosting.objects.filter(pk=posting.pk).update(answers_at=None)
        posting.answers_at = None
    take_steps([Due(posting, step, now)])


def _step(code: str) -> Step:
    if code in CHANGE_CODES:
        return Step(Say.CHANGE, code, After(), moves=False)
    reason = REASONS.get(code)
    if reason is None:
        raise SandboxRefuses(f"{code[:10]} is no return or change code, and not ACK, REJECT or SETTLE")
    return Step(_SAYS[reason.stage], code, After())
