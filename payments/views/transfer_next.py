"""What happens to a transfer next, and when, if nobody does anything."""

from datetime import datetime

from ach.enums import EntryState
from ach.models import Entry
from core.console import jumps
from core.console.components import Next
from payments.selectors.transfer_lists import Story
from payments.transfer_enums import TransferState

_OVER = {
    TransferState.FAILED: "Nothing: it was refused, and no money moves",
    TransferState.CANCELLED: "Nothing: it was taken back before it left",
}


def comes_next(story: Story, *, now: datetime) -> Next:
    state = TransferState(story.transfer.state)
    if state in _OVER:
        return Next(_OVER[state])
    if state == TransferState.PENDING_REVIEW:
        return _reviewed(story)
    if state == TransferState.PENDING_APPROVAL:
        return _signed(story)
    entry = story.latest
    if entry is None:
        return Next("Nothing is known of its entry", None, "bad")
    if state == TransferState.REQUIRES_ATTENTION:
        return Next(f"A person looks at it: {entry.state_why or story.transfer.state_why}", None, "bad", _url(entry))
    if state in (TransferState.PROCESSING, TransferState.ACKNOWLEDGED):
        return Next("It settles", entry.settles_at, "", _url(entry))
    if state == TransferState.COMPLETED:
        return _completed(story, now)
    if state == TransferState.RETURNED:
        return Next(f"Nothing by itself: it came back as {story.transfer.return_code}", None, "bad", _url(entry))
    return _submitted(entry)


def _reviewed(story: Story) -> Next:
    if story.case is None:
        return Next("A person judges it", None, "careful")
    words = "A person judges it; without a judgement it is declined"
    return Next(words, story.case.next_action_at, "careful", jumps.address(story.case.case_id))


def _signed(story: Story) -> Next:
    if story.approval is None:
        return Next("It waits for signatures", None, "careful")
    words = "People sign it; without their signatures it is declined"
    return Next(words, story.approval.expires_at, "careful", jumps.address(story.approval.request_id))


def _submitted(entry: Entry) -> Next:
    if entry.state == EntryState.HELD:
        return Next(f"It is held: {entry.state_why}", None, "careful", _url(entry))
    if entry.state == EntryState.FILED and entry.file is not None:
        return Next(f"{entry.file.name} is sent to the bank", None, "", jumps.address(entry.file.public_id))
    return Next("It leaves with its cutoff", entry.due_at, "", _url(entry))


def _completed(story: Story, now: datetime) -> Next:
    held = [each for each in story.bookings if each.release_at and each.released_at is None and not each.returned_at]
    if held:
        at = held[0].release_at
        late = at is not None and at <= now
        return Next("Its money is held, then it is the payee's", at, "careful" if late else "")
    return Next("Nothing: it has settled; what can still come is a return")


def _url(entry: Entry) -> str:
    return jumps.address(entry.public_id)
