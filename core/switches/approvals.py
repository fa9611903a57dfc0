"""Opening what is closed: one person asks, another signs, and the last signature turns the switch."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from django.urls import reverse

from core.actors import Actor
from core.approvals import registry
from core.approvals.actions import Action, Content, Execution
from core.approvals.models import ApprovalRequest
from core.approvals.services import requests
from core.audit.chain import JSON
from core.switches import selectors
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.services import UnableToTurn

MINUTES = "minutes"
OWNER = "owner"


class OpenSwitch(Action):
    """The subject is `PAYMENTS` or `PAYMENTS/gateway:sandbox`. Given are `minutes` from the last signature on (0: until
    it is closed) and `owner`, who answers for it.
    """

    name: ClassVar[str] = "switches.open"
    title: ClassVar[str] = "Open a switch"
    ask_permission: ClassVar[str] = "switches.change_switch"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 24,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "switches.approve_switch", "count": 1}}],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises UnableToTurn. A turn that comes between asking and signing voids what was signed."""
        switch, scope = split(subject)
        switches.require_sensible_opening(
            switch, reason="asked", scope=scope, expires_at=_expires_at(given, now), now=now
        )
        turn = selectors.find_in_force(switch=switch, scope=scope, now=now)
        minutes = _minutes(given)
        where = scope or "everywhere"
        until = f"for {_in_words(minutes)} from the last signature on" if minutes else "until it is closed"
        return Content(
            summary=f"Open {switch} {where} {until}",
            version={
                "turn": turn.pk if turn else None,
                "state": turn.state if turn else None,
                "closedBy": turn.actor if turn else None,
                "closedFor": turn.reason if turn else None,
            },
            facts={"switch": switch.value, "scope": scope, MINUTES: minutes},
            url=reverse("admin:switch", args=[switch.value]),
        )

    def effect(self, execution: Execution) -> None:
        switch, scope = split(execution.subject)
        switches.turn_open(
            switch=switch,
            scope=scope,
            reason=execution.reason[: switches.LONGEST_REASON],
            owner=str(execution.given.get(OWNER) or execution.asked_by),
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
            expires_at=_expires_at(execution.given, execution.now),
        )


def ask(
    *, switch: Switch, scope: str, minutes: int, owner: str, reason: str, actor: Actor, now: datetime
) -> ApprovalRequest:
    """Put the question. Raises UnableToTurn and the refusals of `core.approvals.services.requests.ask`."""
    return requests.ask(
        action=OpenSwitch.name,
        subject=join(switch, scope),
        given={MINUTES: minutes, OWNER: owner},
        reason=reason,
        actor=actor,
        now=now,
    )


def join(switch: Switch, scope: str) -> str:
    """The subject of a request; the database puts it together in the same way."""
    return f"{switch.value}/{scope}" if scope else switch.value


def split(subject: str) -> tuple[Switch, str]:
    """Raises UnableToTurn for what names no switch."""
    name, _, scope = subject.partition("/")
    if name not in Switch.values:
        raise UnableToTurn(f"no switch is named {name}")
    return Switch(name), scope


def _minutes(given: Mapping[str, JSON]) -> int:
    minutes = given.get(MINUTES, 0)
    if type(minutes) is not int or minutes < 0:
        raise UnableToTurn("minutes are a whole number")
    return minutes


def _expires_at(given: Mapping[str, JSON], now: datetime) -> datetime | None:
    minutes = _minutes(given)
    return now + timedelta(minutes=minutes) if minutes else None


def _in_words(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


registry.register(OpenSwitch())
