"""The time of a turn is over: noticed once, told once."""

from datetime import datetime

from django.db import transaction

from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox
from core.switches import selectors
from core.switches.enums import State, Switch
from core.switches.events import SwitchTurnRanOut
from core.switches.models import SwitchExpiry, SwitchTurn


def notice(*, turn: SwitchTurn, now: datetime) -> bool:
    """Record and publish that this turn has run out; False when somebody did already."""
    successor = selectors.find_in_force(switch=Switch(turn.switch), scope=turn.scope, now=now)
    # A scope that falls back to nothing is as open as everywhere is.
    state = State(successor.state) if successor else State.OPEN
    with transaction.atomic():
        _, is_first = SwitchExpiry.objects.get_or_create(turn=turn, defaults={"state": state, "noticed_at": now})
        if not is_first:
            return False
        audit.record(
            actor=SYSTEM,
            action="switches.turn.ran_out",
            subject=f"switch:{turn.switch}",
            at=now,
            details={"turn": turn.pk, "scope": turn.scope, "turned_by": turn.actor, "state": state.value},
        )
        outbox.publish(
            SwitchTurnRanOut(
                turn_id=turn.pk,
                switch=str(turn.switch),
                scope=turn.scope,
                state=state.value,
                owner=turn.responsible,
                ran_out_at=now,
            ),
            now=now,
        )
    return True
