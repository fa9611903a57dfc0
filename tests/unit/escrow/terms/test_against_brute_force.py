"""The checker and the timeline agree with terms acted out hour by hour, in both directions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from escrow.terms import checker, timeline
from escrow.terms.agreed import Agreed
from escrow.terms.checker import Fault, FaultCode, Limits
from escrow.terms.timeline import ConditionNow, Situation
from escrow.terms.words import State, TimerKind
from tests.unit.escrow.terms import brute_force
from tests.unit.escrow.terms.brute_force import Findings, World
from tests.unit.escrow.terms.examples import FUNDED
from tests.unit.escrow.terms.strategies import small_terms

STUCK = {FaultCode.NO_AUTOMATIC_END, FaultCode.NOTHING_ENDS_IT}


def faults_of(agreed: Agreed, limits: Limits | None = None) -> list[Fault]:
    return checker.check(agreed, amount_minor=100, eligible_count=5, limits=limits or Limits())


def conditions_at(agreed: Agreed, found: Iterable[Fault], field: str) -> set[str]:
    return {
        each.condition_id
        for index, each in enumerate(agreed.conditions)
        if any(fault.path == f"/escrowConditions/{index}/{field}" for fault in found)
    }


def window_outlasts(agreed: Agreed) -> bool:
    timeouts = agreed.timeouts
    ends = [end for end in (timeouts.auto_release_after_hours, timeouts.auto_refund_after_hours) if end]
    return agreed.disputes.allow_disputes and any(agreed.disputes.dispute_window_hours > end for end in ends)


@settings(max_examples=2_000, deadline=None)
@given(agreed=small_terms())
def test_terms_are_refused_exactly_where_some_behaviour_or_none_makes_them_unsafe(agreed: Agreed) -> None:
    found, acted = faults_of(agreed), brute_force.findings(agreed)
    codes = {fault.code for fault in found}
    timeouts = agreed.timeouts
    assert (FaultCode.RELEASE_UNREACHABLE in codes) == (not acted.released_in_time)
    assert (FaultCode.AUTO_RELEASE_NEVER_FIRES in codes) == (
        timeouts.auto_release_after_hours is not None and not acted.released_by_itself
    )
    assert (FaultCode.AUTO_REFUND_NEVER_FIRES in codes) == (
        timeouts.auto_refund_after_hours is not None and not acted.refunded_by_itself
    )
    assert bool(codes & STUCK) == acted.stuck_when_idle
    if acted.refunded_by_itself:
        assert conditions_at(agreed, found, "timeoutHours") == acted.broken
    else:
        assert FaultCode.CONDITION_AFTER_REFUND not in codes
    assert (FaultCode.DISPUTE_WINDOW_TOO_LONG in codes) == window_outlasts(agreed)
    if not window_outlasts(agreed):
        without = [fault for fault in found if fault.code is not FaultCode.RELEASE_UNREACHABLE]
        at = conditions_at(agreed, without, "milestoneData/inspectionHours")
        assert at <= acted.never_inspected_in_window
        assert acted.never_inspected_in_window <= conditions_at(agreed, found, "milestoneData/inspectionHours")
    if not found:
        ends_as_promised(agreed, acted)


def ends_as_promised(agreed: Agreed, acted: Findings) -> None:
    """Accepted terms end after their dispute window and within the longest hold."""
    if agreed.disputes.allow_disputes and acted.first_end is not None:
        assert acted.first_end >= agreed.disputes.dispute_window_hours
    by_disputes = "/disputePolicy/autoResolutionDays"
    for longest in range(1, acted.last_end):
        assert {fault.path for fault in faults_of(agreed, Limits(longest))} - {by_disputes}


@settings(max_examples=400, deadline=None)
@given(agreed=small_terms(), data=st.data())
def test_what_is_foretold_is_what_happens_if_nobody_acts_from_then_on(agreed: Agreed, data: st.DataObject) -> None:
    hours = st.none() | st.integers(0, 5)
    behaviour = {each.condition_id: data.draw(hours) for each in agreed.conditions if each.type != "TIME_ELAPSED"}
    world = World(agreed, signs=False)
    for _ in range(data.draw(st.integers(1, 6))):
        if world.end is None:
            world.step(behaviour)
    assume(world.end is None)
    now = FUNDED + timedelta(hours=world.hour, minutes=30)
    told = timeline.next_action(situation_of(world), now)
    after = brute_force.act_out(world.copy(), {})
    if after.end:
        kind, hour = after.end
        assert (told.action, told.at) == (kind, FUNDED + timedelta(hours=hour))
    elif after.asked is not None:
        assert (told.action, told.at) == ("ASK_SIGNATURES", max(FUNDED + timedelta(hours=after.asked), now))
    else:
        assert told.action == "ESCALATE"


def situation_of(world: World) -> Situation:
    now = {}
    for each in world.agreed.conditions:
        hour = world.met.get(each.condition_id)
        met_at = None if hour is None else FUNDED + timedelta(hours=hour)
        ends_at = met_at + timedelta(hours=each.inspection_hours) if met_at and each.inspection_hours else None
        state = State.MET if met_at else State.LAPSED if each.condition_id in world.lapsed else State.OPEN
        due_at = None if each.timeout_hours is None else FUNDED + timedelta(hours=each.timeout_hours)
        now[each.condition_id] = ConditionNow(state, due_at, met_at, ends_at)
    needed = world.agreed.release.minimum_approvals_required
    return Situation(world.agreed, "FUNDED", FUNDED, conditions=now, signatures_needed=needed)


@settings(max_examples=300, deadline=None)
@given(agreed=small_terms(), data=st.data())
def test_timers_fired_in_their_order_lead_to_the_same_states_and_the_same_refund(
    agreed: Agreed, data: st.DataObject
) -> None:
    """Releases apart: they depend on more than a timer."""
    agreed = replace(agreed, timeouts=replace(agreed.timeouts, auto_release_after_hours=None))
    hours = st.none() | st.integers(0, brute_force.last_hour(agreed))
    behaviour = {each.condition_id: data.draw(hours) for each in agreed.conditions if each.type != "TIME_ELAPSED"}
    world = brute_force.act_out(World(agreed), behaviour)
    states, refunded = fire(agreed, behaviour)
    assert refunded == (world.end is not None)
    assert {name for name, state in states.items() if state is State.MET} == set(world.met)
    assert {name for name, state in states.items() if state is State.LAPSED} == world.lapsed


def fire(agreed: Agreed, behaviour: brute_force.Behaviour) -> tuple[dict[str, State], bool]:
    conditions = {each.condition_id: each for each in agreed.conditions}
    states = dict.fromkeys(conditions, State.OPEN)
    wanted = sorted((FUNDED + timedelta(hours=hour), name) for name, hour in behaviour.items() if hour is not None)

    def people(until: datetime) -> None:
        while wanted and wanted[0][0] <= until:
            at, name = wanted.pop(0)
            if timeline.may_be_satisfied(agreed, conditions[name], states, funded_at=FUNDED, now=at):
                states[name] = State.MET

    for due in timeline.timers(agreed, FUNDED):
        # Who acts in the hour of a timer comes before it here, and is refused by the hour alone.
        people(due.at)
        if due.kind is TimerKind.AUTO_REFUND and not timeline.satisfied(agreed, states):
            return states, True
        if due.kind is TimerKind.CONDITION_TIMEOUT and states[due.key] is State.OPEN:
            states[due.key] = State.MET if conditions[due.key].is_met_by_time else State.LAPSED
    people(FUNDED + timedelta(days=1))
    return states, False
