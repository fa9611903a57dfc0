"""What is answered to a bank, as the pages of a return, a correction and a file show it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from ach.enums import ReplyState
from ach.models import Reply
from ach.nacha.changes import REFUSAL_CODES
from ach.nacha.reasons import REASONS
from ach.views.acting import who
from core.console.components import Column, Fact, Table

TO_BE_SENT = (ReplyState.WAITING, ReplyState.PARKED)


def facts(reply: Reply | None) -> list[Fact]:
    """Where the reply stands; nothing where there is none."""
    if reply is None:
        return []
    waits = reply.state in TO_BE_SENT
    shown = [
        Fact("Says", code_in_words(reply)),
        Fact("Amount", reply.amount_minor, "money"),
        Fact("Cutoff", reply.due_at if waits else None, "stamp"),
        Fact("In time until", reply.deadline_at if reply.state != ReplyState.SENT else None, "stamp"),
        Fact("File", reply.file.name if reply.file else "", url=_file(reply)),
        Fact("Line", reply.line, "number", url=_line(reply)),
        Fact("Trace", reply.trace, "code"),
        Fact("Sent", reply.sent_at, "stamp"),
        Fact("Why", reply.state_why),
        Fact("Decided", reply.created_at, "stamp", hint=who(reply.created_by)),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def table(replies: Sequence[Reply]) -> Table:
    """Those of one file, in its order."""
    return Table(
        [Column("Line", "line", "number"), Column("Says", "says"), Column("Amount", "amount_minor", "money"),
         Column("State", "state", "status"), Column("Trace", "trace", "code", hide_on_phone=True),
         Column("Original trace", "original_trace", "code", hide_on_phone=True)],
        [_row(reply) for reply in replies],
        caption="Dishonored returns and refused corrections",
        empty="It carries none any more",
    )  # fmt: skip


def code_in_words(reply: Reply) -> str:
    """`R68 untimely return`."""
    reason = REASONS.get(reply.code)
    return f"{reply.code} {reason.meaning if reason else REFUSAL_CODES.get(reply.code, '')}".strip()


def about_url(reply: Reply) -> str:
    """The page of the return or of the correction that it answers."""
    if reply.change is not None:
        return reverse("admin:ach_change", args=[reply.change.public_id])
    return reverse("admin:ach_item", args=[reply.item.public_id])


def _row(reply: Reply) -> dict[str, Any]:
    return {
        "url": about_url(reply), "line": reply.line, "says": code_in_words(reply), "state": reply.state,
        "amount_minor": reply.amount_minor, "currency": "USD", "trace": reply.trace,
        "original_trace": reply.item.original_trace,
    }  # fmt: skip


def _file(reply: Reply) -> str:
    return reverse("admin:ach_file", args=[reply.file.public_id]) if reply.file else ""


def _line(reply: Reply) -> str:
    if reply.file is None or not reply.line:
        return ""
    return f"{reverse('admin:ach_file_records', args=[reply.file.public_id])}?line={reply.line}#L{reply.line}"
