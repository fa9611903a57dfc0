"""Switches that were opened again: asked for by one person, signed by another."""

from datetime import datetime

from django.utils import timezone

from core.actors import Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import sign
from core.switches import approvals
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from tests.factories import staff
from tests.factories.approvals import code_of

ON_CALL = Actor("STAFF", "grace@holdfast.test", frozenset({"ON_CALL"}))
_EMAIL = "controller.of.switches@holdfast.example"


def controller() -> staff.Person:
    return staff.person("CONTROLLER", email=f"{timezone.now().timestamp()}.{_EMAIL}")


def asked(
    switch: Switch = Switch.PAYMENTS,
    *,
    scope: str = "",
    minutes: int = 0,
    reason: str = "acquirer is well",
    actor: Actor = ON_CALL,
    now: datetime,
) -> ApprovalRequest:
    return approvals.ask(switch=switch, scope=scope, minutes=minutes, owner="", reason=reason, actor=actor, now=now)


def signed(request: ApprovalRequest, person: staff.Person, *, now: datetime) -> ApprovalRequest:
    return sign(
        request_id=request.request_id,
        user=person.user,
        digest=request.digest,
        code=code_of(person),
        reason="",
        device="Firefox on Linux",
        origin="198.51.100.7",
        now=now,
        present=timezone.now(),
    )


def opened(
    switch: Switch = Switch.PAYMENTS,
    *,
    scope: str = "",
    minutes: int = 0,
    reason: str = "acquirer is well",
    actor: Actor = ON_CALL,
    now: datetime,
) -> SwitchTurn:
    person = controller()
    request = signed(asked(switch, scope=scope, minutes=minutes, reason=reason, actor=actor, now=now), person, now=now)
    return SwitchTurn.objects.get(approval_id=request.request_id)
