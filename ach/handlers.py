"""What the rail does about signatures and its own files."""

from datetime import datetime

from ach import inbound_handlers as inbound_handlers
from ach.events import FileDelivered
from ach.services import notices, releasing
from core.actors import Actor
from core.approvals.events import ApprovalEnded
from core.outbox import services as outbox
from core.work import services as work


@outbox.handles(ApprovalEnded)
def on_approval_ended(event: ApprovalEnded, *, now: datetime) -> None:
    """Denied, withdrawn, expired or void: the file does not leave."""
    if event.action == releasing.ACTION:
        kind, _, name = event.actor.partition(":")
        releasing.end_question(
            file_id=event.subject, request_id=event.request_id, why=f"{event.state.lower()}: {event.reason}",
            actor=Actor(kind, name), now=now,
        )  # fmt: skip


@outbox.handles(FileDelivered)
def on_file_delivered(event: FileDelivered, *, now: datetime) -> None:
    work.enqueue(kind=notices.WORK, key=event.file_id, payload={}, due_at=now, now=now)
