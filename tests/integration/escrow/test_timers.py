"""The documented photography escrow, walked by moving the clock: 336 hours to the release, 720 to the refund."""

from datetime import timedelta

import pytest

from core.actors import SYSTEM, Actor
from core.money import Money
from core.outbox.models import Event
from escrow.enums import EscrowStatus, LockReason, TimerKind, TimerState
from escrow.models import Condition, Escrow, Lock, Movement, Timer
from escrow.services import firing, locks
from escrow.services.conditions import UnableToSatisfy
from escrow.services.disputes import withdraw
from ledger import chart
from ledger.selectors import balances
from tests.factories import disputes, escrows
from tests.factories.clocks import SERVICE, after, fire, fired, funded, met, settle, terms, waiting

pytestmark = pytest.mark.django_db


def now_of(escrow: Escrow) -> Escrow:
    return Escrow.objects.get(pk=escrow.pk)


def test_the_clocks_of_the_documented_terms() -> None:
    escrow = funded()
    assert waiting(escrow) == [
        ("DISPUTE_WINDOW_END", "", 168),
        ("CONDITION_TIMEOUT", SERVICE, 168),
        ("WARNING", "AUTO_RELEASE:72", 264),
        ("WARNING", "AUTO_RELEASE:24", 312),
        ("AUTO_RELEASE", "", 336),
        ("WARNING", "AUTO_REFUND:72", 648),
        ("WARNING", "AUTO_REFUND:24", 696),
        ("AUTO_REFUND", "", 720),
    ]
    assert now_of(escrow).next_due_at == after(168)


def test_met_in_time_it_is_released_at_336_hours() -> None:
    escrow = funded()
    met(escrow, after(100))
    assert fire(after(336) - timedelta(seconds=1)) == 3  # the window, two warnings
    assert now_of(escrow).status == EscrowStatus.FUNDED
    assert fire(after(336)) == 1
    escrow = now_of(escrow)
    assert (escrow.status, escrow.closed_at, escrow.released_minor) == ("RELEASED", after(336), 400_000)
    assert balances.get("test", chart.provider_payable("prov_provider456")).posted == Money(400_000)
    assert fired(escrow)[-1] == ("AUTO_RELEASE", "", "4,000.00 USD released to the payee")
    assert waiting(escrow) == []
    assert now_of(escrow).next_due_at is None


def test_not_met_it_lapses_and_goes_back_at_720_hours() -> None:
    escrow = funded()
    fire(after(168))
    assert Condition.objects.get(escrow=escrow).state == "LAPSED"
    fire(after(336))
    assert fired(escrow)[-1] == ("AUTO_RELEASE", "", f"Not released: {SERVICE} not met")
    assert now_of(escrow).status == EscrowStatus.FUNDED
    fire(after(720) - timedelta(microseconds=1))
    assert now_of(escrow).status == EscrowStatus.FUNDED
    fire(after(720))
    assert now_of(escrow).status == EscrowStatus.REFUNDED
    assert balances.get("test", chart.customer_refundable("cus_customer123")).posted == Money(400_000)
    assert Movement.objects.get().kind == "REFUND"


def test_each_deadline_is_warned_of_while_it_still_matters() -> None:
    """Met: nobody is warned of the refund. Lapsed: nobody is warned of the release."""
    kept, lapsed = funded(), funded()
    met(kept, after(100))
    for hours in (168, 264, 312):
        fire(after(hours))
    told = [
        (event.payload["escrow_id"], event.payload["action"], event.payload["hours"])
        for event in Event.objects.filter(name="escrow.escrow_warned").order_by("published_at", "id")
    ]
    assert told == [(kept.public_id, "AUTO_RELEASE", 72), (kept.public_id, "AUTO_RELEASE", 24)]
    assert ("WARNING", "AUTO_RELEASE:72") in {(kind, key) for kind, key, _ in fired(lapsed)}
    fire(after(648))
    last = Event.objects.filter(name="escrow.escrow_warned").order_by("published_at").last()
    assert (last.payload["escrow_id"], last.payload["action"]) == (lapsed.public_id, "AUTO_REFUND")
    assert last.payload["due_at"].startswith(after(720).isoformat()[:16])


def test_met_after_its_hour_it_is_released_at_once() -> None:
    """From its hour on, as soon as the conditions are met."""
    open_ = {"conditionId": "done", "type": "SERVICE_COMPLETION", "description": "Done"}
    escrow = funded(document=terms([open_]))
    fire(after(336))
    assert now_of(escrow).status == EscrowStatus.FUNDED
    met(escrow, after(400), "done")
    assert fire(after(400)) == 1
    assert now_of(escrow).status == EscrowStatus.RELEASED


def test_the_clock_meets_what_is_met_by_time_at_its_own_hour() -> None:
    elapsed = {"conditionId": "cooled_off", "type": "TIME_ELAPSED", "description": "Two weeks", "timeoutHours": 300}
    escrow = funded(document=terms([elapsed], timeoutPolicy__autoRefundAfterHours=None))
    fire(after(310))
    condition = Condition.objects.get(escrow=escrow)
    assert (condition.state, condition.met_at, condition.met_by) == ("MET", after(300), "CLOCK")
    fire(after(336))
    assert now_of(escrow).status == EscrowStatus.RELEASED


def test_an_inspection_delays_the_release_to_its_end() -> None:
    built = {
        "conditionId": "built", "type": "MILESTONE_REACHED", "description": "Built",
        "milestoneData": {"inspectionHours": 48},
    }  # fmt: skip
    escrow = funded(document=terms([built], disputePolicy__disputeWindowHours=336))
    met(escrow, after(320), "built")
    fire(after(336))
    assert fired(escrow)[-1] == ("AUTO_RELEASE", "", "Waits for the inspection of built")
    fire(after(368) - timedelta(seconds=1))
    assert now_of(escrow).status == EscrowStatus.FUNDED
    fire(after(368))
    assert now_of(escrow).status == EscrowStatus.RELEASED
    assert [kind for kind, _, _ in fired(escrow)][-2:] == ["INSPECTION_END", "AUTO_RELEASE"]


def test_the_time_lock_delays_the_release_and_is_lifted_by_it() -> None:
    escrow = funded()
    Escrow.objects.filter(pk=escrow.pk).update(available_at=after(400), available_why="CARD money may be taken back")
    met(escrow, after(100))
    fire(after(336))
    assert now_of(escrow).status == EscrowStatus.LOCKED
    lock = Lock.objects.get()
    assert (lock.reason, lock.note) == ("TIME_LOCK", "CARD money may be taken back")
    assert waiting(escrow)[0] == ("TIME_LOCK_END", "", 400)
    fire(after(400))
    assert now_of(escrow).status == EscrowStatus.RELEASED
    assert Lock.objects.get().lifted_at == after(400)


def test_a_day_of_downtime_is_made_up_in_order_and_says_that_it_was_late() -> None:
    """Nothing ran between hour 330 and hour 360: the release that was due at 336 happens, late by a day."""
    escrow = funded()
    met(escrow, after(100))
    fire(after(313))
    assert fire(after(360)) == 1
    escrow = now_of(escrow)
    timer = Timer.objects.get(escrow=escrow, kind="AUTO_RELEASE")
    assert (escrow.status, timer.late_seconds) == ("RELEASED", 24 * 3600)
    assert timer.outcome.endswith("(late by 1 d)")


def test_after_a_month_of_downtime_hours_still_come_in_their_order() -> None:
    """Never met: the condition lapses, the release says no, the refund happens, each once and in this order."""
    escrow = funded()
    result = firing.fire_due(now=after(800))
    kinds = [kind for kind, _, _ in fired(escrow)]
    assert kinds == [
        "DISPUTE_WINDOW_END", "CONDITION_TIMEOUT", "WARNING", "WARNING", "AUTO_RELEASE", "WARNING", "WARNING",
        "AUTO_REFUND",
    ]  # fmt: skip
    assert (result.count, result.late) == (8, 8)
    assert now_of(escrow).status == EscrowStatus.REFUNDED
    warned = [outcome for kind, _, outcome in fired(escrow) if kind == "WARNING"]
    assert all("Too late to warn" in outcome for outcome in warned)
    assert firing.fire_due(now=after(801)).count == 0


def test_met_too_late_during_downtime_the_refund_of_its_hour_comes_first() -> None:
    open_ = {"conditionId": "done", "type": "SERVICE_COMPLETION", "description": "Done"}
    escrow = funded(document=terms([open_]))
    Condition.objects.filter(escrow=escrow).update(state="MET", met_at=after(730), met_by="API_KEY:key_test")
    fire(after(760))
    assert now_of(escrow).status == EscrowStatus.REFUNDED
    assert ("AUTO_RELEASE", "Not released: the hour of the refund came before the conditions were met") in {
        (kind, outcome.partition(" (late")[0]) for kind, _, outcome in fired(escrow)
    }


def test_met_in_time_during_downtime_the_money_is_the_payees() -> None:
    open_ = {"conditionId": "done", "type": "SERVICE_COMPLETION", "description": "Done"}
    escrow = funded(document=terms([open_]))
    met(escrow, after(700), "done")
    fire(after(760))
    assert now_of(escrow).status == EscrowStatus.RELEASED


def test_nobody_funds_it() -> None:
    escrow = escrows.create()
    assert waiting(escrow) == [("FUNDING_EXPIRY", "", 720)]
    fire(after(720))
    escrow = now_of(escrow)
    assert (escrow.status, escrow.funded_at, escrow.closed_at) == ("REFUNDED", None, after(720))


@pytest.mark.parametrize("reason", [LockReason.COMPLIANCE, LockReason.FRAUD, LockReason.RECONCILIATION])
def test_a_hold_stops_money_and_warnings_but_not_the_clock(reason: LockReason) -> None:
    escrow = funded()
    locks.hold(escrow_id=escrow.public_id, livemode=False, reason=reason, note="looked at", actor=SYSTEM, now=after(1))
    fire(after(800))
    assert {kind for kind, _, _ in fired(escrow)} == {"CONDITION_TIMEOUT", "DISPUTE_WINDOW_END"}
    assert now_of(escrow).next_due_at is None, "nobody looks at it again and again"
    assert len(waiting(escrow)) == 6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks, "_require_allowed", lambda *_: None)
        locks.free(
            escrow_id=escrow.public_id, livemode=False, reason=reason, note="cleared",
            actor=Actor("STAFF", "cleo@holdfast.example"), now=after(810),
        )  # fmt: skip
    assert now_of(escrow).next_due_at == after(264)
    fire(after(810))
    assert now_of(escrow).status == EscrowStatus.REFUNDED
    assert Timer.objects.get(escrow=escrow, kind="AUTO_REFUND").late_seconds == 90 * 3600


def test_a_dispute_stops_both_ends_and_goes_by_its_own_clock() -> None:
    """Raised at hour 24, undecided for thirty days: it ends as the terms say of disputes."""
    escrow = funded()
    met(escrow, after(20))
    dispute = disputes.raised(escrow)
    assert {kind for kind, _, _ in waiting(escrow)} == {"DISPUTE_WINDOW_END", "EVIDENCE_DUE", "AUTO_RESOLUTION"}
    fire(after(24 + 30 * 24) - timedelta(seconds=1))
    assert now_of(escrow).status == EscrowStatus.DISPUTED
    assert not Movement.objects.exists()
    fire(after(24 + 30 * 24))
    dispute.refresh_from_db()
    assert (now_of(escrow).status, dispute.state) == ("REFUNDED", "RESOLVED")


def test_a_withdrawn_dispute_winds_the_clocks_again() -> None:
    """Withdrawn at hour 400, when the release of hour 336 is overdue: it happens at once and says that it was late."""
    escrow = funded()
    met(escrow, after(20))
    dispute = disputes.raised(escrow)
    fire(after(390))
    withdraw(dispute_id=dispute.public_id, livemode=False, side=dispute.side, actor=escrows.BACKEND, now=after(400))
    fire(after(400))
    assert now_of(escrow).status == EscrowStatus.RELEASED
    assert fired(escrow)[-1][2].endswith("(late by 2 d 16 h)")


def test_a_timer_fires_once_and_says_once_what_came_of_it() -> None:
    from django.db import DatabaseError, transaction

    from core.database.refusals import refusal_name

    escrow = funded()
    fire(after(168))
    timer = Timer.objects.get(escrow=escrow, kind=TimerKind.DISPUTE_WINDOW_END)
    for change in ({"outcome": "another story"}, {"state": TimerState.PENDING}, {"late_seconds": 5}):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Timer.objects.filter(pk=timer.pk).update(**change)
        assert refusal_name(refused.value) == "timer_fires_once"


def test_every_firing_is_in_the_audit_record() -> None:
    import json

    from core.audit.models import AuditEntry

    escrow = funded()
    fire(after(168))
    settle(after(168))
    rows = AuditEntry.objects.filter(action="escrow.escrow.timer_fired", subject=escrow.public_id)
    assert {json.loads(row.details)["kind"] for row in rows} == {"CONDITION_TIMEOUT", "DISPUTE_WINDOW_END"}


def test_at_the_hour_of_the_refund_a_milestone_that_was_met_is_the_payees() -> None:
    """1,000.00 as 300.00 and 700.00: only the first was delivered. 700.00 goes back, 300.00 is released."""
    escrow = funded(100_000, document=escrows.terms(("shoot", 30_000), ("album", 70_000)))
    met(escrow, after(10), "shoot")
    fire(after(336))
    escrow.refresh_from_db()
    assert (escrow.status, escrow.released_minor, escrow.refunded_minor) == ("FUNDED", 0, 0)
    fire(after(720))
    escrow.refresh_from_db()
    assert (escrow.status, escrow.released_minor, escrow.refunded_minor) == ("RELEASED", 30_000, 70_000)


def test_after_the_hour_of_the_refund_nothing_is_met_any_more() -> None:
    """Also while its timer is late: what is accepted then would only be given back."""
    escrow = funded(100_000, document=escrows.terms(("shoot", 100_000)))
    with pytest.raises(UnableToSatisfy, match="its time is over"):
        met(escrow, after(720), "shoot")


def test_where_any_condition_is_enough_only_that_one_is_looked_at() -> None:
    wire = terms(
        [
            {
                "conditionId": name,
                "type": "SERVICE_COMPLETION",
                "description": name,
                "milestoneData": {"inspectionHours": hours},
            }
            for name, hours in (("first", 24), ("second", 90))
        ],
        releaseConditions__allConditionsMet=False,
    )
    escrow = funded(100_000, document=wire)
    met(escrow, after(300), "first")
    met(escrow, after(310), "second")
    fire(after(336))
    escrow.refresh_from_db()
    assert escrow.status == "RELEASED"
