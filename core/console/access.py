"""Who looked at what: one fact in the audit chain for each person, thing and few minutes."""

from django.db import transaction
from django.http import HttpRequest

from core import clock
from core.audit import selectors as audit_selectors
from core.audit import services as audit
from core.audit.models import VIEWED
from core.console import pages
from core.staff import parameters, presence
from core.telemetry import origin

LONGEST_SUBJECT = 120


def viewed(request: HttpRequest, *, subject: str, what: str) -> None:
    """The person at the screen sees `subject` (a public id), which is a `what` (`payment`, `review case`).

    Looking again within minutes is the same view, and what a window asks for by itself is none.
    """
    if presence.BACKGROUND_HEADER in request.headers:
        return
    now, actor, seen = clock.now(), pages.actor(request), subject[:LONGEST_SUBJECT]
    if audit_selectors.has_viewed(actor_id=actor.id, subject=seen, since=now - parameters.view_noted(now)):
        return
    with transaction.atomic():
        audit.record(
            actor=actor, action=VIEWED, subject=seen, at=now, origin=origin.address(request),
            details={"what": what, "live": pages.is_live(request)},
        )  # fmt: skip
