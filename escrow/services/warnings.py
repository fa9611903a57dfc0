"""A deadline is near, or nobody signed: whoever is to hear of it gets an e-mail.

The mail leaves from the work list, outside any transaction; sent twice, after a crash, it carries one Message-ID.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from core.work import services as work
from escrow.enums import TimerKind
from escrow.events import EscrowWarned
from escrow.models import Escrow
from escrow.selectors import escalation, escrows
from escrow.services.escrows import money
from escrow.services.firings.questions import SIGNATURES

WORK = "escrow.send_warning"
WHAT = {
    TimerKind.AUTO_RELEASE: "is released to the payee by itself",
    TimerKind.AUTO_REFUND: "goes back to the payer by itself",
    SIGNATURES: "waits: nobody signed its release in time",
}


def order_mail(event: EscrowWarned, *, now: datetime) -> None:
    """In the caller's transaction. One mail for each deadline and warning, however often it is heard."""
    due_at = event.due_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    work.enqueue(
        kind=WORK,
        key=f"{event.escrow_id}:{event.action}:{event.hours}:{due_at}",
        payload={
            "escrow_id": event.escrow_id, "livemode": event.livemode, "action": event.action, "hours": event.hours,
            "due_at": event.due_at.isoformat(),
        },
        due_at=now,
        now=now,
    )  # fmt: skip


def send(*, key: str, payload: dict[str, Any]) -> int:
    """To those who are named for it and those who may sign. Returns how many; none where the escrow has ended."""
    escrow = escrows.get(payload["escrow_id"], livemode=payload["livemode"])
    to = [] if escrow.closed_at else escalation.recipients(escrow)
    if not to:
        return 0
    subject, body = _words(escrow, payload)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    EmailMessage(
        subject=subject,
        body=body,
        to=[settings.DEFAULT_FROM_EMAIL],
        bcc=to,
        headers={"Message-ID": f"<{digest}@escrow.holdfast>"},
    ).send()
    return len(to)


def _words(escrow: Escrow, payload: dict[str, Any]) -> tuple[str, str]:
    """Ids, amount and hour; nothing about persons."""
    due = datetime.fromisoformat(payload["due_at"]).astimezone(UTC)
    what = WHAT.get(payload["action"], "needs a look")
    mode = "" if escrow.livemode else " (test)"
    when = f"on {due:%d %B %Y at %H:%M} UTC" if payload["hours"] else f"since {due:%d %B %Y at %H:%M} UTC"
    body = (
        f"Escrow {escrow.public_id}{mode} {what} {when}.\n\n"
        f"Held: {money(escrow, escrow.held_minor)}\n\n"
        "Its page in the console says what happens if nobody acts. Find it by its id.\n"
    )
    lead = f"in {payload['hours']} h" if payload["hours"] else "signatures missing"
    return f"Escrow {escrow.public_id}{mode}: {lead}", body
