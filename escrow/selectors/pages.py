"""One escrow with everything its page and its answer show: read once, in a fixed number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.approvals.models import OPEN, ApprovalRequest
from core.approvals.selectors import quorum
from core.approvals.selectors.quorum import Quorum
from core.staff.models import User
from escrow.enums import TermsState
from escrow.models import Condition, Escrow, Lock, Movement, Part, Terms, Timer
from escrow.selectors import next_actions
from escrow.selectors.agreements import InForce
from escrow.terms import document
from escrow.terms.timeline import NextAction

MOST = 500
"""Rows of one kind on one page; an escrow has a handful."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an escrow stands now. `terms` None: not agreed yet. `proposed` is a version that waits for agreement.

    `question` is the release that waits for signatures, with whose count.
    """

    escrow: Escrow
    terms: InForce | None
    proposed: Terms | None
    versions: list[Terms]
    locks: list[Lock]
    question: Quorum | None
    next_action: NextAction

    @property
    def open_locks(self) -> list[Lock]:
        return [lock for lock in self.locks if lock.lifted_at is None]


@dataclass(frozen=True, slots=True)
class Ledgered:
    """What the money was cut into, and how each piece ended."""

    parts: list[Part]
    movements: list[Movement]
    timers: list[Timer]


def standing(escrow: Escrow, *, now: datetime) -> Standing:
    versions = list(Terms.objects.filter(escrow=escrow).order_by("-version")[:MOST])
    agreed = next((row for row in versions if row.state == TermsState.AGREED), None)
    proposed = next((row for row in versions if row.state == TermsState.PROPOSED), None)
    terms = _in_force(agreed) if agreed else None
    return Standing(
        escrow=escrow,
        terms=terms,
        proposed=proposed,
        versions=versions,
        locks=list(Lock.objects.filter(escrow=escrow).order_by("-placed_at", "-id")[:MOST]),
        question=question(escrow, now=now),
        next_action=next_actions.next_action(escrow, terms, now),
    )


def ledgered(escrow: Escrow) -> Ledgered:
    return Ledgered(
        parts=list(Part.objects.filter(escrow=escrow).order_by("number")[:MOST]),
        movements=list(Movement.objects.filter(escrow=escrow).select_related("part").order_by("id")[:MOST]),
        timers=list(Timer.objects.filter(escrow=escrow).order_by("due_at", "id")[:MOST]),
    )


def question(escrow: Escrow, *, now: datetime) -> Quorum | None:
    """The one release of this escrow that waits for signatures."""
    asked = ApprovalRequest.objects.filter(OPEN, action=next_actions.RELEASE, subject=escrow.public_id).first()
    return quorum.of(asked, now=now) if asked else None


def _in_force(row: Terms) -> InForce:
    conditions = Condition.objects.filter(terms=row).order_by("number")
    return InForce(row, document.parse(row.document), {each.condition_id: each for each in conditions})


def releases_asked(escrow: Escrow) -> list[ApprovalRequest]:
    """Every question there was about a release of it, newest first."""
    asked = ApprovalRequest.objects.filter(action=next_actions.RELEASE, subject=escrow.public_id)
    return list(asked.order_by("-id")[:MOST])


def questions(*, livemode: bool, user: User, now: datetime) -> list[Quorum]:
    """Releases of a mode that wait, those that expire first first, each counted with this person in mind."""
    asked = ApprovalRequest.objects.filter(OPEN, action=next_actions.RELEASE, expires_at__gt=now)
    there = [row for row in asked.order_by("expires_at", "id")[:MOST] if row.content["facts"]["livemode"] == livemode]
    return quorum.list_of(there, now=now, extra=[user])


def open_locks(escrows: Iterable[Escrow]) -> dict[int, frozenset[str]]:
    """Reasons by primary key: one statement."""
    found: dict[int, set[str]] = {}
    rows = Lock.objects.filter(escrow__in=list(escrows), lifted_at__isnull=True)
    for key, reason in rows.values_list("escrow", "reason"):
        found.setdefault(key, set()).add(reason)
    return {key: frozenset(reasons) for key, reasons in found.items()}
