"""If nobody acts: what the rows of an escrow say about what comes next, and that it does come."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM, Actor
from core.switches import services as switches
from core.switches.enums import Switch
from escrow.enums import LockReason, TimerKind
from escrow.models import Escrow
from escrow.selectors import next_actions
from escrow.services import firing, locks
from escrow.services.firings import registry
from escrow.terms.timeline import NextAction
from tests.factories import disputes, escrows
from tests.factories.clocks import after, fire, funded, met, terms

pytestmark = pytest.mark.django_db


def next_of(escrow: Escrow, hours: float) -> NextAction:
    row = Escrow.objects.get(pk=escrow.pk)
    return next_actions.for_many([row], after(hours))[row.pk]


def told(escrow: Escrow, hours: float) -> tuple[str, float | None]:
    """(action, hours after everything began)."""
    found = next_of(escrow, hours)
    return str(found.action), None if found.at is None else (found.at - after(0)) / timedelta(hours=1)


def test_along_the_documented_escrow() -> None:
    waits = escrows.create()
    assert told(waits, 1) == ("FUND", 720)
    assert "unfunded it ends on 1 April 2026 at 15:00 UTC" in next_of(waits, 1).why
    escrow = funded()
    assert told(escrow, 1) == ("REFUND", 720)
    met(escrow, after(100))
    assert told(escrow, 100) == ("RELEASE", 336)
    fire(after(336))
    assert told(escrow, 337) == ("NONE", None)


@pytest.mark.parametrize(("hours", "refund", "action", "end"), [
    (None, 720, "REFUND", "REFUNDED"), (400, None, "RELEASE", "RELEASED"), (200, None, "RELEASE", "RELEASED"),
])  # fmt: skip
def test_what_it_says_is_what_happens(hours: int | None, refund: int | None, action: str, end: str) -> None:
    """What is foreseen comes at the hour that was said, not sooner, if nobody acts."""
    kind = "TIME_ELAPSED" if hours else "SERVICE_COMPLETION"
    condition = {"conditionId": "one", "type": kind, "description": "One", **({"timeoutHours": hours} if hours else {})}
    escrow = funded(document=terms([condition], timeoutPolicy__autoRefundAfterHours=refund))
    said, at = told(escrow, 10)
    assert at is not None
    fire(after(at) - timedelta(seconds=1))
    assert Escrow.objects.get(pk=escrow.pk).status == "FUNDED"
    fire(after(at))
    assert (Escrow.objects.get(pk=escrow.pk).status, said) == (end, action)


def test_a_hold_waits_for_a_person_and_a_dispute_for_its_day() -> None:
    held, disputed = funded(), funded()
    locks.hold(
        escrow_id=held.public_id, livemode=False, reason=LockReason.COMPLIANCE, note="x", actor=SYSTEM, now=after(1)
    )
    assert told(held, 2) == ("ESCALATE", None)
    disputes.raised(disputed)
    assert told(disputed, 25) == ("RESOLVE_DISPUTE", 24 + 720)
    assert "a refund to the payer" in next_of(disputed, 25).why


def test_a_closed_switch_is_said_once_the_hour_has_come() -> None:
    escrow = funded()
    met(escrow, after(100))
    switches.close(
        switch=Switch.ESCROW_MOVEMENTS, reason="drill", now=after(300),
        actor=Actor("STAFF", "grace@holdfast.example", frozenset({"ON_CALL"})),
    )  # fmt: skip
    switches.forget_cache()
    assert "suspended" not in next_of(escrow, 335).why
    assert next_of(escrow, 337).why.endswith("Movements are suspended: it waits until they are opened again.")


def test_a_timer_that_fails_is_said(monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> str:
        raise RuntimeError

    escrow = funded()
    met(escrow, after(100))
    fire(after(335))
    monkeypatch.setitem(registry._declared, TimerKind.AUTO_RELEASE, registry.Declared(fail, False))
    firing.fire_due(now=after(336))
    assert next_of(escrow, 337).why.endswith("It was tried once and failed; it is tried again.")


def test_a_hundred_cost_what_one_costs() -> None:
    made = [funded() for _ in range(6)]
    disputes.raised(made[0])
    met(made[1], after(1))
    made.append(escrows.create())

    def cost(some: list[Escrow]) -> int:
        fresh = list(Escrow.objects.select_related("payee").filter(pk__in=[each.pk for each in some]))
        with CaptureQueriesContext(connection) as captured:
            assert len(next_actions.for_many(fresh, after(30))) == len(some)
        return len(captured)

    cost(made)
    assert cost(made) == cost(made[:2]) <= 10
