"""Cases of the rail: something a person has to look at, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.enums import CaseKind, CaseState
from ach.events import CaseOpened
from ach.models import Case
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox


class CaseNotFound(Refusal):
    code: ClassVar[str] = "ACH_CASE_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such case"


class CaseClosed(Refusal):
    code: ClassVar[str] = "ACH_CASE_CLOSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The case is closed"


def open_(
    *,
    kind: CaseKind,
    subject: str,
    summary: str,
    livemode: bool,
    now: datetime,
    amount_minor: int = 0,
    facts: Mapping[str, JSON] | None = None,
) -> Case:
    """The open case of that kind and subject, made if there is none. In the caller's transaction or its own."""
    with transaction.atomic():
        case, is_new = Case.objects.get_or_create(
            kind=kind,
            subject=subject,
            state=CaseState.OPEN,
            defaults={
                "public_id": ids.prefixed("achcase", now),
                "livemode": livemode,
                "summary": summary[:200],
                "facts": dict(facts or {}),
                "amount_minor": amount_minor,
                "opened_at": now,
            },
        )
        if is_new:
            _record(case, "opened", actor=SYSTEM, now=now)
            outbox.publish(CaseOpened(case.public_id, kind, subject, case.summary, livemode, now), now=now)
    return case


def close(*, case_id: str, resolution: str, actor: Actor, now: datetime) -> Case:
    """Raises CaseNotFound, CaseClosed."""
    with transaction.atomic():
        case = Case.objects.select_for_update(no_key=True).filter(public_id=case_id).first()
        if case is None:
            raise CaseNotFound(f"no case is named {case_id[:40]}")
        if case.state != CaseState.OPEN:
            raise CaseClosed(f"it was closed by {case.closed_by}")
        _close(case, resolution, actor, now)
    return case


def close_of(*, kind: CaseKind, subject: str, resolution: str, actor: Actor, now: datetime) -> None:
    """What the case was about has settled itself; nothing where none is open."""
    with transaction.atomic():
        case = (
            Case.objects.select_for_update(no_key=True).filter(kind=kind, subject=subject, state=CaseState.OPEN).first()
        )
        if case is not None:
            _close(case, resolution, actor, now)


def _close(case: Case, resolution: str, actor: Actor, now: datetime) -> None:
    case.state, case.closed_at, case.closed_by, case.resolution = CaseState.CLOSED, now, str(actor), resolution[:500]
    case.save(update_fields=["state", "closed_at", "closed_by", "resolution"])
    _record(case, "closed", actor=actor, now=now)


def _record(case: Case, verb: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor, action=f"ach.case.{verb}", subject=case.public_id, at=now,
        details={"kind": case.kind, "about": case.subject, "livemode": case.livemode},
    )  # fmt: skip
